import Proxy

/// What the options of `valor run` say of the way to origins.
enum UpstreamOptions {
  /// - Throws: ``ExitFailure`` with the code for wrong usage, and without the value where it may hold
  ///   a password.
  static func apply(
    _ options: RunCommand, to configuration: inout ProxyConfiguration
  ) throws(ExitFailure) {
    if let text = options.upstreamProxy {
      do {
        configuration.upstreamProxy = try UpstreamProxy(text)
      } catch {
        throw ExitFailure(.usage, "--upstream-proxy cannot be used: \(error).")
      }
    }
    var patterns: [PassthroughList.Pattern] = []
    for text in options.passthrough {
      guard let pattern = PassthroughList.Pattern(text) else {
        throw ExitFailure(
          .usage, "--passthrough \(text) is no host; write HOST, HOST:PORT or *.DOMAIN.")
      }
      patterns.append(pattern)
    }
    configuration.passthrough = PassthroughList(patterns)
    configuration.limits.upstreamTotal = try Self.positive(
      options.maxUpstreamConnections, "--max-upstream-connections")
    configuration.limits.upstreamPerOrigin = try Self.positive(
      options.maxConnectionsPerOrigin, "--max-connections-per-origin")
    configuration.limits.upstreamWaiting = try Self.notNegative(
      options.maxWaitingRequests, "--max-waiting-requests")
  }

  private static func positive(_ value: Int, _ option: String) throws(ExitFailure) -> Int {
    guard value > 0 else { throw ExitFailure(.usage, "\(option) has to be at least 1.") }
    return value
  }

  private static func notNegative(_ value: Int, _ option: String) throws(ExitFailure) -> Int {
    guard value >= 0 else { throw ExitFailure(.usage, "\(option) cannot be negative.") }
    return value
  }
}
