import FetchModel
import NIOCore

/// What the proxy says of itself in `Via` and `Proxy-Status`.
struct ProxyIdentity: Sendable {
  /// The pseudonym in `Via`, unlike any other proxy's, so that a loop is seen
  /// ([RFC 9110 §7.6.3](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.3)).
  let pseudonym: String
  /// The `Via` line with its CRLF.
  let viaLine: ByteBuffer
  /// What is said of a response over a connection whose certificate nobody looked at, as a line with
  /// its CRLF.
  let unverifiedLine: ByteBuffer
  /// The same as a `Proxy-Status` value.
  let unverifiedStatus: String

  init(pseudonym: String) {
    self.pseudonym = pseudonym
    self.viaLine = ByteBuffer(string: "Via: 1.1 \(pseudonym)\r\n")
    self.unverifiedStatus = "\(pseudonym); details=\"upstream certificate not verified\""
    self.unverifiedLine = ByteBuffer(string: "Proxy-Status: \(self.unverifiedStatus)\r\n")
  }
}

/// Writes heads for the next hop.
///
/// The lines of a relayed head are copied as they came, case, order and duplicates kept, in as few
/// runs as the removed lines allow ([RFC 9110 §7.6](https://www.rfc-editor.org/rfc/rfc9110#section-7.6)).
enum HeadWriter {
  /// The request line's target and the `Host` of a request on its way to the origin.
  struct Destination {
    /// What `Host` says.
    var authority: String
    /// The origin-form target as a range of the head; empty for a target without a path.
    var pathStart: Int
    var pathLength: Int
    /// The proxy that the request goes to instead of the origin: it gets an absolute target
    /// ([RFC 9112 §3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)).
    var proxy: UpstreamProxy?
  }

  /// Writes a relayed request's head.
  ///
  /// - Parameters:
  ///   - keepExpect: whether `Expect: 100-continue` goes on to the origin.
  static func relay(
    _ head: RequestHead, to destination: Destination, identity: ProxyIdentity, keepExpect: Bool,
    into out: inout ByteBuffer
  ) {
    out.reserveCapacity(minimumWritableBytes: head.bytes.readableBytes + 128)
    self.copy(head.bytes, 0, head.methodLength, into: &out)
    out.writeStaticString(" ")
    self.writePath(of: head, destination, into: &out)
    out.writeStaticString(" HTTP/1.1\r\n")
    // Host comes first, as RFC 9110 §7.2 wishes, and says what the target said.
    out.writeStaticString("Host: ")
    out.writeString(destination.authority)
    out.writeStaticString("\r\n")
    let removed = ConnectionNames(head.bytes, head.fields, head.connection)
    self.copyLines(head.bytes, head.fields, into: &out) { line in
      if line.known == .host { return false }
      if line.known == .expect { return keepExpect }
      return !line.known.isHopByHop && !removed.contains(line)
    }
    if head.framing == .chunked { out.writeStaticString("Transfer-Encoding: chunked\r\n") }
    if head.asksForUpgrade {
      out.writeStaticString("Connection: Upgrade\r\n")
      self.copyLines(head.bytes, head.fields, into: &out) { $0.known == .upgrade }
    }
    if let proxy = destination.proxy { out.writeImmutableBuffer(proxy.authorizationLine) }
    out.writeImmutableBuffer(identity.viaLine)
    out.writeStaticString("\r\n")
  }

  private static func writePath(
    of head: RequestHead, _ destination: Destination, into out: inout ByteBuffer
  ) {
    if destination.proxy != nil {
      out.writeStaticString("http://")
      out.writeString(destination.authority)
      // The last proxy makes an asterisk of OPTIONS without a path (RFC 9112 §3.2.4).
      if destination.pathLength == 0, head.method == .options { return }
    }
    if destination.pathLength == 0 {
      // OPTIONS for a whole server has the asterisk here (RFC 9112 §3.2.4).
      out.writeStaticString(head.method == .options ? "*" : "/")
      return
    }
    if head.bytes.getInteger(at: destination.pathStart) as UInt8? == UInt8(ascii: "?") {
      out.writeStaticString("/")
    }
    self.copy(head.bytes, destination.pathStart, destination.pathLength, into: &out)
  }

