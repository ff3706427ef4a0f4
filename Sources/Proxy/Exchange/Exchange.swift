import FetchModel
import Logging
import NIOCore

/// One request of a client and its response: relayed, or answered by the plugin that claims it.
///
/// Between the client's connection and the upstream's it moves heads and bytes and carries the
/// back-pressure of each side to the other. It lives on one event loop.
final class Exchange {
  private enum RequestSink {
    /// Nobody takes the body yet.
    case none
    case upstream(UpstreamConnection)
    case pipe(BodyPipe)
    case discard
  }

  let services: LoopServices
  let head: RequestHead
  let route: RequestRoute
  private(set) weak var client: ClientConnection?

  private var sink = RequestSink.none
  /// Whether the plugin is slower than the client.
  private var pipeIsFull = false
  private var upstream: UpstreamConnection?
  private var opening: UpstreamOpening?
  private var hasResponseHead = false
  private var isOver = false
  private var hasRetried = false
  private var requestDrain: BodyDrain?
  private var responseDrain: BodyDrain?
  private var signal: FetchSignal?

  init(_ head: RequestHead, _ route: RequestRoute, client: ClientConnection) {
    self.head = head
    self.route = route
    self.client = client
    self.services = client.services
  }

  /// Asks who takes the request, and starts.
  func start() {
    if let claim = self.findClaim() { self.handleFetch(claim) } else { self.relay(body: nil) }
  }

  private func findClaim() -> (any Claim)? {
    guard let interceptor = self.services.shared.interceptor else { return nil }
    self.services.urlScratch.clear()
    self.route.writeURL(of: self.head, into: &self.services.urlScratch)
    return self.services.urlScratch.withUnsafeReadableBytes { interceptor.claim(for: $0) }
  }

  // MARK: The request's body, from the client

  /// Whether a piece of the body would be taken now.
  var wantsBody: Bool {
    switch self.sink {
    case .none: false
    case .upstream(let upstream): upstream.isWritable
    case .pipe: !self.pipeIsFull
    case .discard: true
    }
  }

  /// Takes a piece of the body. Returns whether more would be taken at once.
  func receive(body: ByteBuffer) -> Bool {
    switch self.sink {
    case .none, .discard: return true
    case .upstream(let upstream):
      upstream.sendBody(body)
      return upstream.isWritable
    case .pipe(let pipe):
      self.pipeIsFull = !pipe.write(body)
      return !self.pipeIsFull
    }
  }

  func receiveBodyEnd(trailers: ByteBuffer?) {
    switch self.sink {
    case .none, .discard: break
    case .upstream(let upstream): upstream.sendEnd(trailers: trailers.flatMap(passableTrailers))
    case .pipe(let pipe): pipe.finish()
    }
  }

  /// The client has read on: flush what its bytes became.
  func clientReadComplete() {
    if case .upstream(let upstream) = self.sink { upstream.flush() }
  }

  // MARK: Relay

  /// Sends the request to the network.
  ///
  /// - Parameter body: what a plugin left of the body; `nil` where the body comes from the client
  ///   itself.
  private func relay(body: FetchBody?, fresh: Bool = false) {
    if self.hasNoNetwork {
      body?.cancel()
      self.sink = .discard
      self.client?.access?.hasNoNetwork()
      return self.respond(self.leftAnswer())
    }
    if !fresh, let own = self.client?.boundUpstreams,
      let connection = own.take(self.services.connectionKey(self.route.key))
    {
      return self.send(to: connection, body: body)
    }
    // The exchange stays alive through this closure until there is a connection or none.
    let opening = self.services.acquire(self.route.key, fresh: fresh) { result in
      self.opening = nil
      guard !self.isOver, self.client != nil else {
        if case .success(let connection) = result { connection.close() }
        return
      }
      switch result {
      case .success(let connection): self.send(to: connection, body: body)
      case .failure(let error): self.fail(error)
      }
    }
    if let opening, !opening.isOver { self.opening = opening }
  }

  private func send(to connection: UpstreamConnection, body: FetchBody?) {
    self.upstream = connection
    if self.services.shared.accessLog != nil {
      self.client?.access?.connected(to: connection.remoteAddress)
    }
    var bytes = ByteBuffer()
    HeadWriter.relay(
      self.head,
      to: HeadWriter.Destination(
        authority: self.route.authority, pathStart: self.route.pathStart,
        pathLength: self.route.pathLength, proxy: connection.forwardProxy),
      identity: self.services.shared.identity, keepExpect: body == nil, into: &bytes)
    if self.head.bindsConnection { self.bind(connection) }
    connection.start(
      bytes, method: self.head.method, framing: self.head.framing,
      mayUpgrade: self.head.asksForUpgrade, consumer: self)
    if self.head.framing != .none {
      if let body {
        self.send(body, to: connection)
      } else {
        self.sink = .upstream(connection)
        self.client?.resumeRequestBody()
      }
    }
    connection.flush()
  }

