/// Where the places of a generated script are in the text that it was made of: a source map with one
/// source ([ECMA-426](https://tc39.es/ecma426/)).
///
/// Read from the comment at the script's end. Names and the source's own text are of no interest here.
struct SourceMap: Sendable {
  /// A line and a column, both from 1; columns count UTF-16 code units.
  struct Place: Equatable, Sendable {
    var line: Int
    var column: Int
  }

  private struct Segment {
    var column: Int32
    var sourceLine: Int32
    var sourceColumn: Int32
  }

  private var segments: [Segment] = []
  /// The index of the first segment of each line, and one behind the last.
  private var lines: [Int] = [0]

  private static let comment = "//# sourceMappingURL=data:application/json;base64,"

  /// Reads the map in a script's last line; `nil` where there is none, or none that can be read.
  init?(in script: String) {
    let bytes = Array(script.utf8)
    let end = bytes.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
    let start = bytes[..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = bytes[start..<end]
    guard line.starts(with: Self.comment.utf8),
      let json = Base64.decode(line.dropFirst(Self.comment.utf8.count).lazy.map { UInt16($0) }),
      let mappings = Self.mappings(in: json), self.decode(mappings)
    else { return nil }
  }

  /// Reads the value of a map's `mappings`; `nil` where it is malformed.
  init?(mappings: String) {
    guard self.decode(Array(mappings.utf8)[...]) else { return nil }
  }

  /// The string that the JSON has for `mappings`. Its characters need no escapes.
  private static func mappings(in json: [UInt8]) -> ArraySlice<UInt8>? {
    let key = Array("\"mappings\"".utf8)
    guard json.count > key.count,
      let at = (0...(json.count - key.count)).first(where: {
        json[$0] == key[0] && json[$0..<($0 + key.count)].elementsEqual(key)
      })
    else { return nil }
    let rest = json[(at + key.count)...].drop { $0 == 0x20 || $0 == UInt8(ascii: ":") }
    guard rest.first == Ascii.quote else { return nil }
    return rest.dropFirst().prefix { $0 != Ascii.quote }
  }

  // MARK: Reading

  private mutating func decode(_ text: ArraySlice<UInt8>) -> Bool {
    var at = text.startIndex
    var (line, column) = (Int32(0), Int32(0))
    var generated = Int32(0)
    // The source and the name are counted, too, and not used.
    var ignored = Int32(0)
    while at < text.endIndex {
      switch text[at] {
      case UInt8(ascii: ";"):
        self.lines.append(self.segments.count)
        generated = 0
        at += 1
      case UInt8(ascii: ","): at += 1
      default:
        guard Self.add(text, &at, to: &generated) else { return false }
        guard !Self.isAtEnd(text, at) else { continue }
        guard Self.add(text, &at, to: &ignored), Self.add(text, &at, to: &line),
          Self.add(text, &at, to: &column),
          Self.isAtEnd(text, at) || Self.add(text, &at, to: &ignored), Self.isAtEnd(text, at),
          generated >= 0, line >= 0, column >= 0
        else { return false }
        self.segments.append(
          Segment(column: generated, sourceLine: line, sourceColumn: column))
      }
    }
    self.lines.append(self.segments.count)
    return true
  }

  private static func isAtEnd(_ text: ArraySlice<UInt8>, _ at: Int) -> Bool {
    at == text.endIndex || text[at] == UInt8(ascii: ",") || text[at] == UInt8(ascii: ";")
  }

  /// Adds a number: digits of five bits, the lowest first, each with a sixth one that says whether
  /// there is another; the lowest bit of all is the sign.
  private static func add(
    _ text: ArraySlice<UInt8>, _ at: inout Int, to sum: inout Int32
  ) -> Bool {
    var value: UInt32 = 0
    var shift: UInt32 = 0
    while at < text.endIndex, shift <= 30, let digit = self.digit(text[at]) {
      at += 1
      value |= (digit & 31) << shift
      shift += 5
      guard digit & 32 == 0 else { continue }
      let magnitude = Int32(value >> 1)
      let (result, overflow) = sum.addingReportingOverflow(value & 1 == 0 ? magnitude : -magnitude)
      sum = result
      return !overflow
    }
    return false
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 0x41
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 0x61 + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  // MARK: Looking up

  /// The place in the source of a place in the script: that of the last piece that begins at or before
  /// it in its line. Where the line has none before it, that of the line's first piece; `nil` where the
  /// line was made of nothing.
  func original(_ place: Place) -> Place? {
    guard place.line >= 1, place.line < self.lines.count else { return nil }
    var low = self.lines[place.line - 1]
    let end = self.lines[place.line]
    guard low < end else { return nil }
    var high = end
    // The first segment behind the place.
    while low < high {
      let middle = (low + high) / 2
      if Int(self.segments[middle].column) < place.column {
        low = middle + 1
      } else {
        high = middle
      }
    }
    let found = self.segments[max(low - 1, self.lines[place.line - 1])]
    return Place(line: Int(found.sourceLine) + 1, column: Int(found.sourceColumn) + 1)
  }
}