  /// How a response's body goes to the client.
  enum ResponseFraming {
    /// As the fields that are copied say: a length, or no body.
    case asDeclared
    case chunked
    /// The connection closes behind the body.
    case untilClose
  }

  /// Writes a relayed response's head.
  ///
  /// - Parameters:
  ///   - connection: the `Connection` line to add, with its CRLF, or an empty string.
  ///   - added: further lines to add, each with its CRLF.
  static func relay(
    _ head: ResponseHead, framing: ResponseFraming, connection: StaticString,
    identity: ProxyIdentity, added: ByteBuffer? = nil, into out: inout ByteBuffer
  ) {
    out.reserveCapacity(minimumWritableBytes: head.bytes.readableBytes + 128)
    out.writeStaticString("HTTP/1.1 ")
    self.copy(head.bytes, 9, 3, into: &out)
    out.writeStaticString(" ")
    self.copy(head.bytes, head.reasonStart, head.reasonLength, into: &out)
    out.writeStaticString("\r\n")
    let removed = ConnectionNames(head.bytes, head.fields, head.connection)
    // A length where no body can be would make some clients wait for one (RFC 9110 §8.6).
    let hasNoLength = head.status < 200 || head.status == 204
    self.copyLines(head.bytes, head.fields, into: &out) { line in
      if hasNoLength, line.known == .contentLength { return false }
      return !line.known.isHopByHop && !removed.contains(line)
    }
    if head.status == 101 {
      out.writeStaticString("Connection: Upgrade\r\n")
      self.copyLines(head.bytes, head.fields, into: &out) { $0.known == .upgrade }
    }
    if case .chunked = framing { out.writeStaticString("Transfer-Encoding: chunked\r\n") }
    out.writeStaticString(connection)
    if let added { out.writeImmutableBuffer(added) }
    out.writeImmutableBuffer(identity.viaLine)
    out.writeStaticString("\r\n")
  }

  /// Writes the head of a response that did not come over a relay: a plugin's or the proxy's own.
  /// Framing and connection fields in the list are left out; the proxy decides on those.
  static func response(
    status: Int, reason: String, headers: HeaderList, contentLength: Int?,
    framing: ResponseFraming, connection: StaticString, into out: inout ByteBuffer
  ) {
    out.writeString("HTTP/1.1 \(status) ")
    out.writeBytes(latin1Bytes(reason))
    out.writeStaticString("\r\n")
    self.writeFields(headers, into: &out) { !$0.isHopByHop && $0 != .contentLength }
    if let contentLength { out.writeString("Content-Length: \(contentLength)\r\n") }
    if case .chunked = framing { out.writeStaticString("Transfer-Encoding: chunked\r\n") }
    out.writeStaticString(connection)
    out.writeStaticString("\r\n")
  }

  /// Writes the head of a request that a plugin makes.
  ///
  /// - Parameters:
  ///   - framing: how the body goes; `.none` with a method that expects one says so.
  ///   - proxy: the proxy that the request goes to instead of the origin.
  static func request(
    _ request: FetchRequest, target: String, authority: String, framing: BodyFraming,
    identity: ProxyIdentity, proxy: UpstreamProxy? = nil, into out: inout ByteBuffer
  ) {
    let target = proxy == nil ? target : "http://\(authority)\(target)"
    out.writeString("\(request.method) \(target) HTTP/1.1\r\nHost: \(authority)\r\n")
    if let proxy { out.writeImmutableBuffer(proxy.authorizationLine) }
    self.writeFields(request.headers, into: &out) {
      !$0.isHopByHop && $0 != .contentLength && $0 != .host && $0 != .expect
    }
    switch framing {
    case .length(let length): out.writeString("Content-Length: \(length)\r\n")
    case .chunked: out.writeStaticString("Transfer-Encoding: chunked\r\n")
    case .none, .untilClose:
      let method = HTTPMethod(request.method)
      if method == .post || method == .put { out.writeStaticString("Content-Length: 0\r\n") }
    }
    out.writeImmutableBuffer(identity.viaLine)
    out.writeStaticString("\r\n")
  }

