import FetchModel
import NIOCore

/// The field lines of a head or a trailer section, as ranges into the bytes they came in
/// ([RFC 9112 §5](https://www.rfc-editor.org/rfc/rfc9112#section-5)).
struct FieldSection {
  /// One line. Positions are offsets from the beginning of the head.
  struct Line {
    var nameStart: Int32
    var nameLength: Int32
    var valueStart: Int32
    var valueLength: Int32
    /// Behind the line's CRLF.
    var end: Int32
    var known: KnownField
  }

  var lines: ContiguousArray<Line> = []

  /// Parses the lines from `start` up to the empty line that ends the section.
  ///
  /// - Parameters:
  ///   - bytes: a complete head: it ends in CRLF CRLF, or in CRLF where there is no field.
  ///   - start: where the first field line begins.
  ///   - limit: the most lines that are taken.
  init(_ bytes: Span<UInt8>, from start: Int, limit: Int) throws(Refusal) {
    var position = start
    self.lines.reserveCapacity(16)
    while position < bytes.count, bytes[position] != HTTP1Syntax.cr {
      guard self.lines.count < limit else { throw .tooManyFields }
      let line = try Self.line(bytes, at: position)
      self.lines.append(line)
      position = Int(line.end)
    }
    guard position + 2 == bytes.count else { throw .bareCR }
  }

  private static func line(_ bytes: Span<UInt8>, at start: Int) throws(Refusal) -> Line {
    let first = bytes[start]
    if first == HTTP1Syntax.space || first == HTTP1Syntax.tab { throw .foldedField }
    var nameEnd = start
    while HTTP1Syntax.isToken(bytes[nameEnd]) { nameEnd += 1 }
    guard nameEnd > start, bytes[nameEnd] == HTTP1Syntax.colon else { throw .badFieldName }
    var valueStart = nameEnd + 1
    while bytes[valueStart] == HTTP1Syntax.space || bytes[valueStart] == HTTP1Syntax.tab {
      valueStart += 1
    }
    var position = valueStart
    while HTTP1Syntax.isFieldValue(bytes[position]) { position += 1 }
    guard bytes[position] == HTTP1Syntax.cr else { throw .badFieldValue }
    guard bytes[position + 1] == HTTP1Syntax.lf else { throw .bareCR }
    var valueEnd = position
    while valueEnd > valueStart,
      bytes[valueEnd - 1] == HTTP1Syntax.space || bytes[valueEnd - 1] == HTTP1Syntax.tab
    {
      valueEnd -= 1
    }
    return Line(
      nameStart: Int32(truncatingIfNeeded: start),
      nameLength: Int32(truncatingIfNeeded: nameEnd - start),
      valueStart: Int32(truncatingIfNeeded: valueStart),
      valueLength: Int32(truncatingIfNeeded: valueEnd - valueStart),
      end: Int32(truncatingIfNeeded: position + 2),
      known: KnownField(bytes, start, nameEnd - start))
  }

  /// The lines as a list over the same bytes, without those that belong to one connection.
  ///
  /// - Parameters:
  ///   - head: the buffer whose offsets the lines are, its reader index being 0.
  ///   - excluded: says of further lines that they are left out.
  func headerList(over head: ByteBuffer, excluding excluded: (Line) -> Bool) -> HeaderList {
    var ranges: ContiguousArray<HeaderList.FieldRange> = []
    ranges.reserveCapacity(self.lines.count)
    for line in self.lines where !line.known.isHopByHop && !excluded(line) {
      ranges.append(
        HeaderList.FieldRange(
          nameStart: Int(line.nameStart), nameLength: Int(line.nameLength),
          valueStart: Int(line.valueStart), valueLength: Int(line.valueLength)))
    }
    return HeaderList(buffer: head, ranges: ranges)
  }
}

/// What the `Connection` fields of a message say.
struct ConnectionOptions: Equatable {
  var close = false
  var keepAlive = false
  var upgrade = false
  /// Other names: fields that must not be passed on.
  var namesFields = false

  /// Adds the options of one `Connection` field.
  mutating func add(_ bytes: Span<UInt8>, _ line: FieldSection.Line) {
    var options = self
    HTTP1Syntax.forEachListElement(bytes, Int(line.valueStart), Int(line.valueLength)) {
      start, length in
      if HTTP1Syntax.equals(bytes, start, length, "close") {
        options.close = true
      } else if HTTP1Syntax.equals(bytes, start, length, "keep-alive") {
        options.keepAlive = true
      } else if HTTP1Syntax.equals(bytes, start, length, "upgrade") {
        options.upgrade = true
      } else {
        options.namesFields = true
      }
    }
    self = options
  }
}
