import FetchModel
import NIOCore

/// Reads the fields of one frame from exactly its bytes.
struct FrameReader {
  var buffer: ByteBuffer

  mutating func frame() throws(FrameCodecError) -> Frame {
    let number: UInt8 = try self.integer()
    guard let type = FrameType(rawValue: number) else { throw .unknownType(number) }
    switch type {
    case .start, .install, .activate, .fetchEvent, .abortEvent, .fetchResult, .fetchFailed,
      .callResult, .ping, .stop, .cachedResponse, .fetchEventDetails, .registration, .broadcast:
      return try self.hostFrame(type)
    case .bodyChunk, .bodyEnd, .bodyFailed, .bodyCredit, .bodyCancel:
      return try self.bodyFrame(type)
    default:
      return try self.workerFrame(type)
    }
  }

  private mutating func hostFrame(_ type: FrameType) throws(FrameCodecError) -> Frame {
    switch type {
    case .start:
      return .start(
        WorkerStart(
          name: try self.string(), scriptURL: try self.string(), scriptPath: try self.string(),
          scope: try self.string(), source: try self.string(), isModule: try self.bool(),
          config: try self.string(),
          registration: try self.string()))
    case .install: return .install(event: try self.integer())
    case .activate: return .activate(event: try self.integer())
    case .fetchEvent:
      return .fetchEvent(event: try self.integer(), try self.request(), body: try self.body())
    case .abortEvent: return .abortEvent(event: try self.integer())
    case .fetchResult:
      return .fetchResult(
        fetch: try self.integer(), type: try self.enumeration(ResponseType.self),
        try self.response(), coding: try self.string(), body: try self.body())
    case .fetchFailed:
      return .fetchFailed(fetch: try self.integer(), message: try self.string())
    case .callResult:
      return .callResult(
        call: try self.integer(), errorName: try self.string(), message: try self.string(),
        payload: try self.blob())
    case .cachedResponse:
      return .cachedResponse(
        fetch: try self.integer(), type: try self.enumeration(ResponseType.self),
        try self.response(), coding: try self.string(), body: try self.body())
    case .ping: return .ping(try self.integer())
    case .stop: return .stop
    case .registration: return .registration(try self.string())
    case .broadcast: return .broadcast(try self.blob())
    case .fetchEventDetails:
      return .fetchEventDetails(
        event: try self.integer(),
        FetchEventDetails(
          clientID: try self.string(), resultingClientID: try self.string(),
          replacesClientID: try self.string(), hasPreload: try self.bool()))
    default: throw .unknownType(type.rawValue)
    }
  }

  private mutating func workerFrame(_ type: FrameType) throws(FrameCodecError) -> Frame {
    switch type {
    case .ready: return .ready(listeners: try self.strings())
    case .startFailed:
      return .startFailed(
        ScriptFailure(
          message: try self.string(), file: try self.string(), line: try self.integer(),
          column: try self.integer()))
    case .lifetimeSettled:
      return .lifetimeSettled(event: try self.integer(), failure: try self.string())
    case .respond:
      return .respond(event: try self.integer(), try self.response(), body: try self.body())
    case .respondRelay:
      return .respondRelay(event: try self.integer(), fetch: try self.integer())
    case .noResponse:
      return .noResponse(
        event: try self.integer(), defaultPrevented: try self.bool(), bodyUsed: try self.bool())
    case .respondFailed:
      return .respondFailed(event: try self.integer(), message: try self.string())
    case .fetch:
      return .fetch(
        fetch: try self.integer(), try self.request(), derivedFrom: try self.integer(),
        body: try self.fetchBody())
    case .abortFetch: return .abortFetch(fetch: try self.integer())
    case .cloneFetch: return .cloneFetch(fetch: try self.integer())
    case .call:
      return .call(
        call: try self.integer(), kind: try self.enumeration(CallKind.self),
        payload: try self.blob())
    case .console:
      return .console(
        level: try self.enumeration(ConsoleLevel.self), text: try self.string(),
        position: try self.string())
    case .pong: return .pong(try self.integer())
    case .eventsExtended: return .eventsExtended(try self.bool())
    default: throw .unknownType(type.rawValue)
    }
  }

  private mutating func bodyFrame(_ type: FrameType) throws(FrameCodecError) -> Frame {
    let stream = StreamID(
      kind: try self.enumeration(StreamID.Kind.self), number: try self.integer())
    switch type {
    case .bodyChunk: return .bodyChunk(stream, try self.blob())
    case .bodyEnd: return .bodyEnd(stream)
    case .bodyFailed: return .bodyFailed(stream, message: try self.string())
    case .bodyCredit: return .bodyCredit(stream, bytes: try self.integer())
    case .bodyCancel: return .bodyCancel(stream)
    default: throw .unknownType(type.rawValue)
    }
  }

  // MARK: Fields

