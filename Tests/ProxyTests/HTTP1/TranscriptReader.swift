import FetchModel
import NIOCore

@testable import Proxy

/// What the parsers found in one connection's bytes, in a form that does not depend on how the
/// bytes were split.
enum Part: Equatable {
  case head(HeadSummary)
  case body(String)
  /// The end of a message, with its trailer lines.
  case end(trailers: [String])
  /// Bytes that are nobody's messages: behind a CONNECT or a 101.
  case raw(String)
  /// The connection ended within a message.
  case cutOff
  case refused(Refusal)
}

/// One head as a test sees it.
struct HeadSummary: Equatable {
  /// `GET /path 1.1`, or `200 1.1 OK`.
  var start: String
  /// Each field as `Name: value`, Latin-1.
  var fields: [String]
  var framing: BodyFraming
  var isPersistent: Bool

  init(_ start: String, _ fields: [String], _ framing: BodyFraming = .none, persistent: Bool = true)
  {
    self.start = start
    self.fields = fields
    self.framing = framing
    self.isPersistent = persistent
  }

  init(_ head: RequestHead) {
    let target = head.text(head.targetStart, head.targetLength)
    self.init(
      "\(head.methodName) \(target) 1.\(head.minorVersion)", fieldTexts(head.fields, head.bytes),
      head.framing, persistent: head.isPersistent)
  }

  init(_ head: ResponseHead) {
    self.init(
      "\(head.status) 1.\(head.minorVersion) \(head.reason)", fieldTexts(head.fields, head.bytes),
      head.framing, persistent: head.isPersistent)
  }
}

/// Reads one connection's bytes as the connection handlers do, without the connection.
struct TranscriptReader {
  /// Which way the bytes go.
  enum Direction: Equatable, Sendable {
    case requests
    /// Responses to requests with these methods, in turn; the last one repeats.
    case responses(to: [HTTPMethod])
    /// The body of one chunked message.
    case chunks
  }

  private enum State {
    case head
    case body(BodyReader)
    case raw, over
  }

  let direction: Direction
  let limits: HeadLimits
  /// Whether a request has to have somewhere to go, too.
  var findsRoutes = false
  private(set) var parts: [Part] = []
  /// The heads that were found to be good, as they were parsed.
  private(set) var requests: [RequestHead] = []
  private(set) var responses: [ResponseHead] = []
  /// How many bytes were fed so far.
  private(set) var fed = 0
  /// How many of them were taken as a part of some message.
  private(set) var taken = 0
  private var input = ByteBuffer()
  private var heads: HeadReader
  private var state = State.head
  private var answered = 0

  init(_ direction: Direction, limits: HeadLimits = HeadLimits()) {
    self.direction = direction
    self.limits = limits
    self.heads = HeadReader(limits: limits)
    if direction == .chunks { self.state = .body(BodyReader(.chunked, limits: limits)) }
  }

  /// How many bytes wait in the buffer.
  var unread: Int { self.input.readableBytes }

  /// Whether the bytes were refused.
  var refusal: Refusal? {
    if case .refused(let refusal)? = self.parts.last { refusal } else { nil }
  }

  /// Whether the last message is whole.
  var isBetweenMessages: Bool { if case .head = self.state { self.unread == 0 } else { false } }

  mutating func feed(_ bytes: some Sequence<UInt8>) {
    self.fed += self.input.writeBytes(bytes)
    while self.step() {}
  }

  /// The peer has ended its side.
  mutating func close() {
    switch self.state {
    case .head: if self.unread > 0 { self.parts.append(.cutOff) }
    case .body(let reader): self.parts.append(reader.mayEndWithClose ? .end(trailers: []) : .cutOff)
    case .raw, .over: break
    }
    self.state = .over
  }

  private mutating func step() -> Bool {
    let before = self.unread
    defer { self.taken += before - self.unread }
    switch self.state {
    case .head: return self.direction == .requests ? self.readRequest() : self.readResponse()
    case .body(let reader): return self.readBody(reader)
    case .raw:
      self.append(self.input.readSlice(length: self.unread)) { .raw($0) }
      return false
    case .over: return false
    }
  }

