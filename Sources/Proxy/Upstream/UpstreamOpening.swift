import FetchModel
import NIOCore
import NIOPosix

/// One new connection to an origin on its way to be used: room among the others, the host's
/// addresses, TCP to the first of them that answers, the upstream proxy's tunnel and TLS, each within
/// its time.
///
/// Lives on one event loop, and until it has said what came of it or is cancelled.
final class UpstreamOpening {
  /// What the connection is for.
  enum Purpose {
    case exchanges
    /// Bytes that nobody looks into, without TLS of the proxy's own. Such a connection belongs to
    /// one client connection, which is counted, so it is not.
    case tunnel
  }

  private enum Stage {
    case waiting
    case resolving
    case connecting
    /// Connected; the upstream proxy's tunnel or TLS is being set up.
    case establishing(UpstreamConnection)
    case over
  }

  let key: UpstreamKey
  /// Whom the pool knows this as while it waits for room.
  var ticket: UpstreamPool.Quota.Ticket?

  private let purpose: Purpose
  private let services: LoopServices
  private var ready: ((Result<UpstreamConnection, FetchError>) -> Void)?
  private var stage = Stage.waiting
  private var race = ConnectionRace([])
  private var attempts: [UpstreamConnection] = []
  private var timeout: Scheduled<Void>?
  private var delay: Scheduled<Void>?
  private var isCounted = false

  /// - Parameter ready: called once on this event loop, unless this is cancelled.
  init(
    _ key: UpstreamKey, for purpose: Purpose, services: LoopServices,
    ready: @escaping (Result<UpstreamConnection, FetchError>) -> Void
  ) {
    self.key = key
    self.purpose = purpose
    self.services = services
    self.ready = ready
  }

  /// Whether it has said what came of it, or was cancelled.
  var isOver: Bool { if case .over = self.stage { true } else { false } }

  /// Gives it up: whoever wanted the connection has left.
  func cancel() {
    self.ready = nil
    self.end()
  }

  /// Takes a connection that has become unused, instead of a new one.
  func take(_ connection: UpstreamConnection) { self.finish(.success(connection)) }

  func fail(_ error: FetchError) { self.finish(.failure(error)) }

  private func finish(_ result: Result<UpstreamConnection, FetchError>) {
    let ready = self.ready
    self.ready = nil
    // A connection that is ready is no longer this one's to close.
    if case .success = result { self.stage = .over }
    self.end()
    ready?(result)
  }

  private func end() {
    let stage = self.stage
    self.stage = .over
    self.timeout?.cancel()
    self.delay?.cancel()
    if let ticket = self.ticket { self.services.pool.cancel(ticket) }
    self.ticket = nil
    self.endAttempts(but: nil)
    if case .establishing(let connection) = stage { connection.close() }
    if self.isCounted {
      self.isCounted = false
      self.services.pool.release(self.key)
    }
  }

  // MARK: Resolving

  /// Begins on a later turn of the event loop.
  func beginSoon() {
    self.ticket = nil
    self.isCounted = true
    let bound = NIOLoopBound(self, eventLoop: self.services.eventLoop)
    self.services.eventLoop.execute { bound.value.resolve() }
  }

  /// Begins. There is room for the connection.
  func begin() {
    self.ticket = nil
    if case .exchanges = self.purpose { self.isCounted = true }
    self.resolve()
  }

  private func resolve() {
    guard case .waiting = self.stage else { return }
    let proxy = self.services.shared.upstreamProxy
    let (host, port) = proxy.map { ($0.host, $0.port) } ?? (self.key.host, self.key.port)
    if let address = try? SocketAddress(ipAddress: host, port: port) {
      return self.connect([address])
    }
    self.stage = .resolving
    self.services.shared.resolver.resolve(host, on: self.services.eventLoop) { answer in
      guard case .resolving = self.stage else { return }
      switch answer {
      case .success(let addresses):
        self.connect(
          addresses.map {
            var address = $0
            address.port = port
            return address
          })
      case .failure(let error): self.fail(error)
      }
    }
    if case .resolving = self.stage {
      self.limitTime(
        self.services.limits.resolveTime, .dnsTimeout, "The host name \(host) was not resolved")
    }
  }

  /// Fails with this error unless the present stage is over in time.
  private func limitTime(_ time: TimeAmount, _ code: FetchError.Code, _ text: String) {
    self.timeout?.cancel()
    self.timeout = self.services.eventLoop.assumeIsolated().scheduleTask(in: time) {
      let seconds = time.nanoseconds / 1_000_000_000
      self.fail(FetchError(code, .upstream, "\(text) within \(seconds) seconds."))
    }
  }

  // MARK: Connecting

  private func connect(_ addresses: [SocketAddress]) {
    self.stage = .connecting
    self.limitTime(
      self.services.limits.connectTime, .connectionTimeout,
      "\(self.services.peerName(self.key)) did not accept a connection")
    self.race = ConnectionRace(addresses)
    self.perform(self.race.begin())
  }

  private func perform(_ first: ConnectionRace.Order) {
    var order = first
    while true {
      switch order {
      case .wait: return
      case .fail(let error): return self.fail(error)
      case .attempt(let address):
        guard !self.services.shared.ownAddresses.contains(address) else {
          order = self.race.failed(Self.loopError(self.key))
          continue
        }
        return self.attempt(address)
      }
    }
  }

  private func attempt(_ address: SocketAddress) {
    self.delay?.cancel()
    if self.race.hasMore {
      self.delay = self.services.eventLoop.assumeIsolated().scheduleTask(
        in: ConnectionRace.delay
      ) {
        guard case .connecting = self.stage else { return }
        self.perform(self.race.delayPassed())
      }
    }
    let connection = UpstreamConnection(key: self.key, services: self.services)
    self.attempts.append(connection)
    self.services.open(connection, to: address).assumeIsolated().whenComplete { result in
      self.attemptEnded(connection, result.map { _ in })
    }
  }

  private func attemptEnded(_ connection: UpstreamConnection, _ result: Result<Void, any Error>) {
    guard case .connecting = self.stage else {
      // Another attempt was first, or nobody wants the connection any more.
      if case .success = result { connection.close() }
      return
    }
    self.attempts.removeAll { $0 === connection }
    switch result {
    case .success: self.establish(connection)
    case .failure(let error):
      self.perform(self.race.failed(self.services.explain(error, self.key)))
    }
  }

  private func endAttempts(but winner: UpstreamConnection?) {
    let losers = self.attempts
    self.attempts = []
    for loser in losers where loser !== winner { loser.close() }
  }

  private func establish(_ connection: UpstreamConnection) {
    self.stage = .establishing(connection)
    self.delay?.cancel()
    self.endAttempts(but: connection)
    if self.isCounted {
      self.isCounted = false
      connection.isCounted = true
    }
    connection.establish(isTunnel: self.purpose == .tunnel) { result in
      guard case .establishing = self.stage else { return }
      self.finish(result)
    }
  }

  private static func loopError(_ key: UpstreamKey) -> FetchError {
    FetchError(
      .proxyLoopDetected, .proxy,
      "\(key.description) is this proxy itself, which does not connect to itself.")
  }
}
