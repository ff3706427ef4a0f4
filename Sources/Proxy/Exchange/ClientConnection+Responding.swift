import FetchModel
import NIOCore

/// What has to be known of a response while it is sent.
struct ResponseState {
  /// Whether the request was HTTP/1.0, which knows no chunks.
  private(set) var isHTTP10 = false
  private(set) var isHead = false
  /// Whether the connection closes behind this response.
  var mustClose = false
  /// Whether the head was sent.
  var hasBegun = false
  var body = BodyWriter(isChunked: false)

  init() {}

  init(to head: RequestHead, isDraining: Bool) {
    self.isHTTP10 = head.minorVersion == 0
    self.isHead = head.method == .head
    self.mustClose = !head.isPersistent || isDraining
  }

  /// The `Connection` line for the head.
  var connectionLine: StaticString {
    if self.mustClose { return "Connection: close\r\n" }
    return self.isHTTP10 ? "Connection: keep-alive\r\n" : ""
  }
}

extension FetchResponse {
  /// What `Content-Length` says; `nil` where there is none, or one where no length can be.
  fileprivate var declaredLength: Int? {
    guard self.status != 204, let text = self.headers.first("Content-Length"),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }

  /// The length of a body that is there and not sent: the answer to a HEAD.
  fileprivate var withheldLength: Int? {
    guard self.status != 204, self.status != 304, let length = self.body.length, length > 0 else {
      return nil
    }
    return length
  }
}

extension ClientConnection {
  // MARK: Heads

  /// Passes on an interim response. HTTP/1.0 knows none.
  func sendInformational(_ head: ResponseHead, to exchange: Exchange) {
    guard !self.response.isHTTP10, !self.response.hasBegun else { return }
    var out = ByteBuffer()
    HeadWriter.relay(
      head, framing: .asDeclared, connection: "", identity: self.services.shared.identity,
      into: &out)
    self.write(out)
    self.flush()
  }

  /// Tells the client to send its body: a plugin may want it.
  func sendContinue() {
    self.write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
    self.flush()
  }

  /// Passes on the origin's head.
  ///
  /// - Parameter added: lines that the proxy adds, each with its CRLF.
  func sendHead(relaying head: ResponseHead, added: ByteBuffer?, to exchange: Exchange) {
    let framing = self.framing(hasLength: head.framing != .chunked && head.framing != .untilClose)
    var out = ByteBuffer()
    HeadWriter.relay(
      head, framing: framing, connection: self.response.connectionLine,
      identity: self.services.shared.identity, added: added, into: &out)
    self.response.hasBegun = true
    self.access?.responded(head.status)
    self.write(out)
  }

  /// Sends the head of a plugin's answer.
  ///
  /// - Parameter hasBody: whether a body may follow, by the request's method and the status.
  func sendHead(of response: FetchResponse, hasBody: Bool, to exchange: Exchange) {
    // What the client still has to send of its request is not waited for.
    if !self.requestIsComplete { self.response.mustClose = true }
    let length = response.body.length
    let framing = hasBody ? self.framing(hasLength: length != nil) : .asDeclared
    // Without a body the fields tell the length of the one that there would be.
    let announced =
      if hasBody { length } else if response.status == 205 { 0 } else {
        response.declaredLength ?? response.withheldLength
      }
    if hasBody, let length {
      self.response.body = BodyWriter(isChunked: false, length: length)
    }
    var out = ByteBuffer()
    HeadWriter.response(
      status: response.status, reason: response.statusText, headers: response.headers,
      contentLength: announced, framing: framing, connection: self.response.connectionLine,
      into: &out)
    self.response.hasBegun = true
    self.access?.responded(response.status)
    self.write(out)
  }

  /// Decides how the body goes and prepares for it.
  private func framing(hasLength: Bool) -> HeadWriter.ResponseFraming {
    if hasLength { return .asDeclared }
    if self.response.isHTTP10 {
      self.response.mustClose = true
      return .untilClose
    }
    self.response.body = BodyWriter(isChunked: true)
    return .chunked
  }

  // MARK: Bodies

  func sendBody(_ data: ByteBuffer) {
    self.touch()
    guard self.response.body.take(data.readableBytes) else { return }
    self.access?.sent(data.readableBytes)
    self.response.body.piece(data) { self.write($0) }
  }

  /// Ends the response.
  func finishResponse(_ exchange: Exchange, trailers: ByteBuffer?) {
    guard self.isServing(exchange) else { return }
    // A plugin's body of another length than it announced: the client must not go on behind it.
    guard self.response.body.isComplete else {
      self.access?.failed(.pluginFailed)
      return self.truncateResponse(exchange)
    }
    self.response.body.end(trailers: trailers.flatMap(passableTrailers)) { self.write($0) }
    self.endExchange()
  }

  private func endExchange() {
    self.access?.close()
    if self.response.mustClose || !self.requestIsComplete {
      self.linger()
    } else {
      // Inside a batch of reads the flush follows at its end, with further answers perhaps.
      self.flush()
      self.beginNextRequest()
    }
  }

  private func isServing(_ exchange: Exchange) -> Bool {
    if case .exchange(let current) = self.phase { return current === exchange }
    return false
  }

  // MARK: Failures

  /// Answers that the request could not be fetched.
  func finishWithError(_ exchange: Exchange, _ error: FetchError) {
    guard self.isServing(exchange) else { return }
    if !self.requestIsComplete { self.response.mustClose = true }
    let answer = ErrorResponse(error, proxy: self.services.shared.identity.pseudonym)
    self.write(
      answer.serialized(
        isHead: self.response.isHead, connection: self.response.connectionLine))
    self.response.hasBegun = true
    self.access?.answered(answer, isHead: self.response.isHead, self.context?.channel)
    self.endExchange()
  }

  /// A network error: the client sees its connection close without an answer, as a page would see
  /// a `TypeError`.
  func finishWithNetworkError(_ exchange: Exchange) {
    guard self.isServing(exchange) else { return }
    self.close()
  }

  /// The body broke off: so that the client notices, the connection closes without the body's end.
  func truncateResponse(_ exchange: Exchange) {
    guard self.isServing(exchange) else { return }
    self.flush()
    self.close()
  }

  /// Answers a request that is not served, and closes: what follows on the connection cannot be
  /// trusted, or was never read.
  func refuse(_ answer: ErrorResponse, isHead: Bool) {
    self.access?.answered(answer, isHead: isHead, self.context?.channel)
    self.write(answer.serialized(isHead: isHead, connection: "Connection: close\r\n"))
    self.linger()
  }

  /// Closes our side and waits a moment for the client to close its own: closing with unread input
  /// would reset the connection and could take the answer with it
  /// ([RFC 9112 §9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)).
  func linger() {
    guard let context = self.context else { return }
    self.phase = .lingering
    self.touch()
    self.flush()
    self.transport.writeEnd(context)
    context.close(mode: .output, promise: nil)
    self.readIfWanted()
  }

  /// All that was written has gone out. A client that does not close soon is closed.
  func outputEnded() {
    guard case .lingering = self.phase else { return }
    self.outputHasEnded = true
    self.deadline = .now() + .seconds(2)
  }

  // MARK: Writing

  func write(_ bytes: ByteBuffer) {
    guard let context = self.context else { return }
    self.transport.write(bytes, context)
  }

  func flush() {
    guard let context = self.context else { return }
    self.transport.flush(context)
  }
}
