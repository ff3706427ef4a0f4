import FetchModel
import NIOCore

/// A response's head, parsed in place and found to be good
/// ([RFC 9112 §4](https://www.rfc-editor.org/rfc/rfc9112#section-4)).
struct ResponseHead {
  /// The head's bytes, from the version to the empty line; all offsets count from its beginning.
  let bytes: ByteBuffer
  let status: Int
  /// Where the reason phrase is; it may be empty.
  let reasonStart: Int
  let reasonLength: Int
  let minorVersion: UInt8
  let fields: FieldSection
  private(set) var framing = BodyFraming.untilClose
  private(set) var connection = ConnectionOptions()
  /// What `Content-Length` says, also where no body follows (HEAD, 304).
  private(set) var contentLength: Int?
  /// Whether the server asks for authentication that is bound to the connection.
  private(set) var bindsConnection = false

  /// Whether the server keeps the connection after this response.
  var isPersistent: Bool {
    if self.connection.close || self.framing == .untilClose { return false }
    return self.minorVersion == 1 || self.connection.keepAlive
  }

  /// Parses a complete head and checks it by all rules that need nothing but it and the request.
  ///
  /// - Parameters:
  ///   - head: the bytes from the version to the empty line, its reader index being 0.
  ///   - method: the method of the request that this answers.
  init(_ head: ByteBuffer, to method: HTTPMethod, limits: HeadLimits) throws(Refusal) {
    let bytes = head.readableBytesUInt8Span
    self.bytes = head
    guard bytes.count >= 15, HTTP1Version.isHTTP(bytes, 0) else { throw .badStatusLine }
    guard let minor = HTTP1Version.minor(bytes, 0) else { throw .badVersion }
    self.minorVersion = minor
    self.status = try Self.status(bytes)
    let reason = try Self.reason(bytes)
    self.reasonStart = min(13, reason)
    self.reasonLength = max(0, reason - 13)
    self.fields = try FieldSection(bytes, from: reason + 2, limit: limits.fieldCount)
    try self.readFields(bytes, method)
  }

  private static func status(_ bytes: Span<UInt8>) throws(Refusal) -> Int {
    guard bytes[8] == HTTP1Syntax.space else { throw .badStatusLine }
    var status = 0
    for position in 9..<12 {
      guard HTTP1Syntax.isDigit(bytes[position]) else { throw .badStatusLine }
      status = status * 10 + Int(bytes[position] &- 48)
    }
    guard status >= 100, status <= 599 else { throw .badStatusLine }
    return status
  }

  /// Checks the rest of the status line and returns the position of its CR. The space before an
  /// empty reason phrase is often missing, which harms nobody.
  private static func reason(_ bytes: Span<UInt8>) throws(Refusal) -> Int {
    var position = 12
    if bytes[position] == HTTP1Syntax.space {
      position += 1
      while position < bytes.count, HTTP1Syntax.isFieldValue(bytes[position]) { position += 1 }
    }
    guard position + 1 < bytes.count, bytes[position] == HTTP1Syntax.cr,
      bytes[position + 1] == HTTP1Syntax.lf
    else { throw .badStatusLine }
    return position
  }

  private mutating func readFields(_ bytes: Span<UInt8>, _ method: HTTPMethod) throws(Refusal) {
    var framing = FramingFields()
    for line in self.fields.lines {
      switch line.known {
      case .contentLength: try framing.addContentLength(bytes, line)
      case .transferEncoding: try framing.addTransferEncoding(bytes, line)
      case .connection: self.connection.add(bytes, line)
      case .wwwAuthenticate:
        if HTTP1Syntax.bindsConnection(bytes, line) { self.bindsConnection = true }
      default: break
      }
    }
    try framing.check(minorVersion: self.minorVersion)
    self.contentLength = framing.contentLength
    if method == .head || self.status < 200 || self.status == 204 || self.status == 304 {
      // A body announced where none can be would be read by others as the next response.
      if framing.isChunked, self.status < 200 || self.status == 204 { throw .badTransferEncoding }
      self.framing = .none
    } else if framing.isChunked {
      self.framing = .chunked
    } else if let length = framing.contentLength {
      self.framing = length == 0 ? .none : .length(length)
    }
  }

  /// The reason phrase as Latin-1 text.
  var reason: String {
    self.bytes.getSlice(at: self.reasonStart, length: self.reasonLength).map { slice in
      slice.withUnsafeReadableBytes { latin1String($0) }
    } ?? ""
  }
}
