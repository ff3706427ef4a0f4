/// Names and keywords, and what may follow them.
extension ModuleLexer {
  enum Keyword {
    case none
    case property
    case `class`
    case export
    /// What follows may be a declaration.
    case exportDefault
    case async
    case `static`
  }

  mutating func word() {
    let start = self.at
    self.at += 1
    while let byte = self.peek(0), Ascii.isWord(byte), byte < 0x80 || !self.isSpaceHere() {
      // A name's escape with braces.
      if byte == Ascii.backslash, self.peek(1) == UInt8(ascii: "u"),
        self.peek(2) == UInt8(ascii: "{")
      {
        while let inner = self.peek(0), inner != UInt8(ascii: "}") {
          _ = inner
          self.at += 1
        }
      }
      self.at += 1
    }
    self.at = min(self.at, self.bytes.count)
    let text = UnsafeBufferPointer(rebasing: self.bytes[start..<self.at])
    let followsDot = self.lastIsDot
    let last = self.lastWord
    self.add(.word, from: start)
    if followsDot || self.isName() {
      self.tokens[self.tokens.count - 1].isPropertyName = true
      if !followsDot, self.frame.enclosure == .classBody { self.frame.isInValue = false }
      let isStatic = self.frame.enclosure == .classBody && JavaScriptWord(text) == .static
      self.lastWord = isStatic && !followsDot ? .static : .property
      self.expected = .operatorOrEnd
      return
    }
    self.keyword(JavaScriptWord(text), after: last)
  }

  func isSpaceHere() -> Bool { self.isSeparator() || self.otherSpace() > 0 }

  /// Whether a word here names a property of an object or an element of a class.
  func isName() -> Bool {
    switch self.frame.enclosure {
    case .object: !self.frame.isInValue
    case .classBody:
      !self.frame.isInValue
        || (self.expected == .operatorOrEnd || self.expected == .end) && self.followsLineEnd
    default: false
    }
  }

  mutating func keyword(_ word: JavaScriptWord, after last: Keyword) {
    switch word {
    case .in, .instanceof: self.expected = .operand
    case .of:
      // `of` is an operator in the head of a loop only.
      if self.frame.enclosure == .parenthesis, self.frame.isFor, self.expected == .operatorOrEnd {
        self.expected = .operand
      } else {
        self.beginOperand()
        self.expected = .operatorOrEnd
      }
    case .function:
      let wasAsync = last == .async && !self.followsLineEnd
      if !wasAsync { self.beginOperand() }
      let isDeclaration =
        wasAsync
        ? self.asyncStartsStatement : self.expected == .statement || last == .exportDefault
      self.frame.function = isDeclaration ? .statement : .operatorOrEnd
      self.expected = .operand
    case .class:
      self.beginOperand()
      let isDeclaration = self.expected == .statement || last == .exportDefault
      self.frame.classes.append(isDeclaration ? .statement : .operatorOrEnd)
      self.lastWord = .class
      self.expected = .operand
    case .if, .for, .while, .with, .switch, .catch:
      self.beginOperand()
      self.frame.isControl = true
      self.frame.isFor = word == .for
      // `catch {` without a name.
      self.expected = word == .catch ? .statement : .operand
    case .else, .do, .try, .finally:
      self.beginOperand()
      self.expected = .statement
    case .export:
      self.beginOperand()
      self.lastWord = .export
      self.expected = .statement
    case .default:
      self.beginOperand()
      if last == .export { self.lastWord = .exportDefault }
      self.expected = .operand
    case .await where self.frame.isControl:
      // `for await (`
      break
    case .return, .throw, .case, .typeof, .void, .delete, .new, .yield, .await, .extends, .var,
      .const, .let, .import:
      self.beginOperand()
      self.expected = word == .import ? .operatorOrEnd : .operand
    case .async:
      self.beginOperand()
      self.asyncStartsStatement = self.expected == .statement || last == .exportDefault
      self.lastWord = .async
      self.expected = .operatorOrEnd
    case .static, .other:
      self.beginOperand()
      self.expected = .operatorOrEnd
    }
  }
}
