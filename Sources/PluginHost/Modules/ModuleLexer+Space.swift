/// White space, line ends and comments: what is between tokens.
extension ModuleLexer {
  func peek(_ distance: Int) -> UInt8? {
    self.at + distance < self.bytes.count ? self.bytes[self.at + distance] : nil
  }

  mutating func skipHashbang() {
    guard self.peek(0) == UInt8(ascii: "#"), self.peek(1) == UInt8(ascii: "!") else { return }
    self.skipLine()
  }

  mutating func skipLine() {
    while let byte = self.peek(0), byte != Ascii.lineFeed, byte != Ascii.carriageReturn,
      !self.isSeparator()
    {
      self.at += 1
    }
  }

  /// U+2028 and U+2029, which end lines.
  func isSeparator() -> Bool {
    self.peek(0) == 0xE2 && self.peek(1) == 0x80 && (self.peek(2) ?? 0) & 0xFE == 0xA8
  }

  /// The length of the space that is no ASCII, here; 0 where there is none.
  func otherSpace() -> Int {
    switch (self.peek(0), self.peek(1), self.peek(2)) {
    case (0xC2, 0xA0, _): 2
    case (0xEF, 0xBB, 0xBF), (0xE1, 0x9A, 0x80), (0xE3, 0x80, 0x80), (0xE2, 0x81, 0x9F): 3
    case (0xE2, 0x80, .some(0x80...0x8A)), (0xE2, 0x80, 0xAF): 3
    default: 0
    }
  }

  /// Goes to the next token; returns `false` at the end.
  mutating func skipSpace() throws(ModuleSyntaxError) -> Bool {
    self.followsLineEnd = self.tokens.isEmpty
    while let byte = self.peek(0) {
      switch byte {
      case Ascii.lineFeed, Ascii.carriageReturn:
        self.followsLineEnd = true
        self.at += 1
      case 0x20, 0x09, 0x0B, 0x0C: self.at += 1
      case UInt8(ascii: "/") where self.peek(1) == UInt8(ascii: "/"): self.skipLine()
      case UInt8(ascii: "/") where self.peek(1) == UInt8(ascii: "*"): try self.skipComment()
      case 0x80...:
        if self.isSeparator() {
          self.followsLineEnd = true
          self.at += 3
        } else {
          let length = self.otherSpace()
          if length == 0 { return true }
          self.at += length
        }
      default: return true
      }
    }
    return false
  }

  mutating func skipComment() throws(ModuleSyntaxError) {
    let start = self.at
    self.at += 2
    while let byte = self.peek(0) {
      if byte == UInt8(ascii: "*"), self.peek(1) == UInt8(ascii: "/") {
        self.at += 2
        return
      }
      if byte == Ascii.lineFeed || byte == Ascii.carriageReturn || self.isSeparator() {
        self.followsLineEnd = true
      }
      self.at += 1
    }
    throw ModuleSyntaxError(message: "Multiline comment was not closed properly", offset: start)
  }
}
