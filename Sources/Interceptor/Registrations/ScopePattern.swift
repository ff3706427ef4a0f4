import FetchModel

/// A scope that is a pattern by the [URL Pattern Standard](https://urlpattern.spec.whatwg.org/): for
/// what the string prefix of the Service Workers specification cannot say.
public struct ScopePattern {
  let matcher: URLPatternMatcher
  /// The pattern normalised: what is compared and listed.
  let serialised: String

  /// Whether a scope is a pattern: it has a `*` or a `{`, or a segment or label that begins with a
  /// `:name`. A URL with a colon or parentheses elsewhere (`/wiki/Help:Go_(game)`) is a prefix.
  public static func isPattern(_ scope: String) -> Bool {
    var (previous, beforePrevious) = (UInt8(0), UInt8(0))
    for byte in scope.utf8 {
      if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "{") { return true }
      let beginsSegment = beforePrevious == UInt8(ascii: "/") || beforePrevious == UInt8(ascii: ".")
      if previous == UInt8(ascii: ":"), beginsSegment, self.beginsName(byte) { return true }
      (beforePrevious, previous) = (previous, byte)
    }
    return false
  }

  private static func beginsName(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) || byte >= 0x80
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
  }

  /// - Throws: ``URLPatternError`` where it is no pattern, or one with regular expressions.
  init(_ scope: String) throws(URLPatternError) {
    let matcher = try URLPatternMatcher(try URLPattern(scope))
    self.matcher = matcher
    let text = Self.text(of: matcher)
    // A pattern may be one that only its own string gives.
    let again = try? URLPatternMatcher(URLPattern(text))
    self.serialised = again?.patternStrings == matcher.patternStrings ? text : scope
  }

  private static func text(of matcher: URLPatternMatcher) -> String {
    func pattern(_ component: URLPatternComponent) -> String {
      matcher.patternStrings[component.rawValue]
    }
    var text = pattern(.protocol) + "://" + pattern(.hostname)
    if !pattern(.port).isEmpty { text += ":" + pattern(.port) }
    let (pathname, search) = (pattern(.pathname), pattern(.search))
    if pathname != "*" || search != "*" { text += pathname }
    // After a group a bare question mark would make it optional.
    if search != "*" { text += "\\?" + search }
    return text
  }
}
