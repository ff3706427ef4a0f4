import FetchModel
import NIOCore

/// A request's head, parsed in place and found to be good
/// ([RFC 9112 §3](https://www.rfc-editor.org/rfc/rfc9112#section-3)).
struct RequestHead {
  /// The head's bytes, from the method to the empty line; all offsets count from its beginning.
  let bytes: ByteBuffer
  let method: HTTPMethod
  let methodLength: Int
  let target: RequestTarget
  let targetStart: Int
  let targetLength: Int
  /// 0 or 1.
  let minorVersion: UInt8
  let fields: FieldSection
  private(set) var framing = BodyFraming.none
  private(set) var connection = ConnectionOptions()
  /// The index of the `Host` line among the fields.
  private(set) var hostLine: Int?
  /// What the `Host` field says.
  private(set) var hostAuthority: Authority?
  private(set) var expectsContinue = false
  private(set) var hasUpgrade = false
  /// Whether the client authenticates with a scheme that is bound to the connection.
  private(set) var bindsConnection = false

  /// Whether the client wants the connection kept after this exchange.
  var isPersistent: Bool {
    if self.connection.close { return false }
    return self.minorVersion == 1 || self.connection.keepAlive
  }

  /// Whether the client asks for another protocol on this connection.
  var asksForUpgrade: Bool {
    self.hasUpgrade && self.connection.upgrade && self.minorVersion == 1
  }

  /// Parses a complete head and checks it by all rules that need nothing but the head.
  ///
  /// - Parameter head: the bytes from the method to the empty line, its reader index being 0.
  init(_ head: ByteBuffer, limits: HeadLimits) throws(Refusal) {
    let bytes = head.readableBytesUInt8Span
    let line = try RequestLine(bytes, limits: limits)
    self.bytes = head
    self.method = HTTPMethod(bytes, line.methodLength)
    self.methodLength = line.methodLength
    self.target = try RequestTarget(
      bytes, line.targetStart, line.targetLength, method: self.method)
    self.targetStart = line.targetStart
    self.targetLength = line.targetLength
    self.minorVersion = line.minorVersion
    self.fields = try FieldSection(bytes, from: line.end, limit: limits.fieldCount)
    try self.readFields(bytes)
  }

  private mutating func readFields(_ bytes: Span<UInt8>) throws(Refusal) {
    var framing = FramingFields()
    for (index, line) in self.fields.lines.enumerated() {
      switch line.known {
      case .host:
        guard self.hostLine == nil else { throw .hostRepeated }
        self.hostLine = index
      case .contentLength: try framing.addContentLength(bytes, line)
      case .transferEncoding: try framing.addTransferEncoding(bytes, line)
      case .connection: self.connection.add(bytes, line)
      case .upgrade: self.hasUpgrade = true
      case .authorization:
        if HTTP1Syntax.bindsConnection(bytes, line) { self.bindsConnection = true }
      case .expect:
        guard
          HTTP1Syntax.equals(bytes, Int(line.valueStart), Int(line.valueLength), "100-continue")
        else { throw .unknownExpectation }
        self.expectsContinue = self.minorVersion == 1
      default: break
      }
    }
    try framing.check(minorVersion: self.minorVersion)
    if framing.isChunked {
      self.framing = .chunked
    } else if let length = framing.contentLength {
      self.framing = length == 0 ? .none : .length(length)
    }
    try self.checkHost(bytes)
  }

  private mutating func checkHost(_ bytes: Span<UInt8>) throws(Refusal) {
    guard let index = self.hostLine else {
      if self.minorVersion == 1 { throw .hostMissing }
      return
    }
    let line = self.fields.lines[index]
    guard line.valueLength > 0 else {
      if case .origin = self.target { throw .badHost }
      return
    }
    let authority = Authority(bytes, Int(line.valueStart), Int(line.valueLength))
    guard authority != nil else { throw .badHost }
    self.hostAuthority = authority
  }

  /// The authority in a range of the head: the `Host` field's where the bytes are the same, as they
  /// nearly always are in a target, so that they are read once.
  func authority(_ start: Int, _ length: Int) -> Authority? {
    let bytes = self.bytes.readableBytesUInt8Span
    if let index = self.hostLine, let host = self.hostAuthority {
      let line = self.fields.lines[index]
      if Self.areEqual(bytes, start, length, Int(line.valueStart), Int(line.valueLength)) {
        return host
      }
    }
    return Authority(bytes, start, length)
  }