  /// Makes the connection the client's own.
  private func bind(_ connection: UpstreamConnection) {
    guard let client = self.client else { return }
    connection.isAuthenticated = true
    let own = client.boundUpstreams ?? BoundUpstreams()
    client.boundUpstreams = own
    own.insert(connection)
  }

  /// Sends on a body that went past a plugin.
  private func send(_ body: FetchBody, to connection: UpstreamConnection) {
    switch body {
    case .none: connection.sendEnd(trailers: nil)
    case .bytes(let bytes):
      connection.sendBody(bytes)
      connection.sendEnd(trailers: nil)
    case .stream(let pipe):
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
  }

  // MARK: Claimed requests

  private func handleFetch(_ claim: any Claim) {
    let signal = FetchSignal()
    self.signal = signal
    self.client?.access?.claimed(by: claim.pluginName)
    if self.head.expectsContinue { self.client?.sendContinue() }
    let request = self.fetchRequest(signal)
    let bound = NIOLoopBound(self, eventLoop: self.services.eventLoop)
    let eventLoop = self.services.eventLoop
    claim.handleFetch(request) { outcome in
      eventLoop.execute { bound.value.claimFinished(outcome) }
    }
  }

  private func fetchRequest(_ signal: FetchSignal) -> FetchRequest {
    var url = ByteBuffer()
    self.route.writeURL(of: self.head, into: &url)
    let removed = ConnectionNames(self.head.bytes, self.head.fields, self.head.connection)
    let headers = self.head.fields.headerList(over: self.head.bytes) {
      $0.known == .expect || removed.contains($0)
    }
    return FetchRequest(
      method: self.head.methodName, url: String(buffer: url), headers: headers,
      body: self.claimedBody(), signal: signal, downstream: self.client?.downstream)
  }

  private func claimedBody() -> FetchBody {
    let length: Int?
    switch self.head.framing {
    case .none, .untilClose:
      return self.head.hasContentLength ? .bytes(ByteBuffer()) : .none
    case .length(let bytes): length = bytes
    case .chunked: length = nil
    }
    let pipe = BodyPipe(length: length)
    let eventLoop = self.services.eventLoop
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    pipe.setProducer(
      onWritable: { eventLoop.execute { bound.value.pipeHasRoom() } },
      onCancel: { eventLoop.execute { bound.value.discardRequestBody() } })
    self.sink = .pipe(pipe)
    return .stream(pipe)
  }

  private func pipeHasRoom() {
    self.pipeIsFull = false
    if !self.isOver { self.client?.resumeRequestBody() }
  }

  private func discardRequestBody() {
    guard case .pipe = self.sink else { return }
    self.sink = .discard
    self.client?.resumeRequestBody()
  }

  private func claimFinished(_ outcome: FetchOutcome) {
    self.signal?.disarm()
    guard !self.isOver, self.client != nil else {
      switch outcome {
      case .respond(let response): response.body.cancel()
      case .fallBack(let body): body.cancel()
      case .networkError: break
      }
      return
    }
    switch outcome {
    case .respond(let response): self.respond(response)
    case .fallBack(let body):
      self.client?.access?.fellBack()
      self.relay(body: body)
    case .networkError(let error):
      self.services.shared.logger.info(
        "network error", metadata: ["cause": "\(error.message)", "source": "\(error.source)"])
      self.client?.access?.failed(error.code)
      // A page in a browser has to see a network error; a client of the gateway an answer.
      if self.route.mount != nil || self.showsErrorPage {
        return self.respond(self.failedAnswer(error))
      }
      self.isOver = true
      self.client?.finishWithNetworkError(self)
    }
  }

  private func respond(_ response: FetchResponse) {
    guard let client = self.client else { return response.body.cancel() }
    let response = self.leavingMount(response)
    self.hasResponseHead = true
    let hasBody =
      self.head.method != .head && response.status != 204 && response.status != 304
      && response.status != 205
    client.sendHead(of: response, hasBody: hasBody, to: self)
    guard hasBody else {
      response.body.cancel()
      return self.finish(trailers: nil)
    }
    switch response.body {
    case .none: self.finish(trailers: nil)
    case .bytes(let bytes):
      client.sendBody(bytes)
      self.finish(trailers: nil)
    case .stream(let pipe):
      let drain = BodyDrain(pipe) { [weak self] event in self?.responseEvent(event) }
      self.responseDrain = drain
      drain.start(on: self.services.eventLoop)
    }
  }

  private func responseEvent(_ event: BodyDrain.Event) {
    switch event {
    case .data(let data):
      self.client?.sendBody(data)
      if self.client?.isWritable == false { self.responseDrain?.pause() }
    case .pause: self.client?.flush()
    case .end: self.finish(trailers: nil)
    case .failed(let error): self.fail(error)
    }
  }

  // MARK: Ends

  private func finish(trailers: ByteBuffer?) {
    guard !self.isOver else { return }
    self.isOver = true
    self.requestDrain?.cancel()
    self.responseDrain = nil
    self.upstream = nil
    self.client?.finishResponse(self, trailers: trailers)
  }

  private func fail(_ error: FetchError) {
    guard !self.isOver else { return }
    if self.mayRetry(error) {
      self.hasRetried = true
      self.upstream = nil
      self.relay(body: nil, fresh: true)
      return
    }
    self.isOver = true
    self.requestDrain?.cancel()
    self.upstream?.cancel()
    self.upstream = nil
    if self.hasResponseHead {
      self.client?.access?.failed(error.code)
      self.client?.truncateResponse(self)
    } else {
      self.client?.finishWithError(self, error)
    }
  }

  /// A connection that was kept may have been closed while the request was on its way. What had no
  /// body and may be sent twice is sent once more, on a new connection
  /// ([RFC 9110 §9.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2)).
  private func mayRetry(_ error: FetchError) -> Bool {
    guard error.isRetryable, !self.hasRetried, !self.hasResponseHead else { return false }
    return self.upstream?.isReused == true && self.head.method.isIdempotent
      && self.head.framing == .none
  }

  /// Nothing has been heard of the answer for too long. A plugin's time is kept by its host.
  func timeOut() {
    guard let upstream = self.upstream else { return }
    self.fail(
      FetchError(
        .httpResponseTimeout, .upstream, "\(upstream.key.description) did not answer in time."))
  }

  /// The client has left.
  func clientLeft() {
    guard !self.isOver else { return }
    self.isOver = true
    self.signal?.abort()
    self.opening?.cancel()
    self.upstream?.cancel()
    self.upstream = nil
    self.responseDrain?.cancel()
    self.requestDrain?.cancel()
    if case .pipe(let pipe) = self.sink {
      pipe.fail(FetchError(.aborted, .client, "The client left."))
    }
  }

  /// The client can take more, or cannot.
  func clientWritabilityChanged(_ isWritable: Bool) {
    if isWritable {
      self.upstream?.resumeReading()
      self.responseDrain?.resume()
    } else {
      self.upstream?.pauseReading()
    }
  }
}

extension Exchange: UpstreamConsumer {
  func upstream(_ connection: UpstreamConnection, informational head: ResponseHead) {
    self.client?.sendInformational(head, to: self)
  }

  func upstream(_ connection: UpstreamConnection, head: ResponseHead) {
    self.hasResponseHead = true
    guard head.status == 101 else {
      if head.bindsConnection { self.bind(connection) }
      self.client?.sendHead(relaying: head, added: connection.addedLines(to: head), to: self)
      return
    }
    self.isOver = true
    self.upstream = nil
    self.client?.switchProtocols(head, to: connection)
  }

  func upstream(_ connection: UpstreamConnection, body: ByteBuffer) {
    guard let client = self.client else { return }
    client.sendBody(body)
    if !client.isWritable { connection.pauseReading() }
  }

  func upstream(_ connection: UpstreamConnection, endedWith trailers: ByteBuffer?) {
    if case .upstream = self.sink { self.sink = .discard }
    self.finish(trailers: trailers)
  }

  func upstream(_ connection: UpstreamConnection, failed error: FetchError) { self.fail(error) }

  func upstreamWritabilityChanged(_ connection: UpstreamConnection) {
    guard connection.isWritable else { return }
    self.requestDrain?.resume()
    if case .upstream = self.sink { self.client?.resumeRequestBody() }
  }

  func upstreamReadComplete(_ connection: UpstreamConnection) { self.client?.flush() }
}
