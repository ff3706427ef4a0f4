import CJavaScriptCore
import FetchModel
import NIOCore

extension JavaScriptPlugin {
  /// How our scripts store responses and get them back.
  var cacheNatives: [Native] {
    [
      ("callWithBody", { [unowned self] in self.callWithBody($0) }),
      (
        "takeFetch",
        { [unowned self] in
          // From here on it is the host's alone; it was there untouched.
          self.context.bool(self.giveAway(fetch: $0.uint32(0)))
        }
      ),
    ]
  }

  /// `(kind, text, body)` → the call's number, 0 where the text is too long for a frame. The body is
  /// as for `respond`; where it is `undefined` the text says all.
  private func callWithBody(_ arguments: NativeArguments) -> JSValue? {
    guard let kind = CallKind(rawValue: UInt8(clamping: arguments.uint32(0))) else { return nil }
    var payload = ByteBuffer(string: arguments.text(1))
    self.lastCall &+= 1
    let stream = StreamID(kind: .call, number: self.lastCall)
    if !arguments.isUndefined(2) {
      switch self.outgoingBody(arguments[2], stream) {
      case .none: payload.writeString("none\0")
      case .inline(let bytes):
        payload.writeString("inline\0")
        payload.writeImmutableBuffer(bytes)
      case .stream(let length):
        payload.writeString("stream\0\(length.map { "\($0)" } ?? "")\0")
      }
    }
    let isSent = self.socket.send(.call(call: self.lastCall, kind: kind, payload: payload))
    if !isSent { self.outgoing[stream] = nil }
    return self.context.number(isSent ? Double(self.lastCall) : 0)
  }

  /// The host has a response for us; it keeps the response as it keeps a fetch's.
  func cachedResponseCame(
    _ number: UInt32, _ type: ResponseType, _ head: ResponseHead, coding: String,
    _ kind: BodyKind
  ) {
    let stream = StreamID(kind: .fetchResponse, number: number)
    let source: IncomingBody.Source
    var hasBody = true
    switch kind {
    case .none: (source, hasBody) = (.none, false)
    case .inline(let bytes): source = .inline(bytes)
    case .stream: source = .stream
    }
    self.incoming[stream] = IncomingBody(
      stream: stream, source: source, contentEncoding: coding.isEmpty ? nil : coding)
    self.call(.cachedResponse, 8) {
      $0[0] = self.context.number(Double(number))
      $0[1] = self.context.string(type.name)
      $0[2] = self.context.number(Double(head.status))
      $0[3] = self.context.string(head.statusText)
      $0[4] = self.context.string(head.urlList.joined(separator: "\n"))
      $0[5] = HeaderPacking.pack(head.headers, in: self.context)
      $0[6] = self.classes.object(BodyHandle(stream, dropped: self.dropped), in: self.context)
      $0[7] = self.context.bool(hasBody)
    }
  }
}
