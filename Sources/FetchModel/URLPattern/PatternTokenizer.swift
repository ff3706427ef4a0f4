/// A piece of a pattern string
/// ([URL Pattern §2.1.1](https://urlpattern.spec.whatwg.org/#tokens)).
struct PatternToken: Sendable {
  enum Kind: UInt8, Sendable {
    /// `{` and `}`.
    case open, close
    /// `(…)` and `:name`.
    case regularExpression, name
    /// A character that means itself, and one after a backslash.
    case character, escapedCharacter
    /// `?` or `+`; and `*`, which may be a wildcard too.
    case otherModifier, asterisk
    case end
    /// What is no token, where that is no error.
    case invalidCharacter
  }

  var kind: Kind
  /// The offset of its first byte.
  var index: Int
  /// The bytes that it is about.
  var value: Range<Int>
}

/// *Tokenize* ([URL Pattern §2.1.2](https://urlpattern.spec.whatwg.org/#tokenizing)). Positions are
/// bytes of UTF-8, since everything that means something is ASCII.
struct PatternTokenizer {
  enum Policy { case strict, lenient }

  private let input: [UInt8]
  private let policy: Policy
  private var tokens: [PatternToken] = []
  private var index = 0

  static func tokenize(
    _ input: [UInt8], _ policy: Policy
  ) throws(URLPatternError) -> [PatternToken] {
    var tokenizer = PatternTokenizer(input: input, policy: policy)
    tokenizer.tokens.reserveCapacity(input.count + 1)
    while tokenizer.index < input.count { try tokenizer.step() }
    tokenizer.add(.end, next: input.count, value: input.count..<input.count)
    return tokenizer.tokens
  }

  private init(input: [UInt8], policy: Policy) {
    self.input = input
    self.policy = policy
  }

  private mutating func step() throws(URLPatternError) {
    switch self.input[self.index] {
    case UInt8(ascii: "*"): self.addByte(.asterisk)
    case UInt8(ascii: "+"), UInt8(ascii: "?"): self.addByte(.otherModifier)
    case UInt8(ascii: "{"): self.addByte(.open)
    case UInt8(ascii: "}"): self.addByte(.close)
    case UInt8(ascii: "\\"): try self.stepEscape()
    case UInt8(ascii: ":"): try self.stepName()
    case UInt8(ascii: "("): try self.stepRegularExpression()
    default:
      let next = self.after(self.index)
      self.add(.character, next: next, value: self.index..<next)
    }
  }

  private mutating func stepEscape() throws(URLPatternError) {
    let escaped = self.index + 1
    guard escaped < self.input.count else { return try self.fail(next: escaped, "ends in a \\") }
    let next = self.after(escaped)
    self.add(.escapedCharacter, next: next, value: escaped..<next)
  }

  private mutating func stepName() throws(URLPatternError) {
    let start = self.index + 1
    var end = start
    while end < self.input.count, isNameCodePoint(self.input, end, isFirst: end == start) {
      end = self.after(end)
    }
    guard end > start else { return try self.fail(next: start, "has a : without a name") }
    self.add(.name, next: end, value: start..<end)
  }

  private mutating func stepRegularExpression() throws(URLPatternError) {
    let start = self.index + 1
    guard let end = self.regularExpressionEnd(start), end > start else {
      return try self.fail(next: start, "has a ( that begins no regular expression")
    }
    self.add(.regularExpression, next: end + 1, value: start..<end)
  }

  /// The offset of the parenthesis that closes the group; `nil` where it is none that is allowed: it
  /// has to be ASCII, and groups inside of it must not capture.
  private func regularExpressionEnd(_ start: Int) -> Int? {
    let input = self.input
    var (position, depth) = (start, 1)
    if start < input.count, input[start] == UInt8(ascii: "?") { return nil }
    while position < input.count {
      switch input[position] {
      case 0x80...: return nil
      case UInt8(ascii: "\\"):
        position += 1
        guard position < input.count, input[position] < 0x80 else { return nil }
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return position }
      case UInt8(ascii: "("):
        depth += 1
        guard position + 1 < input.count, input[position + 1] == UInt8(ascii: "?")
        else { return nil }
      default: break
      }
      position += 1
    }
    return nil
  }

  // MARK: Adding

  private mutating func addByte(_ kind: PatternToken.Kind) {
    self.add(kind, next: self.index + 1, value: self.index..<self.index + 1)
  }

  private mutating func add(_ kind: PatternToken.Kind, next: Int, value: Range<Int>) {
    self.tokens.append(PatternToken(kind: kind, index: self.index, value: value))
    self.index = next
  }

  /// *Process a tokenizing error*.
  private mutating func fail(next: Int, _ reason: String) throws(URLPatternError) {
    guard self.policy == .lenient else {
      throw URLPatternError(
        "The pattern '\(String(decoding: self.input, as: UTF8.self))' \(reason).")
    }
    self.add(.invalidCharacter, next: next, value: self.index..<next)
  }

  private func after(_ position: Int) -> Int { position + scalarLength(self.input[position]) }
}

/// How many bytes of UTF-8 the character has that begins with this one.
private func scalarLength(_ byte: UInt8) -> Int {
  switch byte {
  case ..<0xC0: 1
  case ..<0xE0: 2
  case ..<0xF0: 3
  default: 4
  }
}

/// *Is a valid name code point*: one of an identifier of ECMAScript.
func isNameCodePoint(_ utf8: [UInt8], _ position: Int, isFirst: Bool) -> Bool {
  let byte = utf8[position]
  if byte < 0x80 {
    return isASCIILetter(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
      || (!isFirst && isASCIIDigit(byte))
  }
  let bytes = utf8[position..<min(position + scalarLength(byte), utf8.count)]
  guard let scalar = String(decoding: bytes, as: UTF8.self).unicodeScalars.first
  else { return false }
  if isFirst { return scalar.properties.isIDStart }
  return scalar.properties.isIDContinue || scalar == "\u{200C}" || scalar == "\u{200D}"
}