  private static func areEqual(
    _ bytes: Span<UInt8>, _ start: Int, _ length: Int, _ otherStart: Int, _ otherLength: Int
  ) -> Bool {
    guard length == otherLength else { return false }
    for offset in 0..<length where bytes[start + offset] != bytes[otherStart + offset] {
      return false
    }
    return true
  }

  /// Whether the body has a declared length of 0 rather than no declaration.
  var hasContentLength: Bool { self.fields.lines.contains { $0.known == .contentLength } }

  /// The method as a string.
  var methodName: String { self.text(0, self.methodLength) }

  /// The bytes in a range as Latin-1 text.
  func text(_ start: Int, _ length: Int) -> String {
    self.bytes.getSlice(at: start, length: length).map { slice in
      slice.withUnsafeReadableBytes { latin1String($0) }
    } ?? ""
  }

  /// The value of the first field of that name, given in small letters.
  func value(ofFieldNamed name: StaticString) -> String? {
    let bytes = self.bytes.readableBytesUInt8Span
    for line in self.fields.lines
    where HTTP1Syntax.equals(bytes, Int(line.nameStart), Int(line.nameLength), name) {
      return self.text(Int(line.valueStart), Int(line.valueLength))
    }
    return nil
  }

  /// The value of the first field of that kind.
  func value(of known: KnownField) -> String? {
    self.fields.lines.first { $0.known == known }.map {
      self.text(Int($0.valueStart), Int($0.valueLength))
    }
  }
}

/// `method SP request-target SP HTTP-version CRLF`, with nothing else between.
private struct RequestLine {
  let methodLength: Int
  let targetStart: Int
  let targetLength: Int
  let minorVersion: UInt8
  /// Behind the CRLF.
  let end: Int

  init(_ bytes: Span<UInt8>, limits: HeadLimits) throws(Refusal) {
    var position = 0
    while position < bytes.count, HTTP1Syntax.isToken(bytes[position]) { position += 1 }
    guard position > 0, position < bytes.count, bytes[position] == HTTP1Syntax.space else {
      throw .badRequestLine
    }
    self.methodLength = position
    self.targetStart = position + 1
    position = self.targetStart
    while position < bytes.count, bytes[position] > HTTP1Syntax.space { position += 1 }
    guard position < bytes.count, bytes[position] == HTTP1Syntax.space else {
      throw .badRequestLine
    }
    self.targetLength = position - self.targetStart
    guard self.targetLength <= limits.targetBytes else { throw .targetTooLong }
    let version = position + 1
    guard version + 10 <= bytes.count, HTTP1Version.isHTTP(bytes, version) else {
      throw .badRequestLine
    }
    guard let minor = HTTP1Version.minor(bytes, version) else { throw .badVersion }
    guard bytes[version + 8] == HTTP1Syntax.cr, bytes[version + 9] == HTTP1Syntax.lf else {
      throw .badRequestLine
    }
    self.minorVersion = minor
    self.end = version + 10
  }
}

/// `HTTP/1.0` and `HTTP/1.1`; the name is compared with case.
enum HTTP1Version {
  static func isHTTP(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
    let name: StaticString = "HTTP/"
    for offset in 0..<5 where bytes[start + offset] != name.utf8Start[offset] { return false }
    return HTTP1Syntax.isDigit(bytes[start + 5]) && bytes[start + 6] == UInt8(ascii: ".")
      && HTTP1Syntax.isDigit(bytes[start + 7])
  }

  /// The minor version of HTTP/1; `nil` for other major versions. A version above 1.1 counts as
  /// 1.1 ([RFC 9110 §2.5](https://www.rfc-editor.org/rfc/rfc9110#section-2.5)).
  static func minor(_ bytes: Span<UInt8>, _ start: Int) -> UInt8? {
    guard bytes[start + 5] == UInt8(ascii: "1") else { return nil }
    return bytes[start + 7] == UInt8(ascii: "0") ? 0 : 1
  }
}
