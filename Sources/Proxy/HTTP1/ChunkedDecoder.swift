import NIOCore

/// Takes the chunked transfer coding off a body
/// ([RFC 9112 §7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1)).
///
/// Extensions are skipped and not passed on. Trailer lines are checked as a head's are.
struct ChunkedDecoder {
  enum Event {
    case needMore
    case data(ByteBuffer)
    /// The body is complete; the trailer section's bytes with its empty line, where it has fields.
    case end(trailers: ByteBuffer?)
    case refused(Refusal)
  }

  private enum State {
    case sizeLine
    case data(remaining: Int)
    case dataEnd
    case trailers(HeadScanner)
    case done
  }

  private var state = State.sizeLine
  private let limits: HeadLimits
  /// The most bytes of a size line with its extensions.
  private static let sizeLineLimit = 4096

  init(limits: HeadLimits) { self.limits = limits }

  /// Takes the next piece from the input.
  mutating func next(_ input: inout ByteBuffer) -> Event {
    while true {
      switch self.state {
      case .sizeLine:
        do {
          guard let line = try Self.sizeLine(input.readableBytesUInt8Span) else {
            return .needMore
          }
          input.moveReaderIndex(forwardBy: line.length)
          self.state = line.size == 0 ? .trailers(HeadScanner()) : .data(remaining: line.size)
        } catch { return .refused(error) }
      case .data(let remaining):
        guard let data = input.readSlice(length: min(remaining, input.readableBytes)),
          data.readableBytes > 0
        else { return .needMore }
        let left = remaining - data.readableBytes
        self.state = left == 0 ? .dataEnd : .data(remaining: left)
        return .data(data)
      case .dataEnd:
        let start = input.readerIndex
        guard let first = input.getInteger(at: start) as UInt8? else { return .needMore }
        guard first == HTTP1Syntax.cr else { return .refused(.badChunk) }
        guard let second = input.getInteger(at: start + 1) as UInt8? else { return .needMore }
        guard second == HTTP1Syntax.lf else { return .refused(.badChunk) }
        input.moveReaderIndex(forwardBy: 2)
        self.state = .sizeLine
      case .trailers(let scanner):
        return self.readTrailers(&input, scanner)
      case .done:
        return .end(trailers: nil)
      }
    }
  }

  private mutating func readTrailers(_ input: inout ByteBuffer, _ old: HeadScanner) -> Event {
    var scanner = old
    switch scanner.scan(input.readableBytesUInt8Span, limit: self.limits.headBytes) {
    case .incomplete:
      self.state = .trailers(scanner)
      return .needMore
    case .refused(let refusal):
      return .refused(refusal == .headTooLarge ? .trailersTooLarge : refusal)
    case .complete(let length):
      guard let section = input.readSlice(length: length) else { return .needMore }
      self.state = .done
      guard length > 2 else { return .end(trailers: nil) }
      do {
        _ = try FieldSection(
          section.readableBytesUInt8Span, from: 0, limit: self.limits.fieldCount)
      } catch { return .refused(error) }
      return .end(trailers: section)
    }
  }

  /// Parses `chunk-size [chunk-ext] CRLF`; `nil` where the line is not complete yet.
  private static func sizeLine(
    _ bytes: Span<UInt8>
  ) throws(Refusal) -> (size: Int, length: Int)? {
    var position = 0
    var size = 0
    while position < bytes.count, let digit = HTTP1Syntax.hexValue(bytes[position]) {
      guard size <= Int.max >> 4, position < 32 else { throw .chunkTooLarge }
      size = size << 4 | Int(digit)
      position += 1
    }
    guard position < bytes.count else { return nil }
    guard position > 0 else { throw .badChunk }
    if bytes[position] != HTTP1Syntax.cr {
      position = try self.skipExtension(bytes, position)
      guard position <= self.sizeLineLimit else { throw .badChunk }
    }
    guard position + 1 < bytes.count else { return nil }
    guard bytes[position] == HTTP1Syntax.cr, bytes[position + 1] == HTTP1Syntax.lf else {
      throw .badChunk
    }
    return (size, position + 2)
  }

  /// The position behind `BWS ";" …`, which is all that may follow a size.
  private static func skipExtension(_ bytes: Span<UInt8>, _ start: Int) throws(Refusal) -> Int {
    var position = start
    while position < bytes.count,
      bytes[position] == HTTP1Syntax.space || bytes[position] == HTTP1Syntax.tab
    {
      position += 1
    }
    guard position < bytes.count else { return position }
    guard bytes[position] == UInt8(ascii: ";") else { throw .badChunk }
    while position < bytes.count, HTTP1Syntax.isFieldValue(bytes[position]) { position += 1 }
    return position
  }
}
