// Parts as a regular expression of ECMAScript
// (https://urlpattern.spec.whatwg.org/#converting-part-lists-to-regular-expressions).

/// *Generate a regular expression and name list*, the first half; the names are those of the groups
/// in their order.
func regularExpression(of parts: [PatternPart], _ options: PatternOptions) -> String {
  let segmentWildcard = options.segmentWildcard
  var output = [UInt8(ascii: "^")]
  for part in parts {
    let value: [UInt8]
    switch part.kind {
    case .fixedText:
      output.appendFixedText(part)
      continue
    case .regularExpression: value = part.value
    case .segmentWildcard: value = segmentWildcard
    case .fullWildcard: value = fullWildcard
    }
    output.appendGroup(part, value)
  }
  output.append(UInt8(ascii: "$"))
  return String(decoding: output, as: UTF8.self)
}

extension [UInt8] {
  fileprivate mutating func appendFixedText(_ part: PatternPart) {
    if part.modifier == .none { return self.appendEscapedForRegularExpression(part.value) }
    self += "(?:".utf8
    self.appendEscapedForRegularExpression(part.value)
    self += ")\(part.modifier.rawValue)".utf8
  }

  fileprivate mutating func appendGroup(_ part: PatternPart, _ value: [UInt8]) {
    let modifier = part.modifier.rawValue
    if part.prefix.isEmpty, part.suffix.isEmpty {
      self += part.modifier.isRepeating ? "((?:".utf8 : "(".utf8
      self += value
      self += part.modifier.isRepeating ? ")\(modifier))".utf8 : ")\(modifier)".utf8
      return
    }
    self += "(?:".utf8
    self.appendEscapedForRegularExpression(part.prefix)
    guard part.modifier.isRepeating else {
      self += "(".utf8 + value + ")".utf8
      self.appendEscapedForRegularExpression(part.suffix)
      self += ")\(modifier)".utf8
      return
    }
    // The group captures all repetitions, with the suffixes and prefixes between them only.
    self += "((?:".utf8 + value + ")(?:".utf8
    self.appendEscapedForRegularExpression(part.suffix)
    self.appendEscapedForRegularExpression(part.prefix)
    self += "(?:".utf8 + value + "))*)".utf8
    self.appendEscapedForRegularExpression(part.suffix)
    self += part.modifier == .zeroOrMore ? ")?".utf8 : ")".utf8
  }

  /// *Escape a regexp string*.
  mutating func appendEscapedForRegularExpression(_ text: [UInt8]) {
    self.append(text, escaping: Self.regularExpressionSyntax)
  }

  /// Adds the text with a backslash before each byte of the set.
  mutating func append(_ text: [UInt8], escaping set: ByteSet) {
    for byte in text {
      if set.contains(byte) { self.append(UInt8(ascii: "\\")) }
      self.append(byte)
    }
  }

  private static let regularExpressionSyntax = ByteSet(".+*?^${}()[]|/\\")
}
