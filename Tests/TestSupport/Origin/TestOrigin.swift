import Foundation

/// A real HTTP/1.1 server on 127.0.0.1, plain or TLS, that answers as a test says. It shares no code
/// with the proxy: blocking sockets, OpenSSL, and a thread for each connection.
///
/// Whoever makes one calls ``stop()``.
public final class TestOrigin: @unchecked Sendable {
  /// Says what to do with a request; called on the connection's thread after the whole request has
  /// come.
  public typealias Route = @Sendable (OriginRequest) -> OriginAnswer

  /// The port that it listens on.
  public let port: Int
  private let listener: Int32
  private let context: OriginTLSContext?
  private let routes: [String: Route]
  private let otherwise: Route
  /// Guards everything below and is signalled whenever something of it changes.
  private let condition = NSCondition()
  private var openDescriptors: Set<Int32> = []
  private var runningThreads = 1
  private var isStopping = false
  private var accepted = 0
  private var received: [OriginRequest] = []
  private var seenProblems: [String] = []

  /// Starts listening.
  ///
  /// - Parameters:
  ///   - certificate: makes it a TLS server with this chain and key.
  ///   - routes: the answers by path (without the query).
  ///   - otherwise: the answer where there is no route.
  public init(
    certificate: TestCertificate? = nil, routes: [String: Route] = [:],
    otherwise: @escaping Route = { .echo($0) }
  ) throws {
    self.context = try certificate.map(OriginTLSContext.init)
    self.routes = routes
    self.otherwise = otherwise
    signal(SIGPIPE, SIG_IGN)
    (self.listener, self.port) = try Loopback.bind()
    guard listen(self.listener, 512) == 0 else {
      defer { close(self.listener) }
      throw SystemCallError("listen")
    }
    Thread.detachNewThread { self.acceptAll() }
  }

  /// The address as the beginning of a URL, without a slash at its end.
  public var url: String { self.url(host: "127.0.0.1") }

  /// The same with another name for this machine.
  public func url(host: String) -> String {
    "\(self.context == nil ? "http" : "https")://\(host):\(self.port)"
  }

  /// The requests so far, in the order in which they were complete.
  public var requests: [OriginRequest] { self.condition.withLock { self.received } }
  public var requestCount: Int { self.condition.withLock { self.received.count } }
  /// How many connections were accepted so far, with those whose TLS handshake failed.
  public var connectionCount: Int { self.condition.withLock { self.accepted } }
  /// How many connections are open now.
  public var openConnectionCount: Int { self.condition.withLock { self.openDescriptors.count } }
  /// What clients did that they must not, in words.
  public var problems: [String] { self.condition.withLock { self.seenProblems } }

  /// Waits until that many requests have come. Returns whether they did.
  public func waitForRequests(_ count: Int, seconds: Double = 60) async throws -> Bool {
    try await blocking {
      self.waitUntil(Date(timeIntervalSinceNow: seconds)) { self.received.count >= count }
    }
  }

  /// Closes everything and waits for its threads.
  ///
  /// - Returns: whether all of them have ended.
  @discardableResult
  public func stop() -> Bool {
    self.condition.withLock {
      self.isStopping = true
      shutdown(self.listener, Int32(SHUT_RDWR))
      for descriptor in self.openDescriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
    return self.waitUntil(Date(timeIntervalSinceNow: 10)) { self.runningThreads == 0 }
  }

  /// Notes the request and finds its answer.
  func answer(to request: OriginRequest) -> OriginAnswer {
    self.condition.withLock {
      self.received.append(request)
      self.condition.broadcast()
    }
    let path = String(request.path.prefix { $0 != "?" })
    return (self.routes[path] ?? self.otherwise)(request)
  }

  /// Waits for a latch, at most two minutes and not beyond ``stop()``.
  func wait(for latch: Latch) -> Bool {
    for _ in 0..<2400 where !latch.wait(seconds: 0.05) {
      if self.stops { return false }
    }
    return latch.wait(seconds: 0)
  }

  private var stops: Bool { self.condition.withLock { self.isStopping } }

  private func waitUntil(_ limit: Date, holds: () -> Bool) -> Bool {
    self.condition.withLock {
      while !holds() { if !self.condition.wait(until: limit) { return holds() } }
      return true
    }
  }

  private func acceptAll() {
    while true {
      var waiting = pollfd(fd: self.listener, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, -1) >= 0 || errno == EINTR, !self.stops else { break }
      let descriptor = Loopback.accept(self.listener)
      guard descriptor >= 0 else { continue }
      guard let number = self.opened(descriptor) else { break }
      Thread.detachNewThread { self.serve(descriptor, number) }
    }
    close(self.listener)
    self.threadEnded()
  }

  /// Counts a new connection; `nil` where the origin is stopping, and the connection is closed.
  private func opened(_ descriptor: Int32) -> Int? {
    self.condition.withLock {
      guard !self.isStopping else {
        close(descriptor)
        return nil
      }
      self.openDescriptors.insert(descriptor)
      self.runningThreads += 1
      self.accepted += 1
      return self.accepted - 1
    }
  }

  private func serve(_ descriptor: Int32, _ number: Int) {
    var ended = OriginConnection.End.inOrder
    do {
      let stream = try OriginStream(descriptor: descriptor, context: self.context)
      ended = try OriginConnection(
        origin: self, descriptor: descriptor, number: number, stream: stream
      ).serve()
    } catch {
      let problem = (error as? OriginProblem)?.description ?? "\(error)"
      self.condition.withLock { if !self.isStopping { self.seenProblems.append(problem) } }
    }
    self.condition.withLock {
      self.openDescriptors.remove(descriptor)
      if ended == .inOrder { shutdown(descriptor, Int32(SHUT_RDWR)) }
      close(descriptor)
    }
    self.threadEnded()
  }

  private func threadEnded() {
    self.condition.withLock {
      self.runningThreads -= 1
      self.condition.broadcast()
    }
  }
}
