/// Cuts a module into tokens.
///
/// What `/` means depends on what is before it, so the lexer follows the grammar as far as that
/// takes: it knows of each bracket what it encloses, and after each token whether an operand, an
/// operator or a statement comes next.
struct ModuleLexer {
  /// What comes next.
  enum Expectation {
    case statement
    case operand
    case operatorOrEnd
    /// After the body of an arrow function: nothing can continue it, and a line end ends it.
    case end
  }

  enum Enclosure {
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
  enum After {
    case statement
    case operatorOrEnd
    case end
    case element
  }

  struct Frame {
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

  let bytes: UnsafeBufferPointer<UInt8>
  var at = 0
  var tokens: [ModuleToken] = []
  var frames: [Frame] = [Frame(enclosure: .root, token: -1, after: .statement)]
  var expected = Expectation.statement
  var followsLineEnd = false
  var functions = 0
  /// Whether the `async` before began a statement.
  var asyncStartsStatement = false
  var lastWord = Keyword.none
  var lastIsArrow = false
  var lastIsDot = false

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
}
