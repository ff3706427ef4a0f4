/// A pattern for URLs by the [URL Pattern Standard](https://urlpattern.spec.whatwg.org/), compiled.
///
/// It only compiles: ``URLPatternMatcher`` matches patterns whose groups have no regular expressions
/// of their own; for others each component has the source of one for a script engine.
///
/// ```swift
/// let pattern = try URLPattern("https://*.example.com/v1/:name")
/// ```
public struct URLPattern: Sendable {
  /// Whether a regular expression of ECMAScript (flag `v`) matches one of these strings; `nil` where
  /// it is none. Only asked for a protocol with a group of that kind.
  public typealias RegularExpressionTest = (_ source: String, _ strings: [String]) -> Bool?

  /// The longest pattern string, for a whole URL or a component, in bytes. The standard has no
  /// limit.
  public static let maximumLength = 1 << 20

  private let components: [CompiledComponent]

  public subscript(_ component: URLPatternComponent) -> CompiledComponent {
    self.components[component.rawValue]
  }

  /// *Has regexp groups*.
  public var hasRegularExpressions: Bool {
    self.components.contains { $0.hasRegularExpressions }
  }

  /// Compiles a constructor string, as `new URLPattern(string, baseURL)` does
  /// ([URL Pattern §1.4](https://urlpattern.spec.whatwg.org/#url-pattern-create)).
  ///
  /// - Parameters:
  ///   - string: a pattern for a whole URL or, with a base, a relative one.
  ///   - ignoresCase: whether letters of path, query and fragment match without case.
  ///   - test: what can run a regular expression.
  /// - Throws: ``URLPatternError`` where a script would get a `TypeError`, save for wrong regular
  ///   expressions, which are not looked into.
  public init(
    _ string: String, baseURL: String? = nil, ignoresCase: Bool = false,
    test: RegularExpressionTest? = nil
  ) throws(URLPatternError) {
    guard string.utf8.count <= Self.maximumLength else { throw URLPatternError.tooLong }
    var initializer = try ConstructorStringParser.parse(string, test)
    if baseURL == nil, initializer[.protocol] == nil {
      throw URLPatternError("The pattern '\(string)' is relative and has no base URL.")
    }
    initializer.baseURL = baseURL
    try self.init(initializer, ignoresCase: ignoresCase, test: test)
  }

  /// Compiles patterns for the components; one that is not given and has no value in a base URL
  /// matches everything.
  ///
  /// - Throws: ``URLPatternError``, as for strings.
  public init(
    _ initializer: URLPatternInit, ignoresCase: Bool = false, test: RegularExpressionTest? = nil
  ) throws(URLPatternError) {
    let strings = try initializer.processed(as: .pattern)
    func pattern(_ component: URLPatternComponent) throws(URLPatternError) -> String {
      let string = strings[component] ?? "*"
      guard string.utf8.count <= Self.maximumLength else { throw URLPatternError.tooLong }
      return string
    }
    let hostname = try pattern(.hostname)
    let port = Self.withoutDefault(try pattern(.port), protocol: try pattern(.protocol))
    let scheme = try CompiledComponent(try pattern(.protocol), .protocol, .default)
    var components = [
      scheme,
      try CompiledComponent(try pattern(.username), .credential, .default),
      try CompiledComponent(try pattern(.password), .credential, .default),
      try CompiledComponent(
        hostname, Self.isIPv6(hostname) ? .ipv6Hostname : .hostname, .hostname),
      try CompiledComponent(port, .port, .default),
    ]
    let hasPath = try scheme.matchesSpecialScheme(test)
    var (pathOptions, options) = (hasPath ? PatternOptions.pathname : .default, PatternOptions())
    pathOptions.ignoresCase = ignoresCase
    options.ignoresCase = ignoresCase
    components += [
      try CompiledComponent(
        try pattern(.pathname), hasPath ? .pathname : .opaquePathname, pathOptions),
      try CompiledComponent(try pattern(.search), .search, options),
      try CompiledComponent(try pattern(.hash), .hash, options),
    ]
    self.components = components
  }

  private static func withoutDefault(_ port: String, protocol: String) -> String {
    let scheme = withBytes(`protocol`) { URLScheme($0) }
    guard let number = scheme.defaultPort, port == String(number) else { return port }
    return ""
  }

  /// *Hostname pattern is an IPv6 address*.
  private static func isIPv6(_ hostname: String) -> Bool {
    var bytes = hostname.utf8.makeIterator()
    guard let first = bytes.next(), let second = bytes.next() else { return false }
    if first == UInt8(ascii: "[") { return true }
    return (first == UInt8(ascii: "{") || first == UInt8(ascii: "\\"))
      && second == UInt8(ascii: "[")
  }

  /// The components of a URL that a script gives as a dictionary, canonicalised; `nil` where they
  /// can be none (then nothing matches).
  public static func components(_ initializer: URLPatternInit) -> URLPatternInit? {
    try? initializer.processed(as: .url)
  }
}

extension URLPatternError {
  fileprivate static let tooLong = URLPatternError(
    "The pattern is longer than \(URLPattern.maximumLength) bytes.")
}
