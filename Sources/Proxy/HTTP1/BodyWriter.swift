import NIOCore

/// Puts a body's pieces into the framing that its head announced.
struct BodyWriter {
  private let isChunked: Bool
  /// How much of the announced length is still to come; `nil` where none was announced.
  private var remaining: Int?

  /// - Parameter length: the length in bytes that the head announced, where it did.
  init(isChunked: Bool, length: Int? = nil) {
    self.isChunked = isChunked
    self.remaining = length
  }

  /// Counts a piece before it is written. Returns whether it is within what was announced: bytes
  /// beyond that would be read as the next message.
  mutating func take(_ count: Int) -> Bool {
    guard let remaining = self.remaining else { return true }
    self.remaining = remaining - count
    return count <= remaining
  }

  /// Whether exactly what was announced has been counted.
  var isComplete: Bool { self.remaining == nil || self.remaining == 0 }

  /// The buffers to write for a piece of the body, in order.
  func piece(_ data: ByteBuffer, write: (ByteBuffer) -> Void) {
    guard data.readableBytes > 0 else { return }
    guard self.isChunked else { return write(data) }
    var line = ByteBuffer()
    line.writeString(String(data.readableBytes, radix: 16))
    line.writeStaticString("\r\n")
    // A short chunk goes out as one buffer: copying it costs less than three writes.
    if data.readableBytes <= 4096 {
      line.writeImmutableBuffer(data)
      line.writeStaticString("\r\n")
      return write(line)
    }
    write(line)
    write(data)
    write(Self.lineEnd)
  }

  /// The buffer to write behind the last piece.
  ///
  /// - Parameter trailers: a trailer section with its empty line.
  func end(trailers: ByteBuffer?, write: (ByteBuffer) -> Void) {
    guard self.isChunked else { return }
    guard let trailers else { return write(Self.lastChunk) }
    var end = ByteBuffer(string: "0\r\n")
    end.writeImmutableBuffer(trailers)
    write(end)
  }

  private static let lineEnd = ByteBuffer(string: "\r\n")
  private static let lastChunk = ByteBuffer(string: "0\r\n\r\n")
}

/// Takes the lines out of a trailer section that have no business there: framing, routing and
/// fields of one connection ([RFC 9110 §6.5.1](https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1)).
///
/// - Parameter section: checked field lines with their empty line.
/// - Returns: what is left with its empty line, `nil` where nothing is.
func passableTrailers(_ section: ByteBuffer) -> ByteBuffer? {
  guard
    let fields = try? FieldSection(section.readableBytesUInt8Span, from: 0, limit: Int.max)
  else { return nil }
  var out = ByteBuffer()
  for line in fields.lines where line.known == .other {
    let length = Int(line.end - line.nameStart)
    if let bytes = section.getSlice(at: section.readerIndex + Int(line.nameStart), length: length) {
      out.writeImmutableBuffer(bytes)
    }
  }
  guard out.readableBytes > 0 else { return nil }
  out.writeStaticString("\r\n")
  return out
}
