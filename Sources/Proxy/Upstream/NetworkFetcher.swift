public import FetchModel
import NIOCore
import Synchronization

/// The network, for whoever is not a client's connection: plugins' own fetches.
///
/// One request, one response: redirects are not followed here. Fetches run on the event loop of the
/// caller where it is one of the proxy's.
public final class NetworkFetcher: Fetcher {
  private let group: any EventLoopGroup
  private let loops: LoopTable

  init(group: any EventLoopGroup, loops: LoopTable) {
    self.group = group
    self.loops = loops
  }

  public func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    let loops = self.loops
    let eventLoop = self.group.any()
    eventLoop.execute {
      guard let services = loops.services(of: eventLoop) else {
        return completion(
          .failure(FetchError(.proxyInternalError, .proxy, "The proxy has stopped.")))
      }
      NetworkFetch(request, services, completion).start()
    }
  }
}

/// One fetch on its event loop.
private final class NetworkFetch: UpstreamConsumer {
  private let request: FetchRequest
  private let services: LoopServices
  private var completion: (@Sendable (Result<FetchResponse, FetchError>) -> Void)?
  private var upstream: UpstreamConnection?
  private var opening: UpstreamOpening?
  private var body: BodyPipe?
  private var requestDrain: BodyDrain?
  private var hasRetried = false
  private var isOver = false

  init(
    _ request: FetchRequest, _ services: LoopServices,
    _ completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    self.request = request
    self.services = services
    self.completion = completion
  }

  func start() {
    guard let target = FetchTarget(self.request.url) else {
      return self.fail(
        FetchError(.httpRequestError, .plugin, "\(self.request.url) is no http or https URL."))
    }
    guard !Gateway.isPluginHost(target.key.host) else {
      return self.fail(
        FetchError(
          .destinationNotFound, .plugin, "There is no network behind \(target.key.host)."))
    }
    // It goes into the request line as it is.
    guard !self.request.method.isEmpty, self.request.method.utf8.allSatisfy(HTTP1Syntax.isToken)
    else {
      return self.fail(FetchError(.httpRequestError, .plugin, "The method is no token."))
    }
    let bound = NIOLoopBound(self, eventLoop: self.services.eventLoop)
    let eventLoop = self.services.eventLoop
    self.request.signal.onAbort { eventLoop.execute { bound.value.abort() } }
    self.connect(target, fresh: false)
  }

  private func connect(_ target: FetchTarget, fresh: Bool) {
    let opening = self.services.acquire(target.key, fresh: fresh) { result in
      self.opening = nil
      guard !self.isOver else {
        if case .success(let connection) = result { connection.close() }
        return
      }
      switch result {
      case .success(let connection): self.send(target, to: connection)
      case .failure(let error): self.fail(error)
      }
    }
    if let opening, !opening.isOver { self.opening = opening }
  }

  private func send(_ target: FetchTarget, to connection: UpstreamConnection) {
    self.upstream = connection
    let framing = self.framing
    var head = ByteBuffer()
    HeadWriter.request(
      self.request, target: target.path, authority: target.authority, framing: framing,
      identity: self.services.shared.identity, proxy: connection.forwardProxy, into: &head)
    // A fetch has no client connection that such authentication could belong to.
    if self.request.headers.contains("authorization") { connection.isAuthenticated = true }
    connection.start(
      head, method: HTTPMethod(self.request.method), framing: framing, mayUpgrade: false,
      consumer: self)
    switch self.request.body {
    case .bytes(let bytes) where framing != .none:
      connection.sendBody(bytes)
      connection.sendEnd(trailers: nil)
    case .stream(let pipe): self.drain(pipe, to: connection)
    case .none, .bytes: break
    }
    connection.flush()
  }

  private var framing: BodyFraming {
    switch self.request.body {
    case .none: .none
    case .bytes(let bytes): bytes.readableBytes == 0 ? .none : .length(bytes.readableBytes)
    case .stream(let pipe): pipe.length.map { .length($0) } ?? .chunked
    }
  }

  private func drain(_ pipe: BodyPipe, to connection: UpstreamConnection) {
    // A pipe of a known length writes at most that much: its producer counted.
    let drain = BodyDrain(pipe) { [weak self] event in
      switch event {
      case .data(let data):
        connection.sendBody(data)
        if !connection.isWritable { self?.requestDrain?.pause() }
      case .pause: connection.flush()
      case .end: connection.sendEnd(trailers: nil)
      case .failed(let error): self?.fail(error)
      }
    }
    self.requestDrain = drain
    drain.start(on: self.services.eventLoop)
  }

