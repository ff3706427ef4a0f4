import FetchModel
import NIOCore

/// What the origin sends, until its end.
extension UpstreamConnection {
  func processInput() {
    while true {
      switch self.reading {
      case .idle:
        // Nobody asked: whatever this is, it answers no request of ours.
        if self.input.readableBytes > 0 { self.close() }
        return
      case .closed: return
      case .raw:
        guard let bytes = self.input.readSlice(length: self.input.readableBytes),
          bytes.readableBytes > 0
        else { return }
        self.consumer?.upstream(self, body: bytes)
        return
      case .tunnelAnswer(let reader):
        guard self.readTunnelAnswer(reader) else { return }
      case .head(let reader):
        guard self.readHead(reader) else { return }
      case .body(let reader):
        guard self.readBody(reader) else { return }
      }
    }
  }

  /// Returns whether to go on.
  func readHead(_ old: HeadReader) -> Bool {
    var reader = old
    if self.input.readableBytes > 0 { self.hasReceived = true }
    switch reader.nextResponse(&self.input, to: self.method) {
    case .needMore:
      self.reading = .head(reader)
      return false
    case .refused(let refusal):
      self.fail(
        FetchError(
          .httpProtocolError, .upstream,
          "\(self.key.description) sent a malformed response: \(refusal.reason)"))
      return false
    case .head(let head) where head.status == 101:
      guard self.mayUpgrade else {
        self.fail(
          FetchError(
            .httpProtocolError, .upstream,
            "\(self.key.description) switched protocols without being asked."))
        return false
      }
      self.becomeRaw()
      self.consumer?.upstream(self, head: head)
    case .head(let head) where head.status == 407 && self.forwardProxy != nil:
      self.fail(ProxyTunnelReader.unauthorized(self.key.description))
      return false
    case .head(let head) where head.status < 200:
      self.reading = .head(reader)
      self.consumer?.upstream(self, informational: head)
    case .head(let head):
      self.isPersistent = head.isPersistent
      if head.bindsConnection { self.isAuthenticated = true }
      self.reading = .body(BodyReader(head.framing, limits: self.services.limits.head))
      self.consumer?.upstream(self, head: head)
    }
    return true
  }

  /// Returns whether to go on.
  func readBody(_ old: BodyReader) -> Bool {
    var reader = old
    let event = reader.next(&self.input)
    self.reading = .body(reader)
    switch event {
    case .needMore: return false
    case .data(let data):
      self.consumer?.upstream(self, body: data)
    case .end(let trailers):
      self.finish(trailers)
      return false
    case .refused(let refusal):
      self.fail(
        FetchError(
          .httpResponseIncomplete, .upstream,
          "\(self.key.description) sent a malformed body: \(refusal.reason)"))
      return false
    }
    return true
  }

  func finish(_ trailers: ByteBuffer?) {
    let consumer = self.consumer
    self.consumer = nil
    // What stands behind the response was not asked for, so nothing after it can be trusted.
    let mayStay =
      self.isPersistent && self.requestIsComplete && self.input.readableBytes == 0
      && (!self.isAuthenticated || self.owner != nil)
    if mayStay { self.becomeIdle() } else { self.close() }
    consumer?.upstream(self, endedWith: trailers)
  }

  func becomeIdle() {
    self.reading = .idle
    self.input = ByteBuffer()
    self.idleSince = .now()
    if self.isPaused {
      self.isPaused = false
      self.context?.read()
    }
    if self.owner == nil { self.services.pool.put(self) }
  }

  func fail(_ error: FetchError) {
    let consumer = self.consumer
    self.consumer = nil
    // Before the end of the channel reports itself with a cause that is only its consequence.
    self.finishConnecting(.failure(error))
    self.close()
    consumer?.upstream(self, failed: error)
  }

  func inputEnded(isComplete: Bool) {
    switch self.reading {
    case .closed: break
    case .idle:
      self.close()
      if self.ready != nil { self.finishConnecting(.failure(self.closedError)) }
    case .raw:
      let consumer = self.consumer
      self.reading = .closed
      consumer?.upstream(self, endedWith: nil)
    case .body(let reader) where reader.mayEndWithClose && isComplete:
      self.isPersistent = false
      self.finish(nil)
    case .body:
      self.fail(
        FetchError(
          .httpResponseIncomplete, .upstream,
          "\(self.key.description) closed the connection within the response's body."))
    case .tunnelAnswer(let reader):
      self.fail(reader.closedError)
    case .head:
      self.fail(self.closedError)
    }
  }
}
