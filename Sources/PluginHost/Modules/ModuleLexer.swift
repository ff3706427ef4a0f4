/// Cuts a module into tokens.
///
/// What `/` means depends on what is before it, so the lexer follows the grammar as far as that
/// takes: it knows of each bracket what it encloses, and after each token whether an operand, an
/// operator or a statement comes next.
struct ModuleLexer {
  /// What comes next.
  private enum Expectation {
    case statement
    case operand
    case operatorOrEnd
    /// After the body of an arrow function: nothing can continue it, and a line end ends it.
    case end
  }

  private enum Enclosure {
    case root
    case parenthesis
    case bracket
    case block
    case functionBody
    /// Of a class, until `=`; the value of a field, from there.
    case classBody
    case object
    case substitution
  }

  /// What a bracket's end leads to.
  private enum After {
    case statement
    case operatorOrEnd
    case end
    case element
  }

  private struct Frame {
    var enclosure: Enclosure
    var token: Int32
    var after: After
    /// Questions without their colon.
    var questions = 0
    /// In an object or a class: a value and not a name.
    var isInValue = false
    /// `function` was here: the next parentheses are its parameters, the braces after them its body.
    var function: After?
    var expectsBody = false
    /// `class` was here and its body not yet.
    var classes: [After] = []
    /// `if`, `for` and their like were here: what follows the parentheses is a statement.
    var isControl = false
    var isFor = false
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0
  private(set) var tokens: [ModuleToken] = []
  private var frames: [Frame] = [Frame(enclosure: .root, token: -1, after: .statement)]
  private var expected = Expectation.statement
  private var followsLineEnd = false
  private var functions = 0
  /// Whether the `async` before began a statement.
  private var asyncStartsStatement = false
  private var lastWord = Keyword.none
  private var lastIsArrow = false
  private var lastIsDot = false

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The tokens of a module.
  static func tokens(of bytes: UnsafeBufferPointer<UInt8>) throws(ModuleSyntaxError)
    -> [ModuleToken]
  {
    var lexer = ModuleLexer(bytes)
    lexer.tokens.reserveCapacity(bytes.count / 4)
    try lexer.run()
    return lexer.tokens
  }

  private mutating func run() throws(ModuleSyntaxError) {
    self.skipHashbang()
    while try self.skipSpace() {
      let byte = self.bytes[self.at]
      if Ascii.isWord(byte) || byte == UInt8(ascii: "#") {
        if Ascii.isDigit(byte) { self.number() } else { self.word() }
      } else {
        switch byte {
        case Ascii.quote, Ascii.apostrophe: try self.string(byte)
        case Ascii.backtick: try self.template()
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): self.open(byte)
        case UInt8(ascii: ")"), UInt8(ascii: "]"): try self.close()
        case UInt8(ascii: "}"):
          if self.frames[self.frames.count - 1].enclosure == .substitution {
            try self.templateGoesOn()
          } else {
            try self.close()
          }
        case UInt8(ascii: "/"): try self.slash()
        case UInt8(ascii: ".") where self.peek(1).map(Ascii.isDigit) == true: self.number()
        default: self.punctuator(byte)
        }
      }
    }
    guard self.frames.count == 1 else {
      throw ModuleSyntaxError(
        message: "Unexpected end of script", offset: self.bytes.count)
    }
  }

  // MARK: Between tokens

  private func peek(_ distance: Int) -> UInt8? {
    self.at + distance < self.bytes.count ? self.bytes[self.at + distance] : nil
  }

  private mutating func skipHashbang() {
    guard self.peek(0) == UInt8(ascii: "#"), self.peek(1) == UInt8(ascii: "!") else { return }
    self.skipLine()
  }

  private mutating func skipLine() {
    while let byte = self.peek(0), byte != Ascii.lineFeed, byte != Ascii.carriageReturn,
      !self.isSeparator()
    {
      self.at += 1
    }
  }

  /// U+2028 and U+2029, which end lines.
  private func isSeparator() -> Bool {
    self.peek(0) == 0xE2 && self.peek(1) == 0x80 && (self.peek(2) ?? 0) & 0xFE == 0xA8
  }

  /// The length of the space that is no ASCII, here; 0 where there is none.
  private func otherSpace() -> Int {
    switch (self.peek(0), self.peek(1), self.peek(2)) {
    case (0xC2, 0xA0, _): 2
    case (0xEF, 0xBB, 0xBF), (0xE1, 0x9A, 0x80), (0xE3, 0x80, 0x80), (0xE2, 0x81, 0x9F): 3
    case (0xE2, 0x80, .some(0x80...0x8A)), (0xE2, 0x80, 0xAF): 3
    default: 0
    }
  }

