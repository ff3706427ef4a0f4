/// A URL as the [URL Standard](https://url.spec.whatwg.org/) has it: what `new URL()` makes of a
/// string in a browser.
///
/// It is kept as its serialisation, which is ASCII, with the offsets of the components.
///
/// ```swift
/// let base = WebURL("https://example.com/a/b?q")
/// let url = WebURL("../c#d", base: base)     // https://example.com/c#d
/// ```
public struct WebURL: Sendable, Hashable, CustomStringConvertible {
  /// The longest input and serialisation, in bytes. The standard has no limit.
  public static let maximumLength = 1 << 28

  /// The URL serialised, with its fragment
  /// ([URL §4.5](https://url.spec.whatwg.org/#url-serializing)).
  public let href: String
  let layout: URLLayout

  init(href: String, layout: URLLayout) {
    self.href = href
    self.layout = layout
  }

  /// Parses a URL ([URL §4.4](https://url.spec.whatwg.org/#concept-basic-url-parser)).
  ///
  /// - Parameters:
  ///   - input: an absolute URL or, with a base, a relative one.
  ///   - base: what a relative URL is relative to.
  /// - Returns: `nil` where parsing fails.
  public init?(_ input: String, base: WebURL? = nil) {
    var input = input
    guard let url = input.withUTF8({ URLParser.parse($0.span, base: base) }) else { return nil }
    self = url
  }

  /// Parses a URL in ASCII or UTF-8. Bytes that are no UTF-8 are taken as they are: outside of the
  /// host they are percent-encoded, in it they are an error.
  public init?(utf8 input: Span<UInt8>, base: WebURL? = nil) {
    guard let url = URLParser.parse(input, base: base) else { return nil }
    self = url
  }

  public static func == (left: WebURL, right: WebURL) -> Bool { left.href == right.href }

  public func hash(into hasher: inout Hasher) { hasher.combine(self.href) }

  public var description: String { self.href }

  /// Calls `body` with the bytes of ``href``.
  public func withUTF8<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
    var href = self.href
    return try href.withUTF8 { try body($0.span) }
  }

  // MARK: Components

  /// The scheme in small letters, without a colon.
  public var scheme: String { self.text(0, self.layout.schemeEnd) }

  /// Which of the special schemes it is, or none.
  public var schemeKind: URLScheme { self.layout.scheme }

  /// The user name, percent-encoded; empty where there is none.
  public var username: String {
    self.layout.hasCredentials ? self.text(self.layout.usernameStart, self.layout.usernameEnd) : ""
  }

  /// The password, percent-encoded; empty where there is none.
  public var password: String {
    guard self.layout.hasCredentials, self.layout.hostStart - 1 > self.layout.usernameEnd
    else { return "" }
    return self.text(self.layout.usernameEnd + 1, self.layout.hostStart - 1)
  }

  /// The host serialised: a domain in ASCII, an IPv4 address, an IPv6 address in brackets, or any
  /// other text where the scheme is not special. `nil` where there is none, as in `data:,`.
  public var host: String? {
    self.layout.hasHost ? self.text(self.layout.hostStart, self.layout.hostEnd) : nil
  }

  /// The port, if it is written and not the scheme's default.
  public var port: UInt16? { self.layout.port }

  /// The port to connect to: the written one or the scheme's default.
  public var effectivePort: UInt16? { self.layout.port ?? self.layout.scheme.defaultPort }

  /// The path, percent-encoded: begins with `/`, unless it is empty or opaque.
  public var path: String { self.text(self.layout.pathStart, self.layout.queryStart) }

  /// Whether the path is *opaque*, as in `data:,`: no URL is relative to such a URL.
  public var hasOpaquePath: Bool {
    guard !self.layout.hasHost else { return false }
    return self.withUTF8 { $0.byte(at: Int(self.layout.pathStart)) != UInt8(ascii: "/") }
  }

  /// The query without its `?`, percent-encoded; `nil` where there is none.
  public var query: String? { self.optionalText(self.layout.queryStart, self.layout.fragmentStart) }

  /// The fragment without its `#`, percent-encoded; `nil` where there is none.
  public var fragment: String? {
    self.optionalText(self.layout.fragmentStart, UInt32(truncatingIfNeeded: self.href.utf8.count))
  }

  /// The URL serialised without its fragment.
  public var hrefWithoutFragment: String {
    self.fragment == nil ? self.href : self.text(0, self.layout.fragmentStart)
  }

  func text(_ start: UInt32, _ end: UInt32) -> String {
    let utf8 = self.href.utf8
    let lower = utf8.index(utf8.startIndex, offsetBy: Int(start))
    return String(self.href[lower..<utf8.index(utf8.startIndex, offsetBy: Int(end))])
  }

  private func optionalText(_ start: UInt32, _ end: UInt32) -> String? {
    start < end ? self.text(start + 1, end) : nil
  }
}