  private mutating func integer<T: FixedWidthInteger>() throws(FrameCodecError) -> T {
    guard let value = self.buffer.readInteger(endianness: .little, as: T.self) else {
      throw .truncated
    }
    return value
  }

  private mutating func enumeration<T: RawRepresentable>(
    _ type: T.Type
  ) throws(FrameCodecError) -> T where T.RawValue == UInt8 {
    guard let value = T(rawValue: try self.integer()) else { throw .invalidValue }
    return value
  }

  private mutating func bool() throws(FrameCodecError) -> Bool {
    switch try self.integer() as UInt8 {
    case 0: return false
    case 1: return true
    default: throw .invalidValue
    }
  }

  private mutating func length() throws(FrameCodecError) -> Int {
    let length: UInt32 = try self.integer()
    guard Int(length) <= self.buffer.readableBytes else { throw .truncated }
    return Int(length)
  }

  private mutating func string() throws(FrameCodecError) -> String {
    let length = try self.length()
    let start = self.buffer.readerIndex
    let text = self.buffer.withUnsafeReadableBytes { bytes -> String? in
      let bytes = UnsafeRawBufferPointer(rebasing: bytes[0..<length])
      // Nearly all are ASCII, for which the check of the library would be the greater part.
      return bytes.allSatisfy { $0 < 0x80 }
        ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
    }
    guard let text else { throw .invalidValue }
    self.buffer.moveReaderIndex(to: start + length)
    return text
  }

  /// Short blobs are copied, so that they do not keep the whole buffer that came from the socket.
  private mutating func blob() throws(FrameCodecError) -> ByteBuffer {
    let length = try self.length()
    guard let value = self.buffer.readSlice(length: length) else { throw .truncated }
    return length < 16_384 ? ByteBuffer(bytes: value.readableBytesView) : value
  }

  /// The number of elements that follow, each of at least `size` bytes: a number that cannot be is
  /// refused before anything is allocated for it.
  private mutating func count(elementSize size: Int) throws(FrameCodecError) -> Int {
    let count: UInt32 = try self.integer()
    guard Int(count) <= self.buffer.readableBytes / size else { throw .truncated }
    return Int(count)
  }

  private mutating func strings() throws(FrameCodecError) -> [String] {
    let count = try self.count(elementSize: 4)
    var strings: [String] = []
    strings.reserveCapacity(count)
    for _ in 0..<count { strings.append(try self.string()) }
    return strings
  }

  private mutating func request() throws(FrameCodecError) -> RequestHead {
    var head = RequestHead(
      method: try self.string(), url: try self.string(), headers: try self.headers(),
      attributes: RequestAttributes())
    head.attributes.mode = try self.string()
    head.attributes.destination = try self.string()
    head.attributes.credentials = try self.string()
    head.attributes.cache = try self.string()
    head.attributes.redirect = try self.string()
    head.attributes.referrer = try self.string()
    head.attributes.referrerPolicy = try self.string()
    head.attributes.isReload = try self.bool()
    head.attributes.integrity = try self.string()
    head.attributes.keepalive = try self.bool()
    return head
  }

  private mutating func response() throws(FrameCodecError) -> ResponseHead {
    ResponseHead(
      status: try self.integer(), statusText: try self.string(), headers: try self.headers(),
      urlList: try self.strings())
  }

  private mutating func headers() throws(FrameCodecError) -> HeaderList {
    let count = try self.count(elementSize: 8)
    var ranges = ContiguousArray<HeaderList.FieldRange>()
    ranges.reserveCapacity(count)
    let available = self.buffer.readableBytes - count * 8
    var position = 0
    for _ in 0..<count {
      let name: UInt32 = try self.integer()
      let value: UInt32 = try self.integer()
      guard Int(name) + Int(value) <= available - position else { throw .truncated }
      ranges.append(
        HeaderList.FieldRange(
          nameStart: position, nameLength: Int(name), valueStart: position + Int(name),
          valueLength: Int(value)))
      position += Int(name) + Int(value)
    }
    // The texts follow the table of lengths; a copy, for the reason that a short blob is one.
    guard let texts = self.buffer.readSlice(length: position) else { throw .truncated }
    return HeaderList(buffer: ByteBuffer(bytes: texts.readableBytesView), ranges: ranges)
  }

  private mutating func body() throws(FrameCodecError) -> BodyKind {
    try self.body(tag: try self.integer())
  }

  private mutating func body(tag: UInt8) throws(FrameCodecError) -> BodyKind {
    switch tag {
    case 0: return .none
    case 1: return .inline(try self.blob())
    case 2: return .stream(length: nil)
    case 3: return .stream(length: try self.integer())
    default: throw .invalidValue
    }
  }

  private mutating func fetchBody() throws(FrameCodecError) -> FetchBodySource {
    let tag: UInt8 = try self.integer()
    switch tag {
    case 4: return .relayEvent(try self.integer())
    case 5: return .parallelFetch
    default: return .body(try self.body(tag: tag))
    }
  }
}