  /// Goes to the next token; returns `false` at the end.
  private mutating func skipSpace() throws(ModuleSyntaxError) -> Bool {
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

  private mutating func skipComment() throws(ModuleSyntaxError) {
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

  // MARK: Tokens

  private mutating func add(_ kind: ModuleToken.Kind, from start: Int) {
    self.tokens.append(
      ModuleToken(
        kind: kind, followsLineEnd: self.followsLineEnd, isInFunction: self.functions > 0,
        start: start, end: self.at, depth: Int32(self.frames.count - 1)))
    self.lastWord = .none
    self.lastIsArrow = false
    self.lastIsDot = false
  }

  private var frame: Frame {
    get { self.frames[self.frames.count - 1] }
    _modify { yield &self.frames[self.frames.count - 1] }
  }

  /// Whether statements stand directly in this bracket.
  private var holdsStatements: Bool {
    switch self.frame.enclosure {
    case .root, .block, .functionBody: true
    default: false
    }
  }

  /// An operand begins: where none can, a line end has ended the statement before.
  private mutating func beginOperand() {
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

  private mutating func number() {
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

  private mutating func string(_ quote: UInt8) throws(ModuleSyntaxError) {
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

  private mutating func template() throws(ModuleSyntaxError) {
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
  private mutating func takeTemplate() {
    if self.expected != .operatorOrEnd { self.beginOperand() }
    self.expected = .operatorOrEnd
  }

  private mutating func templateGoesOn() throws(ModuleSyntaxError) {
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
  private mutating func templateEnds(from start: Int) throws(ModuleSyntaxError) -> Bool {
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

  private mutating func pair(_ frame: Frame) {
    guard frame.token >= 0 else { return }
    self.tokens[self.tokens.count - 1].partner = frame.token
    self.tokens[Int(frame.token)].partner = Int32(self.tokens.count - 1)
  }

  // MARK: Words

  private enum Keyword {
    case none
    case property
    case `class`
    case export
    /// What follows may be a declaration.
    case exportDefault
    case async
    case `static`
  }

  private mutating func word() {
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

  private func isSpaceHere() -> Bool { self.isSeparator() || self.otherSpace() > 0 }

  /// Whether a word here names a property of an object or an element of a class.
  private func isName() -> Bool {
    switch self.frame.enclosure {
    case .object: !self.frame.isInValue
    case .classBody:
      !self.frame.isInValue
        || (self.expected == .operatorOrEnd || self.expected == .end) && self.followsLineEnd
    default: false
    }
  }

  private mutating func keyword(_ word: JavaScriptWord, after last: Keyword) {
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

  // MARK: Brackets

  private mutating func open(_ byte: UInt8) {
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
  private mutating func startStatement() {
    if self.expected == .statement || (self.expected == .end && self.holdsStatements) {
      self.tokens[self.tokens.count - 1].startsStatement = true
    }
  }

  private mutating func parenthesisEnd() -> After {
    if self.frame.isControl {
      self.frame.isControl = false
      return .statement
    }
    if self.frame.function != nil { self.frame.expectsBody = true }
    return .operatorOrEnd
  }

  private mutating func openBrace(_ token: Int32, _ last: Keyword, _ followsArrow: Bool) {
    // `catch {`, and an import's `with {`.
    self.frame.isControl = false
    let (enclosure, after) = self.braceMeaning(last, followsArrow)
    if enclosure == .functionBody { self.functions += 1 }
    self.frames.append(Frame(enclosure: enclosure, token: token, after: after))
    self.expected = enclosure == .object || enclosure == .classBody ? .operand : .statement
  }

  private mutating func braceMeaning(
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

  private mutating func close() throws(ModuleSyntaxError) {
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

  private static func matches(_ enclosure: Enclosure, _ byte: UInt8) -> Bool {
    switch enclosure {
    case .parenthesis: byte == UInt8(ascii: ")")
    case .bracket: byte == UInt8(ascii: "]")
    case .block, .functionBody, .classBody, .object: byte == UInt8(ascii: "}")
    case .root, .substitution: false
    }
  }

  // MARK: Punctuation

  private mutating func slash() throws(ModuleSyntaxError) {
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

  private mutating func punctuator(_ byte: UInt8) {
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

  private mutating func colon() {
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

  private mutating func question(_ start: Int, _ next: UInt8?) {
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

  private mutating func equals(_ start: Int, _ next: UInt8?) {
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
  private mutating func step(_ start: Int) {
    let isPostfix = self.expected == .operatorOrEnd && !self.followsLineEnd
    self.add(.punctuator, from: start)
    if isPostfix { return }
    self.beginOperand()
    self.expected = .operand
  }

  private mutating func operation(_ start: Int) {
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

  private static func continuesOperator(_ byte: UInt8, _ first: UInt8) -> Bool {
    if byte == UInt8(ascii: "=") { return first != UInt8(ascii: "~") }
    switch first {
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "|"),
      UInt8(ascii: "*"):
      return byte == first
    default: return false
    }
  }
}
