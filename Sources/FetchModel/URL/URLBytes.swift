// What the parsers of URLs ask of bytes.

extension Span<UInt8> {
  /// The index of the first byte at or after `start` for which `matches` holds; the count where
  /// there is none.
  @inline(__always)
  func firstIndex(from start: Int, where matches: (UInt8) -> Bool) -> Int {
    var position = start
    while position < self.count, !matches(self[position]) { position += 1 }
    return position
  }

  /// The byte there; `nil` beyond the end.
  @inline(__always)
  func byte(at position: Int) -> UInt8? {
    position < self.count ? self[position] : nil
  }

  /// Whether these bytes are there, letters compared without case; `text` has small letters only.
  func hasCaseless(_ text: StaticString, at position: Int) -> Bool {
    guard self.count - position >= text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { expected in
      for index in expected.indices
      where asciiLowercase(self[position + index]) != expected[index] { return false }
      return true
    }
  }

  /// Whether this is a *single-dot URL path segment*: `.`, with `%2e` for a dot.
  var isSingleDotSegment: Bool {
    switch self.count {
    case 1: self[0] == UInt8(ascii: ".")
    case 3: self.hasCaseless("%2e", at: 0)
    default: false
    }
  }

  /// Whether this is a *double-dot URL path segment*: `..`, with `%2e` for any of the dots.
  var isDoubleDotSegment: Bool {
    switch self.count {
    case 2: self[0] == UInt8(ascii: ".") && self[1] == UInt8(ascii: ".")
    case 4: self.hasCaseless(".%2e", at: 0) || self.hasCaseless("%2e.", at: 0)
    case 6: self.hasCaseless("%2e%2e", at: 0)
    default: false
    }
  }

  /// Whether this is a *Windows drive letter*: a letter and `:` or `|`.
  var isWindowsDriveLetter: Bool { self.count == 2 && self.hasWindowsDrive(at: 0) }

  /// Whether what begins here *starts with a Windows drive letter*: the letter is all, or a
  /// delimiter follows it.
  func startsWithWindowsDriveLetter(at position: Int) -> Bool {
    guard self.hasWindowsDrive(at: position) else { return false }
    guard let next = self.byte(at: position + 2) else { return true }
    return next == UInt8(ascii: "/") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "?")
      || next == UInt8(ascii: "#")
  }

  private func hasWindowsDrive(at position: Int) -> Bool {
    self.count - position >= 2 && isASCIILetter(self[position])
      && (self[position + 1] == UInt8(ascii: ":") || self[position + 1] == UInt8(ascii: "|"))
  }
}

@inline(__always)
func isASCIILetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

@inline(__always)
func isASCIIDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
