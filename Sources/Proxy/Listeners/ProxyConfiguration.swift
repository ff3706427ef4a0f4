public import NIOCore

/// Which CONNECT tunnels are opened.
public enum InterceptMode: String, Sendable, CaseIterable {
  /// Those to origins that some plugin's scope can match.
  case claimed
  /// All.
  case all
  /// None: every tunnel is blind.
  case none
}

/// What a client sees of a network error: a plugin's `Response.error()`, a rejection, a worker that died.
public enum NetworkErrorAnswer: String, Sendable, CaseIterable {
  /// Its connection closes without an answer: a page sees what it would see without a proxy.
  case close
  /// A navigation gets a page that says what is wrong, 502; other requests see their connection close.
  case page
}

/// What a proxy is told once, at its start.
public struct ProxyConfiguration: Sendable {
  /// Where to listen.
  public var listen: SocketAddress
  public var intercept = InterceptMode.claimed
  public var networkErrors = NetworkErrorAnswer.close
  /// The hosts whose tunnels are never opened.
  public var passthrough = PassthroughList()
  /// Names whose addresses are given.
  public var addresses = AddressOverrides()
  /// The proxy behind this one.
  public var upstreamProxy: UpstreamProxy?
  public var limits = ProxyLimits()
  /// Hosts, in small letters, for which mounted plugins answer besides the proxy's addresses.
  public var gatewayHosts: Set<String> = []
  /// The number of event loops.
  public var eventLoops: Int

  public init(listen: SocketAddress, eventLoops: Int) {
    self.listen = listen
    self.eventLoops = eventLoops
  }
}

/// The bounds on what peers may cost, with their defaults.
public struct ProxyLimits: Sendable {
  /// Bytes of a message's head.
  public var headBytes = 65_536
  /// Field lines in a head.
  public var fieldCount = 256
  /// Bytes of a request target.
  public var targetBytes = 32_768
  /// Client connections at a time, in all.
  public var connections = 20_000
  /// Client connections at a time from one IP address.
  public var connectionsPerClient = 20_000
  /// How long a request's head may take from its first byte.
  public var headReadTime = TimeAmount.seconds(30)
  /// How long a TLS handshake with a client may take, from the answer to CONNECT.
  public var handshakeTime = TimeAmount.seconds(30)
  /// How long a connection may stay without a request.
  public var idleTime = TimeAmount.seconds(120)
  /// The least bytes a second of a request's body, over a time of grace; 0 for any.
  public var bodyRate = 100
  /// How long a request's body may come at less than ``bodyRate``.
  public var bodyGrace = TimeAmount.seconds(60)
  /// How long an exchange or a tunnel may go without a byte in either direction: an origin that
  /// does not answer, a client that does not read.
  public var stallTime = TimeAmount.seconds(300)
  /// How long connecting to an origin may take, its TLS handshake included.
  public var connectTime = TimeAmount.seconds(15)
  /// How long an unused connection to an origin is kept.
  public var upstreamIdleTime = TimeAmount.seconds(60)
  /// How many unused connections to one origin an event loop keeps.
  public var upstreamIdlePerOrigin = 64

  /// How many connections to one origin an event loop may have, unused ones included.
  public var upstreamPerOrigin = 256
  /// How many connections to origins there may be in all, tunnels apart; each event loop has its
  /// share.
  public var upstreamTotal = 4_096
  /// How many requests of an event loop may wait for a connection to become free.
  public var upstreamWaiting = 1_024
  /// How long each of them may.
  public var upstreamWaitTime = TimeAmount.seconds(15)
  /// How long resolving an origin's name may take.
  public var resolveTime = TimeAmount.seconds(10)

  public init() {}

  /// The bounds on the connections of one event loop to origins.
  func upstreamQuota(eventLoops: Int) -> UpstreamPool.Quota.Limits {
    UpstreamPool.Quota.Limits(
      perOrigin: max(1, self.upstreamPerOrigin),
      total: max(1, self.upstreamTotal / max(1, eventLoops)),
      waiting: self.upstreamWaiting, waitTime: self.upstreamWaitTime)
  }

  /// The part that the parsers need.
  var head: HeadLimits {
    HeadLimits(
      headBytes: self.headBytes, fieldCount: self.fieldCount, targetBytes: self.targetBytes)
  }
}
