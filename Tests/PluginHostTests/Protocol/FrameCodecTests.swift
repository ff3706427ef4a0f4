import FetchModel
import NIOCore
import Testing

@testable import PluginHost

/// One frame of every case, with every form of body.
let everyFrame: [Frame] = {
  var attributes = RequestAttributes()
  attributes.mode = "navigate"
  attributes.destination = "document"
  attributes.isReload = true
  let request = RequestHead(
    method: "POST", url: "https://example.com/ü?q",
    headers: HeaderList([("Accept", "*/*"), ("X-Latin", "caf\u{E9}"), ("Empty", "")]),
    attributes: attributes)
  let response = ResponseHead(
    status: 203, statusText: "Fine",
    headers: HeaderList([("Set-Cookie", "a"), ("set-cookie", "b")]),
    urlList: ["https://a.test/", "https://b.test/"])
  let bytes = ByteBuffer(bytes: [0, 255, 1])
  return [
    .start(
      WorkerStart(
        name: "n", scriptURL: "https://a.test/sw.js", scriptPath: "sw.js", scope: "https://a.test/",
        source: "// ☃", config: #"{"who":"Åda"}"#)),
    .install(event: 1), .activate(event: .max),
    .fetchEvent(event: 3, request, body: .none),
    .fetchEvent(event: 3, request, body: .inline(bytes)),
    .fetchEvent(event: 3, request, body: .stream(length: nil)),
    .fetchEvent(event: 3, request, body: .stream(length: .max)),
    .broadcast(ByteBuffer(string: "message")),
    .registration("1 activated\n\n\n1 activated\nimports"),
    .fetchEventDetails(
      event: 3, FetchEventDetails(clientID: "a", resultingClientID: "b", hasPreload: true)),
    .abortEvent(event: 3),
    .fetchResult(fetch: 4, type: .cors, response, coding: "gzip", body: .inline(ByteBuffer())),
    .fetchFailed(fetch: 4, message: "refused"),
    .cachedResponse(
      fetch: firstCachedResponse, type: .opaque, response, coding: "br", body: .inline(bytes)),
    .callResult(call: 5, errorName: "InvalidStateError", message: "no", payload: bytes), .ping(6),
    .stop,
    .ready(listeners: []), .ready(listeners: ["install", "fetch"]),
    .startFailed(ScriptFailure(message: "Unexpected token", file: "sw.js", line: 3, column: 9)),
    .lifetimeSettled(event: 7, failure: ""), .respond(event: 8, response, body: .none),
    .respondRelay(event: 8, fetch: 9),
    .noResponse(event: 10, defaultPrevented: true, bodyUsed: false),
    .respondFailed(event: 10, message: "TypeError"),
    .fetch(fetch: 11, request, derivedFrom: 3, body: .body(.inline(bytes))),
    .fetch(fetch: 11, request, derivedFrom: 0, body: .relayEvent(3)),
    .fetch(fetch: 11, request, derivedFrom: 3, body: .parallelFetch),
    .abortFetch(fetch: 11), .cloneFetch(fetch: 11),
    .call(call: 12, kind: .claimClients, payload: bytes),
    .console(level: .warn, text: "a\nb", position: "sw.js:1:2"), .pong(6),
    .eventsExtended(true), .eventsExtended(false),
    .bodyChunk(StreamID(kind: .eventRequest, number: 1), bytes),
    .bodyEnd(StreamID(kind: .eventResponse, number: 2)),
    .bodyFailed(StreamID(kind: .fetchRequest, number: 3), message: "gone"),
    .bodyCredit(StreamID(kind: .fetchResponse, number: 4), bytes: 65_536),
    .bodyCancel(StreamID(kind: .fetchResponse, number: .max)),
  ]
}()

@Suite struct FrameCodecTests {
  /// A frame's bytes are a function of its meaning, so equal bytes are an equal frame.
  private func bytes(_ frame: Frame) throws -> [UInt8] {
    var buffer = ByteBuffer()
    try buffer.writeFrame(frame)
    return Array(buffer.readableBytesView)
  }

  private func decode(_ bytes: [UInt8]) throws -> [Frame] {
    var decoder = FrameDecoder()
    var input = ByteBuffer(bytes: bytes)
    decoder.append(&input)
    var frames: [Frame] = []
    while let frame = try decoder.next() { frames.append(frame) }
    return frames
  }

  @Test(arguments: everyFrame.indices)
  func roundTrip(index: Int) throws {
    let frame = everyFrame[index]
    let decoded = try self.decode(self.bytes(frame))
    try #require(decoded.count == 1)
    #expect("\(decoded[0])".prefix(24) == "\(frame)".prefix(24))
    #expect(try self.bytes(decoded[0]) == self.bytes(frame))
  }

  @Test func fieldsArriveInTheirPlaces() throws {
    let decoded = try self.decode(self.bytes(everyFrame[4]))
    guard case .fetchEvent(let event, let head, .inline(let body))? = decoded.first else {
      Issue.record("not a fetch event: \(decoded)")
      return
    }
    #expect(event == 3)
    #expect(head.url == "https://example.com/ü?q")
    #expect(head.headers.first("x-latin") == "caf\u{E9}")
    #expect(head.headers.first("empty") == "")
    #expect(head.attributes.mode == "navigate")
    #expect(head.attributes.isReload)
    #expect(Array(body.readableBytesView) == [0, 255, 1])
  }

  @Test func dripFeedGivesTheSameFrames() throws {
    var stream: [UInt8] = []
    for frame in everyFrame { stream += try self.bytes(frame) }
    var decoder = FrameDecoder()
    var result: [UInt8] = []
    for byte in stream {
      var input = ByteBuffer(bytes: [byte])
      decoder.append(&input)
      while let frame = try decoder.next() { result += try self.bytes(frame) }
    }
    #expect(result == stream)
    #expect(decoder.bufferedBytes == 0)
  }

  @Test func fillTakesWhatTheClosureWrote() throws {
    let bytes = try self.bytes(.ping(77))
    var decoder = FrameDecoder()
    for byte in bytes {
      let count = decoder.fill(capacity: 16) { memory in
        memory[0] = byte
        return 1
      }
      #expect(count == 1)
    }
    #expect(decoder.fill(capacity: 16) { _ in -1 } == -1)
    guard case .ping(77)? = try decoder.next() else {
      Issue.record("no ping")
      return
    }
  }

  @Test(arguments: everyFrame.indices)
  func everyTruncationIsAnError(index: Int) throws {
    let whole = try self.bytes(everyFrame[index])
    for length in 0..<(whole.count - 4) {
      var cut = ByteBuffer()
      cut.writeInteger(UInt32(length), endianness: .little)
      cut.writeBytes(whole[4..<(4 + length)])
      #expect(throws: FrameCodecError.self) {
        _ = try self.decode(Array(cut.readableBytesView))
      }
    }
  }

  @Test(arguments: everyFrame.indices)
  func aByteTooManyIsAnError(index: Int) throws {
    var bytes = try self.bytes(everyFrame[index])
    bytes.append(0)
    var long = ByteBuffer()
    long.writeInteger(UInt32(bytes.count - 4), endianness: .little)
    long.writeBytes(bytes[4...])
    #expect(throws: FrameCodecError.trailingBytes(count: 1)) {
      _ = try self.decode(Array(long.readableBytesView))
    }
  }

  @Test func unknownTypesAndValuesAreErrors() {
    #expect(throws: FrameCodecError.unknownType(0)) { _ = try self.decode([1, 0, 0, 0, 0]) }
    #expect(throws: FrameCodecError.unknownType(200)) { _ = try self.decode([1, 0, 0, 0, 200]) }
    let body = FrameType.bodyEnd.rawValue
    #expect(throws: FrameCodecError.invalidValue) {
      _ = try self.decode([6, 0, 0, 0, body, 9, 0, 0, 0, 0])
    }
    let ready = FrameType.ready.rawValue
    #expect(throws: FrameCodecError.invalidValue) {
      _ = try self.decode([10, 0, 0, 0, ready, 1, 0, 0, 0, 1, 0, 0, 0, 0xFF])
    }
  }

  @Test func oversizedFramesAreRefusedInBothDirections() {
    #expect(throws: FrameCodecError.oversized(length: (64 << 20) + 1)) {
      _ = try self.decode([1, 0, 0, 4])
    }
    var buffer = ByteBuffer(bytes: [1, 2])
    let stream = StreamID(kind: .eventRequest, number: 1)
    #expect(throws: FrameCodecError.self) {
      try buffer.writeFrame(.bodyChunk(stream, ByteBuffer(repeating: 0, count: 64 << 20)))
    }
    #expect(Array(buffer.readableBytesView) == [1, 2])
  }

  @Test func countsBeyondTheFrameAreRefusedBeforeAnythingIsAllocated() {
    let ready = FrameType.ready.rawValue
    #expect(throws: FrameCodecError.truncated) {
      _ = try self.decode([5, 0, 0, 0, ready, 255, 255, 255, 255])
    }
  }

  @Test func garbageNeverTraps() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let length = Int.random(in: 1..<64, using: &random)
      var bytes: [UInt8] = [UInt8(length), 0, 0, 0]
      bytes.append([1, 4, 6, 32, 33, 35, 39, 64].randomElement(using: &random) ?? 1)
      for _ in 1..<length { bytes.append(UInt8.random(in: 0...255, using: &random)) }
      let frames = try? self.decode(bytes)
      if let frame = frames?.first {
        #expect(throws: Never.self) { _ = try self.bytes(frame) }
      }
    }
  }
}
