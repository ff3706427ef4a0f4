/// Brackets, and what they enclose.
extension ModuleLexer {
  mutating func open(_ byte: UInt8) {
    let last = self.lastWord
    let followsArrow = self.lastIsArrow
    self.at += 1
    self.add(.open, from: self.at - 1)
    let token = Int32(self.tokens.count - 1)
    switch byte {
    case UInt8(ascii: "("):
      self.startStatement()
      let isFor = self.frame.isControl && self.frame.isFor
      var frame = Frame(enclosure: .parenthesis, token: token, after: self.parenthesisEnd())
      frame.isFor = isFor
      self.frames.append(frame)
      self.expected = .operand
    case UInt8(ascii: "["):
      self.startStatement()
      self.frames.append(Frame(enclosure: .bracket, token: token, after: .operatorOrEnd))
      self.expected = .operand
    default: self.openBrace(token, last, followsArrow)
    }
  }

  /// A bracket that begins a statement; after an operand it continues that.
  mutating func startStatement() {
    if self.expected == .statement || (self.expected == .end && self.holdsStatements) {
      self.tokens[self.tokens.count - 1].startsStatement = true
    }
  }

  mutating func parenthesisEnd() -> After {
    if self.frame.isControl {
      self.frame.isControl = false
      return .statement
    }
    if self.frame.function != nil { self.frame.expectsBody = true }
    return .operatorOrEnd
  }

  mutating func openBrace(_ token: Int32, _ last: Keyword, _ followsArrow: Bool) {
    // `catch {`, and an import's `with {`.
    self.frame.isControl = false
    let (enclosure, after) = self.braceMeaning(last, followsArrow)
    if enclosure == .functionBody { self.functions += 1 }
    self.frames.append(Frame(enclosure: enclosure, token: token, after: after))
    self.expected = enclosure == .object || enclosure == .classBody ? .operand : .statement
  }

  mutating func braceMeaning(
    _ last: Keyword, _ followsArrow: Bool
  ) -> (Enclosure, After) {
    if self.frame.expectsBody, let function = self.frame.function {
      self.frame.expectsBody = false
      self.frame.function = nil
      return (.functionBody, function)
    }
    if followsArrow { return (.functionBody, .end) }
    let isAfterOperand = self.expected == .operatorOrEnd
    if let kind = self.frame.classes.last, last == .class || isAfterOperand {
      self.frame.classes.removeLast()
      return (.classBody, kind)
    }
    switch self.frame.enclosure {
    case .classBody where !self.frame.isInValue:
      return (last == .static ? .block : .functionBody, .element)
    case .object where !self.frame.isInValue && isAfterOperand:
      return (.functionBody, .operatorOrEnd)
    default: break
    }
    if self.holdsStatements || self.expected == .statement, self.expected != .operand {
      self.tokens[self.tokens.count - 1].startsStatement = true
      return (.block, .statement)
    }
    return (.object, .operatorOrEnd)
  }

  mutating func close() throws(ModuleSyntaxError) {
    let byte = self.bytes[self.at]
    guard self.frames.count > 1, Self.matches(self.frame.enclosure, byte) else {
      throw ModuleSyntaxError(
        message: "Unexpected token '\(Character(UnicodeScalar(byte)))'", offset: self.at)
    }
    self.at += 1
    let frame = self.frames.removeLast()
    if frame.enclosure == .functionBody { self.functions -= 1 }
    self.add(.close, from: self.at - 1)
    self.pair(frame)
    switch frame.after {
    case .statement: self.expected = .statement
    case .operatorOrEnd: self.expected = .operatorOrEnd
    case .end: self.expected = .end
    case .element: self.expected = .operand
    }
  }

  static func matches(_ enclosure: Enclosure, _ byte: UInt8) -> Bool {
    switch enclosure {
    case .parenthesis: byte == UInt8(ascii: ")")
    case .bracket: byte == UInt8(ascii: "]")
    case .block, .functionBody, .classBody, .object: byte == UInt8(ascii: "}")
    case .root, .substitution: false
    }
  }
}
