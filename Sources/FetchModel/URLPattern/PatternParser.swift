/// *Parse a pattern string*
/// ([URL Pattern §2.1.5](https://urlpattern.spec.whatwg.org/#parsing)): the parts of a component.
struct PatternParser {
  private let input: [UInt8]
  private let tokens: [PatternToken]
  private let options: PatternOptions
  private let encoding: PatternCanon.Encoding
  private let segmentWildcard: [UInt8]
  private var parts: [PatternPart] = []
  private var names: Set<String> = []
  private var pendingText: [UInt8] = []
  private var index = 0
  private var nextNumber = 0

  static func parse(
    _ input: String, _ options: PatternOptions, _ encoding: PatternCanon.Encoding
  ) throws(URLPatternError) -> [PatternPart] {
    let input = Array(input.utf8)
    let tokens = try PatternTokenizer.tokenize(input, .strict)
    var parser = PatternParser(input, tokens, options, encoding)
    while parser.index < tokens.count { try parser.step() }
    return parser.parts
  }

  private init(
    _ input: [UInt8], _ tokens: [PatternToken], _ options: PatternOptions,
    _ encoding: PatternCanon.Encoding
  ) {
    self.input = input
    self.tokens = tokens
    self.options = options
    self.encoding = encoding
    self.segmentWildcard = options.segmentWildcard
  }

  private mutating func step() throws(URLPatternError) {
    let character = self.consume(.character)
    let name = self.consume(.name)
    let group = self.consumeGroup(name)
    if name != nil || group != nil {
      return try self.addGroup(after: character, name, group)
    }
    if let fixed = character ?? self.consume(.escapedCharacter) {
      self.pendingText += self.input[fixed.value]
      return
    }
    if self.consume(.open) != nil { return try self.parseBraces() }
    try self.addPendingText()
    try self.require(.end)
  }

  /// A group with the character before it, which may be its prefix.
  private mutating func addGroup(
    after character: PatternToken?, _ name: PatternToken?, _ group: PatternToken?
  ) throws(URLPatternError) {
    var prefix = character.map { Array(self.input[$0.value]) } ?? []
    if !prefix.isEmpty, prefix.count > 1 || prefix[0] != self.options.prefix {
      self.pendingText += prefix
      prefix = []
    }
    try self.addPendingText()
    let modifier = self.consumeModifier()
    try self.addPart(prefix: prefix, name, group, suffix: [], modifier)
  }

  /// `{prefix:name(group)suffix}modifier`, of which all but the braces may be missing.
  private mutating func parseBraces() throws(URLPatternError) {
    let prefix = self.consumeText()
    let name = self.consume(.name)
    let group = self.consumeGroup(name)
    let suffix = self.consumeText()
    try self.require(.close)
    let modifier = self.consumeModifier()
    try self.addPart(prefix: prefix, name, group, suffix: suffix, modifier)
  }

  // MARK: Tokens

  private mutating func consume(_ kind: PatternToken.Kind) -> PatternToken? {
    guard self.index < self.tokens.count, self.tokens[self.index].kind == kind else { return nil }
    defer { self.index += 1 }
    return self.tokens[self.index]
  }

  private mutating func consumeGroup(_ name: PatternToken?) -> PatternToken? {
    self.consume(.regularExpression) ?? (name == nil ? self.consume(.asterisk) : nil)
  }

  private mutating func consumeModifier() -> PatternPart.Modifier {
    guard let token = self.consume(.otherModifier) ?? self.consume(.asterisk) else { return .none }
    switch self.input[token.value.lowerBound] {
    case UInt8(ascii: "?"): return .optional
    case UInt8(ascii: "*"): return .zeroOrMore
    default: return .oneOrMore
    }
  }

  private mutating func consumeText() -> [UInt8] {
    var text: [UInt8] = []
    while let token = self.consume(.character) ?? self.consume(.escapedCharacter) {
      text += self.input[token.value]
    }
    return text
  }

  private mutating func require(_ kind: PatternToken.Kind) throws(URLPatternError) {
    guard self.consume(kind) == nil else { return }
    let text = String(decoding: self.input, as: UTF8.self)
    throw URLPatternError("The pattern '\(text)' has something that cannot be there.")
  }

  // MARK: Parts

  private mutating func addPendingText() throws(URLPatternError) {
    guard !self.pendingText.isEmpty else { return }
    let value = try self.encoding.encode(self.pendingText)
    self.pendingText = []
    self.parts.append(PatternPart(kind: .fixedText, value: value, modifier: .none))
  }

  private mutating func addPart(
    prefix: [UInt8], _ nameToken: PatternToken?, _ group: PatternToken?, suffix: [UInt8],
    _ modifier: PatternPart.Modifier
  ) throws(URLPatternError) {
    let isText = nameToken == nil && group == nil
    if isText, modifier == .none {
      self.pendingText += prefix
      return
    }
    try self.addPendingText()
    if isText {
      guard !prefix.isEmpty else { return }
      let value = try self.encoding.encode(prefix)
      self.parts.append(PatternPart(kind: .fixedText, value: value, modifier: modifier))
      return
    }
    var part = self.groupPart(group, modifier)
    part.name = try self.groupName(nameToken)
    part.prefix = try self.encoding.encode(prefix)
    part.suffix = try self.encoding.encode(suffix)
    self.parts.append(part)
  }

  private func groupPart(
    _ group: PatternToken?, _ modifier: PatternPart.Modifier
  ) -> PatternPart {
    guard let group else {
      return PatternPart(kind: .segmentWildcard, value: [], modifier: modifier)
    }
    let value = Array(self.input[group.value])
    if group.kind == .asterisk || value == fullWildcard {
      return PatternPart(kind: .fullWildcard, value: [], modifier: modifier)
    }
    if value == self.segmentWildcard {
      return PatternPart(kind: .segmentWildcard, value: [], modifier: modifier)
    }
    return PatternPart(kind: .regularExpression, value: value, modifier: modifier)
  }

  private mutating func groupName(_ token: PatternToken?) throws(URLPatternError) -> String {
    let name: String
    if let token {
      name = String(decoding: self.input[token.value], as: UTF8.self)
    } else {
      name = String(self.nextNumber)
      self.nextNumber += 1
    }
    guard self.names.insert(name).inserted else {
      throw URLPatternError("The pattern has two groups named '\(name)'.")
    }
    return name
  }
}
