import ArgumentParser
import NIOCore
import Proxy

/// The options of `valor run` that bound what peers may cost.
struct LimitOptions: ParsableArguments {
  @Option(name: .customLong("max-head-bytes"), help: "Bytes of a message's head.")
  var headBytes = ProxyLimits().headBytes
  @Option(name: .customLong("max-fields"), help: "Fields in a message's head.")
  var fieldCount = ProxyLimits().fieldCount
  @Option(name: .customLong("max-target-bytes"), help: "Bytes of a request target.")
  var targetBytes = ProxyLimits().targetBytes
  @Option(name: .customLong("max-connections"), help: "Client connections at a time.")
  var connections = ProxyLimits().connections
  @Option(
    name: .customLong("max-connections-per-client"),
    help: "Client connections at a time from one IP address.")
  var connectionsPerClient = ProxyLimits().connectionsPerClient
  @Option(
    name: .customLong("header-timeout"),
    help: "Seconds that a request's head may take from its first byte.")
  var headReadTime: Int64 = 30
  @Option(
    name: .customLong("handshake-timeout"),
    help: "Seconds that a client's TLS handshake may take.")
  var handshakeTime: Int64 = 30
  @Option(
    name: .customLong("idle-timeout"),
    help: "Seconds that a client's connection may stay without a request.")
  var idleTime: Int64 = 120
  @Option(
    name: .customLong("stall-timeout"),
    help: ArgumentHelp(
      "Seconds that an exchange or a tunnel may go without a byte: an origin that does not answer,"
        + " a client that does not read."))
  var stallTime: Int64 = 300
  @Option(
    name: .customLong("min-body-rate"),
    help: "The least bytes a second of a request's body over a minute; 0 for any.")
  var bodyRate = ProxyLimits().bodyRate
  @Option(
    name: .customLong("connect-timeout"),
    help: "Seconds that connecting to an origin may take.")
  var connectTime: Int64 = 15

  func validate() throws {
    let counts = [
      self.headBytes, self.fieldCount, self.targetBytes, self.connections,
      self.connectionsPerClient,
    ]
    let times = [
      self.headReadTime, self.handshakeTime, self.idleTime, self.stallTime, self.connectTime,
    ]
    guard counts.allSatisfy({ (1...1_000_000_000).contains($0) }) else {
      throw ValidationError("A limit has to be from 1 to 1000000000.")
    }
    guard times.allSatisfy({ (1...86_400).contains($0) }) else {
      throw ValidationError("A time has to be from 1 to 86400 seconds.")
    }
    guard (0...1_000_000_000).contains(self.bodyRate) else {
      throw ValidationError("--min-body-rate has to be from 0 to 1000000000.")
    }
  }

  /// The limits for the proxy.
  var limits: ProxyLimits {
    var limits = ProxyLimits()
    limits.headBytes = self.headBytes
    limits.fieldCount = self.fieldCount
    limits.targetBytes = self.targetBytes
    limits.connections = self.connections
    limits.connectionsPerClient = self.connectionsPerClient
    limits.headReadTime = .seconds(self.headReadTime)
    limits.handshakeTime = .seconds(self.handshakeTime)
    limits.idleTime = .seconds(self.idleTime)
    limits.stallTime = .seconds(self.stallTime)
    limits.bodyRate = self.bodyRate
    limits.connectTime = .seconds(self.connectTime)
    return limits
  }
}
