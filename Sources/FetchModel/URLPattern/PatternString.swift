// Parts as a pattern string
// (https://urlpattern.spec.whatwg.org/#converting-part-lists-to-pattern-strings).

/// *Generate a pattern string*: the normalised form, which the getters of the class return.
func patternString(of parts: [PatternPart], _ options: PatternOptions) -> String {
  var output: [UInt8] = []
  for (index, part) in parts.enumerated() {
    if part.kind == .fixedText {
      if part.modifier != .none { output.append(UInt8(ascii: "{")) }
      output.append(part.value, escaping: patternSyntax)
      if part.modifier != .none { output += "}\(part.modifier.rawValue)".utf8 }
      continue
    }
    let previous = index > 0 ? parts[index - 1] : nil
    let next = index + 1 < parts.count ? parts[index + 1] : nil
    let isGrouped = needsGrouping(part, previous, next, options)
    if isGrouped { output.append(UInt8(ascii: "{")) }
    output.append(part.prefix, escaping: patternSyntax)
    output.appendGroup(part, previous, isGrouped: isGrouped, options)
    output.append(part.suffix, escaping: patternSyntax)
    if isGrouped { output.append(UInt8(ascii: "}")) }
    output += part.modifier.rawValue.utf8
  }
  return String(decoding: output, as: UTF8.self)
}

/// *Escape a pattern string*.
func escapedPattern(_ text: String) -> String {
  var output: [UInt8] = []
  output.append(Array(text.utf8), escaping: patternSyntax)
  return String(decoding: output, as: UTF8.self)
}

private let patternSyntax = ByteSet("+*?:{}()\\")

/// Whether braces have to say what belongs to the group.
private func needsGrouping(
  _ part: PatternPart, _ previous: PatternPart?, _ next: PatternPart?, _ options: PatternOptions
) -> Bool {
  if !part.suffix.isEmpty { return true }
  if let first = part.prefix.first, part.prefix.count > 1 || first != options.prefix {
    return true
  }
  return wouldRunIntoNext(part, next)
    || (part.prefix.isEmpty && wouldTakePrefix(previous, options))
}

/// Whether what follows would be read as more of the group's name, or as its value.
private func wouldRunIntoNext(_ part: PatternPart, _ next: PatternPart?) -> Bool {
  guard part.hasCustomName, part.kind == .segmentWildcard, part.modifier == .none, let next,
    next.prefix.isEmpty, next.suffix.isEmpty
  else { return false }
  guard next.kind == .fixedText else { return !next.hasCustomName }
  return !next.value.isEmpty && isNameCodePoint(next.value, 0, isFirst: false)
}

/// Whether the text before would give the group a prefix that it does not have.
private func wouldTakePrefix(_ previous: PatternPart?, _ options: PatternOptions) -> Bool {
  guard let previous, previous.kind == .fixedText, let prefix = options.prefix
  else { return false }
  return previous.value.last == prefix
}

extension [UInt8] {
  fileprivate mutating func appendGroup(
    _ part: PatternPart, _ previous: PatternPart?, isGrouped: Bool, _ options: PatternOptions
  ) {
    if part.hasCustomName { self += ":\(part.name)".utf8 }
    switch part.kind {
    case .fixedText: break
    case .regularExpression: self += "(".utf8 + part.value + ")".utf8
    case .segmentWildcard:
      if !part.hasCustomName {
        self += "(".utf8 + options.segmentWildcard + ")".utf8
      } else if !part.suffix.isEmpty, isNameCodePoint(part.suffix, 0, isFirst: false) {
        self.append(UInt8(ascii: "\\"))
      }
    case .fullWildcard:
      let isBare =
        previous.map { $0.kind == .fixedText || $0.modifier != .none } ?? true
        || isGrouped || !part.prefix.isEmpty
      if !part.hasCustomName, isBare {
        self.append(UInt8(ascii: "*"))
      } else {
        self += "(".utf8 + fullWildcard + ")".utf8
      }
    }
  }
}
