/// The pattern of one component, compiled
/// ([URL Pattern §1.3](https://urlpattern.spec.whatwg.org/#component)).
public struct CompiledComponent: Sendable {
  let parts: [PatternPart]
  let options: PatternOptions

  /// *Compile a component*.
  init(
    _ pattern: String, _ encoding: PatternCanon.Encoding, _ options: PatternOptions
  ) throws(URLPatternError) {
    self.parts = try PatternParser.parse(pattern, options, encoding)
    self.options = options
  }

  /// The pattern normalised.
  public var patternString: String { FetchModel.patternString(of: self.parts, self.options) }

  /// The source of a regular expression of ECMAScript, for the flag `v`. It may be none, where
  /// ``hasRegularExpressions``.
  public var regularExpression: String {
    FetchModel.regularExpression(of: self.parts, self.options)
  }

  /// Whether letters match without case (the flag `i`).
  public var ignoresCase: Bool { self.options.ignoresCase }

  /// The names or numbers of the groups that ``regularExpression`` captures.
  public var groupNames: [String] {
    self.parts.filter { $0.kind != .fixedText }.map { $0.name }
  }

  /// Whether a group has a regular expression of its own.
  public var hasRegularExpressions: Bool {
    self.parts.contains { $0.kind == .regularExpression }
  }

  /// The only text that matches; `nil` where there can be more.
  public var fixedText: String? {
    guard !self.ignoresCase,
      self.parts.allSatisfy({ $0.kind == .fixedText && $0.modifier == .none })
    else { return nil }
    return String(decoding: self.parts.flatMap { $0.value }, as: UTF8.self)
  }

  /// Whether it is a lone `*`: everything matches.
  public var isFullWildcard: Bool {
    guard self.parts.count == 1, self.parts[0].kind == .fullWildcard else { return false }
    return self.parts[0].modifier == .none && self.parts[0].prefix.isEmpty
      && self.parts[0].suffix.isEmpty
  }

  /// *Protocol component matches a special scheme*.
  func matchesSpecialScheme(
    _ test: URLPattern.RegularExpressionTest?
  ) throws(URLPatternError) -> Bool {
    let schemes = ["http", "https", "ws", "wss", "ftp", "file"]
    if let matcher = ComponentMatcher(self) {
      return schemes.contains { withBytes($0) { matcher.matches($0) } }
    }
    guard let test else { throw URLPatternError.regularExpression }
    guard let isMatch = test(self.regularExpression, schemes) else {
      throw URLPatternError("The protocol has a regular expression that is none.")
    }
    return isMatch
  }
}

extension URLPatternError {
  static let regularExpression = URLPatternError(
    "The pattern has a group with a regular expression, which is not possible here.")
}
