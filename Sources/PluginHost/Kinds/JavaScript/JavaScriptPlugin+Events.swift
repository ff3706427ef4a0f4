import CJavaScriptCore
import FetchModel
import NIOCore

/// Bodies up to this length travel beside their head.
let inlineBodyLimit = 65_536

extension JavaScriptPlugin {
  typealias Native = (String, NativeFunction.Body)

  /// How our scripts answer events.
  var eventNatives: [Native] {
    [
      ("respond", { [unowned self] in self.respond($0) }),
      ("beginRequestBody", { [unowned self] in self.beginRequestBody($0) }),
      ("respondRelay", { [unowned self] in self.respondRelay($0) }),
      (
        "noResponse",
        { [unowned self] in
          self.answer(
            $0.uint32(0),
            .noResponse(
              event: $0.uint32(0), defaultPrevented: $0.bool(1), bodyUsed: $0.bool(2)))
          return nil
        }
      ),
      (
        "respondFailed",
        { [unowned self] in
          self.answer($0.uint32(0), .respondFailed(event: $0.uint32(0), message: $0.text(1)))
          return nil
        }
      ),
      (
        "lifetimeSettled",
        { [unowned self] in
          self.socket.send(.lifetimeSettled(event: $0.uint32(0), failure: $0.text(1)))
          return nil
        }
      ),
      (
        "eventsExtended",
        { [unowned self] in
          self.socket.send(.eventsExtended($0.bool(0)))
          return nil
        }
      ),
      (
        "call",
        { [unowned self] in
          self.callHost($0)
        }
      ),
    ]
  }

  /// `(kind, payload)` → the call's number, 0 where the payload is too long for a frame. The payload
  /// is a string, bytes or nothing; the answer goes to `hooks.callResult`.
  private func callHost(_ arguments: NativeArguments) -> JSValue? {
    guard let kind = CallKind(rawValue: UInt8(clamping: arguments.uint32(0))) else { return nil }
    var payload = ByteBuffer()
    if JSValueIsString(self.context.ref, arguments[1]) {
      payload.writeString(arguments.text(1))
    } else {
      self.context.withBytes(arguments[1]) { _ = payload.writeBytes($0) }
    }
    self.lastCall &+= 1
    let isSent = self.socket.send(.call(call: self.lastCall, kind: kind, payload: payload))
    return self.context.number(isSent ? Double(self.lastCall) : 0)
  }

  /// Makes the handle of an event's body, which stays where it is until a script reads it.
  func eventBody(_ event: UInt32, _ kind: BodyKind) -> JSValue {
    let source: IncomingBody.Source
    switch kind {
    case .none: return self.context.undefined
    case .inline(let bytes): source = .inline(bytes)
    case .stream: source = .stream
    }
    let stream = StreamID(kind: .eventRequest, number: event)
    self.incoming[stream] = IncomingBody(stream: stream, source: source, contentEncoding: nil)
    return self.classes.object(BodyHandle(stream, dropped: self.dropped), in: self.context)
  }

  /// Sends the answer to a fetch event. A body that nobody has begun to read stays with the host,
  /// which may not have it for long.
  private func answer(_ event: UInt32, _ frame: Frame) {
    let stream = StreamID(kind: .eventRequest, number: event)
    if let body = self.incoming[stream], body.isOpen, !body.isTouched {
      body.fail("The request's event has been answered.")
    }
    if !self.socket.send(frame) {
      self.socket.send(
        .respondFailed(event: event, message: "The head of the response is too long."))
    }
  }

  /// `(event, status, "statusText\nname\nvalue…", URLs or undefined, body)`; the body is
  /// `undefined`, a string, bytes, or `true` where a script will write it.
  private func respond(_ arguments: NativeArguments) -> JSValue? {
    let event = arguments.uint32(0)
    let hasBody = !arguments.isUndefined(4)
    let (lines, list) = HeaderPacking.unpack(arguments[2], leading: 1, in: self.context) {
      hasBody && describesMessage($0)
    }
    let head = ResponseHead(
      status: UInt16(clamping: arguments.uint32(1)), statusText: lines.first ?? "", headers: list,
      urlList: self.lines(arguments[3]))
    let stream = StreamID(kind: .eventResponse, number: event)
    let body = hasBody ? self.outgoingBody(arguments[4], stream) : .none
    self.answer(event, .respond(event: event, head, body: body))
    return nil
  }

  private func lines(_ value: JSValue) -> [String] {
    guard !self.context.isUndefined(value) else { return [] }
    return self.context.text(value).split(separator: "\n").map { String($0) }
  }

  /// What goes into the frame of a head; a body that is too long for it, or that a script writes,
  /// waits for credit.
  func outgoingBody(_ value: JSValue, _ stream: StreamID) -> BodyKind {
    guard let bytes = self.context.buffer(value) else {
      self.outgoing[stream] = OutgoingBody()
      return .stream(length: nil)
    }
    if bytes.readableBytes <= inlineBodyLimit { return .inline(bytes) }
    self.outgoing[stream] = OutgoingBody(whole: bytes)
    return .stream(length: UInt64(bytes.readableBytes))
  }

  /// `(event)`
  private func beginRequestBody(_ arguments: NativeArguments) -> JSValue? {
    let stream = StreamID(kind: .eventRequest, number: arguments.uint32(0))
    let credit = self.incoming[stream]?.begin() ?? 0
    if credit > 0 { self.socket.send(.bodyCredit(stream, bytes: UInt32(clamping: credit))) }
    return nil
  }

  /// `(event, fetch)` → whether the host still has the response of this fetch untouched.
  private func respondRelay(_ arguments: NativeArguments) -> JSValue? {
    let (event, fetch) = (arguments.uint32(0), arguments.uint32(1))
    guard self.giveAway(fetch: fetch) else { return self.context.bool(false) }
    self.answer(event, .respondRelay(event: event, fetch: fetch))
    return self.context.bool(true)
  }
}