  private mutating func readRequest() -> Bool {
    switch self.heads.nextRequest(&self.input) {
    case .needMore: return false
    case .refused(let refusal): return self.refuse(refusal)
    case .head(let head):
      if self.findsRoutes, let refusal = Self.routeRefusal(head) { return self.refuse(refusal) }
      self.parts.append(.head(HeadSummary(head)))
      self.requests.append(head)
      if head.method == .connect { self.state = .raw } else { self.expectBody(head.framing) }
      return true
    }
  }

  /// Why the request has nowhere to go. Those to the proxy itself count as good.
  private static func routeRefusal(_ head: RequestHead) -> Refusal? {
    guard head.method != .connect else { return nil }
    do {
      _ = try RequestRoute(head, tunnel: nil)
      return nil
    } catch {
      if case .refused(let refusal) = error { return refusal }
      return nil
    }
  }

  private mutating func readResponse() -> Bool {
    guard case .responses(let methods) = self.direction, let last = methods.last else {
      return false
    }
    let method = self.answered < methods.count ? methods[self.answered] : last
    switch self.heads.nextResponse(&self.input, to: method) {
    case .needMore: return false
    case .refused(let refusal): return self.refuse(refusal)
    case .head(let head):
      self.parts.append(.head(HeadSummary(head)))
      self.responses.append(head)
      if head.status == 101 { self.state = .raw }
      if head.status < 200 { return true }
      self.answered += 1
      self.expectBody(head.framing)
      return true
    }
  }

  private mutating func expectBody(_ framing: BodyFraming) {
    self.state = .body(BodyReader(framing, limits: self.limits))
  }

  private mutating func readBody(_ old: BodyReader) -> Bool {
    var reader = old
    let event = reader.next(&self.input)
    self.state = .body(reader)
    switch event {
    case .needMore: return false
    case .data(let data):
      self.append(data) { .body($0) }
      return true
    case .end(let trailers):
      self.parts.append(.end(trailers: trailers.map(trailerTexts) ?? []))
      self.state = self.direction == .chunks ? .over : .head
      return true
    case .refused(let refusal): return self.refuse(refusal)
    }
  }

  private mutating func refuse(_ refusal: Refusal) -> Bool {
    self.parts.append(.refused(refusal))
    self.state = .over
    return false
  }

  /// Adds bytes, to the part before where it is of the same kind.
  private mutating func append(_ bytes: ByteBuffer?, as part: (String) -> Part) {
    guard let bytes, bytes.readableBytes > 0 else { return }
    let text = bytes.withUnsafeReadableBytes { latin1String($0) }
    switch (self.parts.last, part(text)) {
    case (.body(let before), .body): self.parts[self.parts.count - 1] = .body(before + text)
    case (.raw(let before), .raw): self.parts[self.parts.count - 1] = .raw(before + text)
    default: self.parts.append(part(text))
    }
  }
}

extension TranscriptReader {
  /// Reads the bytes in these pieces, and then the end where `closes`.
  static func read(
    _ pieces: [some Sequence<UInt8>], _ direction: Direction, closes: Bool = false,
    limits: HeadLimits = HeadLimits()
  ) -> TranscriptReader {
    var reader = TranscriptReader(direction, limits: limits)
    for piece in pieces { reader.feed(piece) }
    if closes { reader.close() }
    return reader
  }
}

/// The text's bytes, each scalar being one (Latin-1).
func bytes(_ text: String) -> [UInt8] {
  text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// The buffer's bytes as Latin-1 text.
func text(_ buffer: ByteBuffer) -> String { buffer.withUnsafeReadableBytes { latin1String($0) } }

/// The fields of a head as `Name: value`.
func fieldTexts(_ fields: FieldSection, _ head: ByteBuffer) -> [String] {
  fields.lines.map { line in
    func part(_ start: Int32, _ length: Int32) -> String {
      head.getSlice(at: Int(start), length: Int(length)).map(text) ?? "?"
    }
    return part(line.nameStart, line.nameLength) + ": " + part(line.valueStart, line.valueLength)
  }
}

private func trailerTexts(_ section: ByteBuffer) -> [String] {
  let parsed = try? FieldSection(section.readableBytesUInt8Span, from: 0, limit: Int.max)
  return parsed.map { fieldTexts($0, section) } ?? ["?"]
}
