import CJavaScriptCore
import NIOCore

extension JavaScriptPlugin {
  /// How our scripts read and write bodies.
  var bodyNatives: [Native] {
    [
      (
        "isEventBody",
        { [unowned self] in
          let handle = self.classes.handle($0[0], in: self.context)
          let isWhole = handle.map {
            $0.stream.kind == .eventRequest && self.incoming[$0.stream]?.isTouched == false
          }
          return self.context.bool(isWhole ?? false)
        }
      ),
      ("readBody", { [unowned self] in self.readBody($0) }),
      (
        "cancelBody",
        { [unowned self] in
          if let handle = self.classes.handle($0[0], in: self.context) {
            self.release(handle.stream)
          }
          return nil
        }
      ),
      ("writeBody", { [unowned self] in self.writeBody($0) }),
      (
        "endBody",
        { [unowned self] in
          self.change($0) { $0.finish() }
          return nil
        }
      ),
      (
        "failBody",
        { [unowned self] arguments in
          self.change(arguments) { $0.fail(arguments.text(2)) }
          return nil
        }
      ),
    ]
  }

  // MARK: From the host

  /// `(handle, number of the read, whether all)`; the result goes to `hooks.bodyRead`.
  private func readBody(_ arguments: NativeArguments) -> JSValue? {
    let number = arguments.uint32(1)
    guard let handle = self.classes.handle(arguments[0], in: self.context),
      let body = self.incoming[handle.stream]
    else {
      self.lostReads.append(number)
      return nil
    }
    let wasTouched = body.isTouched
    let credit = body.read(number, all: arguments.bool(2))
    if credit > 0 {
      self.socket.send(.bodyCredit(handle.stream, bytes: UInt32(clamping: credit)))
    }
    // The host need not keep what came whole.
    if !wasTouched, !body.isOpen, handle.stream.kind == .fetchResponse {
      self.forget(handle.stream)
    }
    self.noteResult(of: body)
    return nil
  }

  private func forget(_ stream: StreamID) {
    guard let body = self.incoming[stream], !body.isReleased else { return }
    body.isReleased = true
    self.socket.send(.abortFetch(fetch: stream.number))
  }

  func noteResult(of body: IncomingBody) { self.readable.append(body) }

  func bodyCame(_ stream: StreamID, _ bytes: ByteBuffer) {
    guard let body = self.incoming[stream] else { return }
    let credit = body.received(bytes)
    if credit > 0 { self.socket.send(.bodyCredit(stream, bytes: UInt32(clamping: credit))) }
    self.noteResult(of: body)
  }

  func bodyEnded(_ stream: StreamID, failure: String?) {
    guard let body = self.incoming[stream] else { return }
    if let failure { body.fail(failure) } else { body.end() }
    body.isReleased = true
    self.noteResult(of: body)
  }

  /// Gives scripts what their reads have waited for. Microtasks run after each, which may read on.
  func deliverReads() {
    if !self.failedFetches.isEmpty { self.failFetches() }
    while let number = self.lostReads.popLast() {
      self.deliver(number, .failed("The body is gone."))
    }
    while let body = self.readable.popLast() {
      guard let (number, result) = body.result() else { continue }
      self.deliver(number, result)
    }
    for stream in self.dropped.takeAll() where self.incoming[stream]?.read == nil {
      self.release(stream)
    }
  }

  private func deliver(_ number: UInt32, _ result: IncomingBody.Result) {
    self.call(.bodyRead, 3) {
      $0[0] = self.context.number(Double(number))
      $0[1] = self.context.undefined
      $0[2] = self.context.undefined
      switch result {
      case .bytes(let bytes): $0[1] = self.context.bytes(bytes)
      case .end: break
      case .failed(let message): $0[2] = self.context.string(message)
      }
    }
  }

  /// The script will not read on.
  private func release(_ stream: StreamID) {
    guard let body = self.incoming.removeValue(forKey: stream), !body.isReleased else { return }
    switch stream.kind {
    case .fetchResponse: self.socket.send(.abortFetch(fetch: stream.number))
    default:
      // One that was never touched is the host's as it was.
      if body.isOpen, body.isTouched { self.socket.send(.bodyCancel(stream)) }
    }
  }

  // MARK: To the host

  /// `(kind, number, bytes)` → whether the script may write on at once.
  private func writeBody(_ arguments: NativeArguments) -> JSValue? {
    var isWritable = false
    let bytes = self.context.withBytes(arguments[2]) { ByteBuffer(bytes: $0) }
    self.change(arguments) { body in
      body.write(bytes)
    } after: {
      isWritable = $0.isWritable
    }
    return self.context.bool(isWritable)
  }

  private func change(
    _ arguments: NativeArguments, _ change: (inout OutgoingBody) -> Void,
    after: (OutgoingBody) -> Void = { _ in }
  ) {
    guard let kind = StreamID.Kind(rawValue: UInt8(clamping: arguments.uint32(0))) else { return }
    let stream = StreamID(kind: kind, number: arguments.uint32(1))
    guard var body = self.outgoing.removeValue(forKey: stream) else { return }
    change(&body)
    let isOver = self.sendBody(stream, &body)
    after(body)
    if !isOver { self.outgoing[stream] = body }
  }

  /// Sends what credit allows. Returns whether the body is over.
  private func sendBody(_ stream: StreamID, _ body: inout OutgoingBody) -> Bool {
    while let order = body.next() {
      switch order {
      case .chunk(let bytes): self.socket.send(.bodyChunk(stream, bytes))
      case .end:
        self.socket.send(.bodyEnd(stream))
        return true
      case .failed(let message):
        self.socket.send(.bodyFailed(stream, message: message))
        return true
      }
    }
    return false
  }

  func creditCame(_ stream: StreamID, _ bytes: UInt32) {
    guard var body = self.outgoing.removeValue(forKey: stream) else { return }
    body.grant(bytes)
    let isOver = self.sendBody(stream, &body)
    if !isOver { self.outgoing[stream] = body }
    if body.isWrittenByScript, body.isWritable { self.callBody(.bodyWritable, stream) }
  }

  func bodyUnwanted(_ stream: StreamID) {
    guard let body = self.outgoing.removeValue(forKey: stream) else { return }
    if body.isWrittenByScript { self.callBody(.bodyCancelled, stream) }
  }

  private func callBody(_ hook: HookName, _ stream: StreamID) {
    self.call(hook, 2) {
      $0[0] = self.context.number(Double(stream.kind.rawValue))
      $0[1] = self.context.number(Double(stream.number))
    }
  }
}
