import ArgumentParser
import NIOCore
import Proxy

/// The options of `valor run` about the way to origins.
struct UpstreamOptions: ParsableArguments {
  @Option(
    name: .customLong("upstream-ca"),
    help: "A PEM file of certificates to trust besides the system's; may be repeated.")
  var authorities: [String] = []
  @Flag(
    name: .customLong("insecure-upstream"), inversion: .prefixedNo,
    help: "Accept any certificate of an origin, unseen; Proxy-Status says so in each response.")
  var isInsecure = false
  @Option(
    name: .customLong("upstream-proxy"),
    help: ArgumentHelp(
      "The proxy to send everything through; Basic credentials may stand in the URL.",
      valueName: "http://[USER:PASSWORD@]HOST:PORT"))
  var proxy: String?
  @Option(
    help: ArgumentHelp(
      "A host whose tunnels are never opened: HOST, HOST:PORT or *.DOMAIN; may be repeated."))
  var passthrough: [String] = []
  @Option(
    help: ArgumentHelp(
      "Connect to ADDRESS for HOST (or *.DOMAIN) instead of looking it up; may be repeated.",
      valueName: "HOST=ADDRESS"))
  var resolve: [String] = []
  @Option(
    name: .customLong("max-upstream-connections"),
    help: "Connections to origins at a time, tunnels apart; each event loop has its share.")
  var connections = ProxyLimits().upstreamTotal
  @Option(
    name: .customLong("max-connections-per-origin"),
    help: "Connections to one origin that an event loop has, unused ones included.")
  var connectionsPerOrigin = ProxyLimits().upstreamPerOrigin
  @Option(
    name: .customLong("max-waiting-requests"),
    help: "Requests of an event loop that wait for such a connection; others are answered 503.")
  var waiting = ProxyLimits().upstreamWaiting
  @Option(
    name: .customLong("connection-wait-timeout"),
    help: "Seconds that each of them waits.")
  var waitTime: Int64 = 15
  @Option(
    name: .customLong("resolve-timeout"), help: "Seconds that resolving a host name may take.")
  var resolveTime: Int64 = 10

  /// Messages never repeat the proxy's URL, which may hold a password.
  func validate() throws {
    _ = try self.upstreamProxy()
    _ = try self.passthroughList()
    _ = try self.addressOverrides()
    for count in [self.connections, self.connectionsPerOrigin]
    where !(1...1_000_000_000).contains(count) {
      throw ValidationError("A limit on connections has to be from 1 to 1000000000.")
    }
    guard (0...1_000_000_000).contains(self.waiting) else {
      throw ValidationError("--max-waiting-requests has to be from 0 to 1000000000.")
    }
    for time in [self.waitTime, self.resolveTime] where !(1...86_400).contains(time) {
      throw ValidationError("A time has to be from 1 to 86400 seconds.")
    }
  }

  private func upstreamProxy() throws -> UpstreamProxy? {
    guard let text = self.proxy else { return nil }
    do {
      return try UpstreamProxy(text)
    } catch {
      throw ValidationError("--upstream-proxy cannot be used: \(error).")
    }
  }

  private func passthroughList() throws -> PassthroughList {
    PassthroughList(
      try self.passthrough.map { text in
        guard let pattern = PassthroughList.Pattern(text) else {
          throw ValidationError(
            "--passthrough \(text) is no host; write HOST, HOST:PORT or *.DOMAIN.")
        }
        return pattern
      })
  }

  private func addressOverrides() throws -> AddressOverrides {
    AddressOverrides(
      try self.resolve.map { text in
        guard let entry = AddressOverrides.Entry(text) else {
          throw ValidationError("--resolve \(text) is not HOST=ADDRESS with an IP address.")
        }
        return entry
      })
  }

  /// Whose certificates are accepted.
  var trust: TLSTrust { TLSTrust(extraFiles: self.authorities, isInsecure: self.isInsecure) }

  /// Adds what the options say.
  func apply(to configuration: inout ProxyConfiguration) throws {
    configuration.upstreamProxy = try self.upstreamProxy()
    configuration.passthrough = try self.passthroughList()
    configuration.addresses = try self.addressOverrides()
    configuration.limits.upstreamTotal = self.connections
    configuration.limits.upstreamPerOrigin = self.connectionsPerOrigin
    configuration.limits.upstreamWaiting = self.waiting
    configuration.limits.upstreamWaitTime = .seconds(self.waitTime)
    configuration.limits.resolveTime = .seconds(self.resolveTime)
  }
}