  /// Writes the fields that are wanted. What is no field by the grammar is left out: it came from a
  /// plugin and could become another field, or end the head.
  private static func writeFields(
    _ headers: HeaderList, into out: inout ByteBuffer, where include: (KnownField) -> Bool
  ) {
    headers.forEachField { name, value in
      guard !name.isEmpty, name.allSatisfy(HTTP1Syntax.isToken),
        value.allSatisfy(HTTP1Syntax.isFieldValue)
      else { return }
      let bytes = name.bindMemory(to: UInt8.self)
      guard include(KnownField(bytes.span, 0, bytes.count)) else { return }
      out.writeBytes(name)
      out.writeStaticString(": ")
      out.writeBytes(value)
      out.writeStaticString("\r\n")
    }
  }

  /// Copies the lines that are wanted, consecutive ones at once.
  private static func copyLines(
    _ head: ByteBuffer, _ fields: FieldSection, into out: inout ByteBuffer,
    where isWanted: (_ line: FieldSection.Line) -> Bool
  ) {
    var runStart = 0
    var runEnd = 0
    for line in fields.lines {
      guard !isWanted(line) else {
        if runEnd == runStart { runStart = Int(line.nameStart) }
        runEnd = Int(line.end)
        continue
      }
      self.copy(head, runStart, runEnd - runStart, into: &out)
      runStart = runEnd
    }
    self.copy(head, runStart, runEnd - runStart, into: &out)
  }

  @inline(__always)
  private static func copy(
    _ source: ByteBuffer, _ start: Int, _ length: Int, into out: inout ByteBuffer
  ) {
    guard length > 0, start >= 0, start + length <= source.readableBytes else { return }
    source.withUnsafeReadableBytes { bytes in
      _ = out.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
    }
  }
}

/// The fields that a message's `Connection` fields name, which are not passed on.
///
/// Fields that every hop needs stay whatever `Connection` says: a peer must not be able to make the
/// proxy drop a message's framing or its host.
struct ConnectionNames {
  private var names: [String] = []

  init(_ head: ByteBuffer, _ fields: FieldSection, _ options: ConnectionOptions) {
    guard options.namesFields else { return }
    let bytes = head.readableBytesUInt8Span
    var found: [(Int, Int)] = []
    for line in fields.lines where line.known == .connection {
      HTTP1Syntax.forEachListElement(bytes, Int(line.valueStart), Int(line.valueLength)) {
        found.append(($0, $1))
      }
    }
    for (start, length) in found {
      self.names.append(
        String(decoding: (start..<start + length).map { asciiLowercase(bytes[$0]) }, as: UTF8.self))
    }
    self.head = head
  }

  private var head = ByteBuffer()

  func contains(_ line: FieldSection.Line) -> Bool {
    guard !self.names.isEmpty, line.known == .other || line.known == .trailer else { return false }
    let bytes = self.head.readableBytesUInt8Span
    let name = (Int(line.nameStart)..<Int(line.nameStart + line.nameLength)).map {
      asciiLowercase(bytes[$0])
    }
    return self.names.contains(String(decoding: name, as: UTF8.self))
  }
}

/// The text's characters as bytes of the same number; `?` for those beyond Latin-1, a space for
/// control characters, which would end a line.
func latin1Bytes(_ text: String) -> [UInt8] {
  text.unicodeScalars.map { scalar in
    if scalar.value > 255 { return UInt8(ascii: "?") }
    let byte = UInt8(truncatingIfNeeded: scalar.value)
    return HTTP1Syntax.isFieldValue(byte) ? byte : HTTP1Syntax.space
  }
}
