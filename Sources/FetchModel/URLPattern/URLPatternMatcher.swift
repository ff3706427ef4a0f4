/// Matches URLs with a pattern whose groups have no regular expressions of their own, without a
/// script engine.
///
/// The time is bounded by the product of the lengths of pattern and URL; nothing is captured. No
/// memory is allocated where components are texts with or without `*`, or the URL is short.
public final class URLPatternMatcher: Sendable {
  /// The longest that the pattern strings of all components may be together, in bytes.
  public static let maximumLength = 4096

  /// The pattern strings, by component.
  public let patternStrings: [String]
  private let matchers: [ComponentMatcher]

  /// - Throws: ``URLPatternError`` where a group has a regular expression, or the pattern is longer
  ///   than ``maximumLength``.
  public init(_ pattern: URLPattern) throws(URLPatternError) {
    var matchers: [ComponentMatcher] = []
    var strings: [String] = []
    for component in URLPatternComponent.allCases {
      guard let matcher = ComponentMatcher(pattern[component]) else {
        throw URLPatternError.regularExpression
      }
      matchers.append(matcher)
      strings.append(pattern[component].patternString)
    }
    guard strings.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumLength else {
      throw URLPatternError("The pattern is longer than \(Self.maximumLength) bytes.")
    }
    self.matchers = matchers
    self.patternStrings = strings
  }

  /// Whether a component alone matches.
  public func matches(_ component: URLPatternComponent, _ value: Span<UInt8>) -> Bool {
    self.matchers[component.rawValue].matches(value)
  }

  /// Whether a component alone matches.
  public func matches(_ component: URLPatternComponent, _ value: String) -> Bool {
    withBytes(value) { self.matches(component, $0) }
  }

  /// Whether a URL matches, its fragment included.
  public func matches(_ url: WebURL) -> Bool {
    self.matches(.protocol, url.scheme) && self.matches(.hostname, url.host ?? "")
      && self.matches(.port, url.port.map { String($0) } ?? "")
      && self.matches(.pathname, url.path) && self.matches(.search, url.query ?? "")
      && self.matches(.hash, url.fragment ?? "") && self.matches(.username, url.username)
      && self.matches(.password, url.password)
  }

  /// Whether a URL matches that is serialised and has a host, and neither credentials nor a fragment:
  /// a request's.
  public func matches(serialized url: Span<UInt8>) -> Bool {
    guard let authorityEnd = self.matchOrigin(url) else { return false }
    let pathEnd = url.firstIndex(from: authorityEnd) { $0 == UInt8(ascii: "?") }
    return self.matches(.pathname, url.extracting(authorityEnd..<pathEnd))
      && self.matches(.search, url.extracting(min(pathEnd + 1, url.count)..<url.count))
      && self.matchesNothing(.hash) && self.matchesNothing(.username)
      && self.matchesNothing(.password)
  }

  /// Whether some URL of an origin can match.
  ///
  /// - Parameter origin: serialised, as `https://example.com:8080`.
  public func canMatch(origin: Span<UInt8>) -> Bool { self.matchOrigin(origin) != nil }

  /// Whether a component that is empty matches.
  public func matchesNothing(_ component: URLPatternComponent) -> Bool {
    self.matches(component, Span<UInt8>())
  }

  /// The offset behind the authority, if scheme, host and port match.
  private func matchOrigin(_ url: Span<UInt8>) -> Int? {
    let schemeEnd = url.firstIndex(from: 0) { $0 == UInt8(ascii: ":") }
    let start = schemeEnd + 3
    guard start <= url.count, url[schemeEnd + 1] == UInt8(ascii: "/"),
      url[schemeEnd + 2] == UInt8(ascii: "/")
    else { return nil }
    let end = url.firstIndex(from: start) { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    let authority = url.extracting(start..<end)
    let colon = URLParser.portColon(authority)
    // The host first: it is what tells most URLs apart.
    guard self.matches(.hostname, authority.extracting(0..<colon)),
      self.matches(.protocol, url.extracting(0..<schemeEnd)),
      self.matches(.port, authority.extracting(min(colon + 1, authority.count)..<authority.count))
    else { return nil }
    return end
  }
}
