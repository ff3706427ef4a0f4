/// Operators, and whether a slash begins a regular expression.
extension ModuleLexer {
  mutating func slash() throws(ModuleSyntaxError) {
    guard self.expected != .operatorOrEnd else { return self.punctuator(UInt8(ascii: "/")) }
    let start = self.at
    self.at += 1
    var isInClass = false
    while let byte = self.peek(0), byte != Ascii.lineFeed, byte != Ascii.carriageReturn,
      !self.isSeparator()
    {
      self.at += 1
      switch byte {
      case Ascii.backslash: self.at += 1
      case UInt8(ascii: "["): isInClass = true
      case UInt8(ascii: "]"): isInClass = false
      case UInt8(ascii: "/") where !isInClass:
        while let flag = self.peek(0), Ascii.isWord(flag), flag < 0x80 { self.at += 1 }
        self.add(.literal, from: start)
        self.beginOperand()
        self.expected = .operatorOrEnd
        return
      default: break
      }
    }
    throw ModuleSyntaxError(
      message: "Invalid regular expression: missing /", offset: start)
  }

  mutating func punctuator(_ byte: UInt8) {
    let start = self.at
    self.at += 1
    let next = self.peek(0)
    switch byte {
    case UInt8(ascii: ";"):
      self.add(.punctuator, from: start)
      self.frame.questions = 0
      self.frame.isInValue = false
      self.expected = self.holdsStatements ? .statement : .operand
    case UInt8(ascii: ","):
      self.add(.punctuator, from: start)
      if self.frame.enclosure == .object { self.frame.isInValue = false }
      self.expected = .operand
    case UInt8(ascii: ":"):
      self.add(.punctuator, from: start)
      self.colon()
    case UInt8(ascii: "?"): self.question(start, next)
    case UInt8(ascii: "."):
      if next == byte, self.peek(1) == byte {
        self.at += 2
        if self.frame.enclosure == .object { self.frame.isInValue = true }
      }
      self.add(.punctuator, from: start)
      self.lastIsDot = self.at == start + 1
      self.expected = .operand
    case UInt8(ascii: "="): self.equals(start, next)
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      if next == byte {
        self.at += 1
        self.step(start)
      } else {
        self.operation(start)
      }
    default: self.operation(start)
    }
  }

  mutating func colon() {
    if self.frame.questions > 0 {
      self.frame.questions -= 1
      self.expected = .operand
    } else if self.frame.enclosure == .object {
      self.frame.isInValue = true
      self.expected = .operand
    } else {
      // After a label, or `case`.
      self.expected = self.holdsStatements ? .statement : .operand
    }
  }

  mutating func question(_ start: Int, _ next: UInt8?) {
    if next == UInt8(ascii: "."), self.peek(1).map(Ascii.isDigit) != true {
      self.at += 1
      self.add(.punctuator, from: start)
      self.lastIsDot = true
      self.expected = .operand
      return
    }
    if next == UInt8(ascii: "?") {
      self.at += 1
    } else {
      self.frame.questions += 1
    }
    self.operation(start)
  }

  mutating func equals(_ start: Int, _ next: UInt8?) {
    if next == UInt8(ascii: ">") {
      self.at += 1
      self.add(.punctuator, from: start)
      self.lastIsArrow = true
      self.expected = .operand
      return
    }
    if next != UInt8(ascii: "=") {
      if self.frame.enclosure == .object || self.frame.enclosure == .classBody {
        self.frame.isInValue = true
      }
    } else {
      self.at += 1
    }
    self.operation(start)
  }

  /// `++` and `--`, which belong to the operand before them where no line ends in between.
  mutating func step(_ start: Int) {
    let isPostfix = self.expected == .operatorOrEnd && !self.followsLineEnd
    self.add(.punctuator, from: start)
    if isPostfix { return }
    self.beginOperand()
    self.expected = .operand
  }

  mutating func operation(_ start: Int) {
    // The rest of one with several characters, so that `=` after it is no assignment of its own.
    while let byte = self.peek(0), Self.continuesOperator(byte, self.bytes[start]) { self.at += 1 }
    self.add(.punctuator, from: start)
    let isPrefix =
      self.at == start + 1
      && (self.bytes[start] == UInt8(ascii: "!") || self.bytes[start] == UInt8(ascii: "~"))
    if self.expected == .statement || (isPrefix && self.expected != .operand) {
      self.beginOperand()
    }
    self.expected = .operand
  }

  static func continuesOperator(_ byte: UInt8, _ first: UInt8) -> Bool {
    if byte == UInt8(ascii: "=") { return first != UInt8(ascii: "~") }
    switch first {
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "|"),
      UInt8(ascii: "*"):
      return byte == first
    default: return false
    }
  }
}