  // MARK: Ends

  private func abort() {
    self.fail(FetchError(.aborted, .plugin, "The fetch was aborted."))
  }

  private func fail(_ error: FetchError) {
    guard !self.isOver else { return }
    if self.mayRetry(error), let target = FetchTarget(self.request.url) {
      self.hasRetried = true
      self.upstream = nil
      return self.connect(target, fresh: true)
    }
    self.isOver = true
    self.opening?.cancel()
    self.opening = nil
    self.upstream?.cancel()
    self.upstream = nil
    self.requestDrain?.cancel()
    self.body?.fail(error)
    self.complete(.failure(error))
  }

  private func mayRetry(_ error: FetchError) -> Bool {
    error.isRetryable && !self.hasRetried && self.upstream?.isReused == true
      && self.framing == .none && HTTPMethod(self.request.method).isIdempotent
  }

  private func complete(_ result: Result<FetchResponse, FetchError>) {
    let completion = self.completion
    self.completion = nil
    completion?(result)
  }

  // MARK: UpstreamConsumer

  func upstream(_ connection: UpstreamConnection, informational head: ResponseHead) {}

  func upstream(_ connection: UpstreamConnection, head: ResponseHead) {
    let body = self.responseBody(head, connection)
    let removed = ConnectionNames(head.bytes, head.fields, head.connection)
    var headers = head.fields.headerList(over: head.bytes) { removed.contains($0) }
    if connection.isUnverified {
      headers.append(
        name: "Proxy-Status", value: self.services.shared.identity.unverifiedStatus)
    }
    self.complete(
      .success(
        FetchResponse(
          status: head.status, statusText: head.reason, headers: headers,
          body: body, urlList: [self.request.url])))
  }

  private func responseBody(_ head: ResponseHead, _ connection: UpstreamConnection) -> FetchBody {
    let length: Int?
    switch head.framing {
    case .none:
      let isNull = head.status == 204 || head.status == 304 || self.request.method == "HEAD"
      return isNull ? .none : .bytes(ByteBuffer())
    case .length(let bytes): length = bytes
    case .chunked, .untilClose: length = nil
    }
    let pipe = BodyPipe(length: length)
    let eventLoop = self.services.eventLoop
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    pipe.setProducer(
      onWritable: { eventLoop.execute { bound.value.upstream?.resumeReading() } },
      onCancel: { eventLoop.execute { bound.value.abort() } })
    self.body = pipe
    return .stream(pipe)
  }

  func upstream(_ connection: UpstreamConnection, body: ByteBuffer) {
    if self.body?.write(body) == false { connection.pauseReading() }
  }

  func upstream(_ connection: UpstreamConnection, endedWith trailers: ByteBuffer?) {
    self.isOver = true
    self.upstream = nil
    self.requestDrain?.cancel()
    self.body?.finish()
    self.request.signal.disarm()
  }

  func upstream(_ connection: UpstreamConnection, failed error: FetchError) { self.fail(error) }

  func upstreamWritabilityChanged(_ connection: UpstreamConnection) {
    if connection.isWritable { self.requestDrain?.resume() }
  }

  func upstreamReadComplete(_ connection: UpstreamConnection) {}
}

/// The parts of an http or https URL that a connection and a request head need.
struct FetchTarget {
  let key: UpstreamKey
  let authority: String
  /// The origin-form target.
  let path: String

  /// - Parameter url: a serialised absolute URL; a fragment is dropped.
  init?(_ url: String) {
    let isSecure = url.hasPrefix("https://")
    guard isSecure || url.hasPrefix("http://") else { return nil }
    let rest = url.dropFirst(isSecure ? 8 : 7).prefix { $0 != "#" }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let host = Array(rest[..<end].utf8)
    guard let authority = Authority(host.span, 0, host.count) else { return nil }
    let path = rest[end...]
    // What a URL parser lets through but a request line does not.
    guard path.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { return nil }
    let defaultPort = isSecure ? 443 : 80
    self.key = UpstreamKey(
      host: authority.host, port: authority.port ?? defaultPort,
      serverName: isSecure ? authority.host : nil)
    self.authority = authority.serialized(defaultPort: defaultPort)
    self.path = path.hasPrefix("/") ? String(path) : "/" + path
  }
}
