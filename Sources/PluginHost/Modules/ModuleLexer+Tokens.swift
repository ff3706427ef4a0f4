/// Numbers, strings and templates, and how tokens are added.
extension ModuleLexer {
  mutating func add(_ kind: ModuleToken.Kind, from start: Int) {
    self.tokens.append(
      ModuleToken(
        kind: kind, followsLineEnd: self.followsLineEnd, isInFunction: self.functions > 0,
        start: start, end: self.at, depth: Int32(self.frames.count - 1)))
    self.lastWord = .none
    self.lastIsArrow = false
    self.lastIsDot = false
  }

  var frame: Frame {
    get { self.frames[self.frames.count - 1] }
    _modify { yield &self.frames[self.frames.count - 1] }
  }

  /// Whether statements stand directly in this bracket.
  var holdsStatements: Bool {
    switch self.frame.enclosure {
    case .root, .block, .functionBody: true
    default: false
    }
  }

  /// An operand begins: where none can, a line end has ended the statement before.
  mutating func beginOperand() {
    switch self.expected {
    case .statement: self.tokens[self.tokens.count - 1].startsStatement = true
    case .operatorOrEnd, .end:
      if self.holdsStatements {
        self.tokens[self.tokens.count - 1].startsStatement = true
        self.expected = .statement
      } else if self.frame.enclosure == .classBody {
        self.frame.isInValue = false
      }
    case .operand: break
    }
  }

  mutating func number() {
    let start = self.at
    while let byte = self.peek(0) {
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      if isSign {
        guard self.at > start, self.bytes[self.at - 1] | 0x20 == UInt8(ascii: "e"),
          !(self.bytes[start] == 0x30 && start + 1 < self.at
            && self.bytes[start + 1] | 0x20 == UInt8(ascii: "x"))
        else { break }
      } else if !Ascii.isWord(byte) && byte != UInt8(ascii: ".") {
        break
      }
      self.at += 1
    }
    self.add(.number, from: start)
    self.beginOperand()
    self.expected = .operatorOrEnd
  }

  mutating func string(_ quote: UInt8) throws(ModuleSyntaxError) {
    let start = self.at
    self.at += 1
    while let byte = self.peek(0) {
      self.at += 1
      if byte == quote {
        self.add(.string, from: start)
        self.beginOperand()
        self.expected = .operatorOrEnd
        return
      }
      if byte == Ascii.backslash {
        self.at += 1
      } else if byte == Ascii.lineFeed || byte == Ascii.carriageReturn {
        break
      }
    }
    throw ModuleSyntaxError(message: "Unexpected EOF", offset: start)
  }

  mutating func template() throws(ModuleSyntaxError) {
    let start = self.at
    self.at += 1
    if try self.templateEnds(from: start) {
      self.add(.literal, from: start)
      self.takeTemplate()
      return
    }
    self.add(.open, from: start)
    self.takeTemplate()
    self.frames.append(
      Frame(
        enclosure: .substitution, token: Int32(self.tokens.count - 1), after: .operatorOrEnd))
    self.expected = .operand
  }

  /// A template after an operand is one with a tag.
  mutating func takeTemplate() {
    if self.expected != .operatorOrEnd { self.beginOperand() }
    self.expected = .operatorOrEnd
  }

  mutating func templateGoesOn() throws(ModuleSyntaxError) {
    let start = self.at
    self.at += 1
    guard try self.templateEnds(from: start) else {
      self.expected = .operand
      return
    }
    let frame = self.frames.removeLast()
    self.add(.close, from: start)
    self.pair(frame)
    self.expected = .operatorOrEnd
  }

  /// Reads on in a template's text; whether the template ends there, or a substitution begins.
  mutating func templateEnds(from start: Int) throws(ModuleSyntaxError) -> Bool {
    while let byte = self.peek(0) {
      self.at += 1
      switch byte {
      case Ascii.backtick: return true
      case Ascii.backslash: self.at += 1
      case Ascii.dollar where self.peek(0) == UInt8(ascii: "{"):
        self.at += 1
        return false
      default: break
      }
    }
    throw ModuleSyntaxError(message: "Unexpected EOF", offset: start)
  }

  mutating func pair(_ frame: Frame) {
    guard frame.token >= 0 else { return }
    self.tokens[self.tokens.count - 1].partner = frame.token
    self.tokens[Int(frame.token)].partner = Int32(self.tokens.count - 1)
  }
}
