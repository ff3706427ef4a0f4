/// The parts of a URL that have a pattern each, in the order in which they are compiled.
public enum URLPatternComponent: Int, Sendable, CaseIterable {
  case `protocol`, username, password, hostname, port, pathname, search, hash
}

/// Why something is no URL pattern; a `TypeError` in scripts.
public struct URLPatternError: Error, Sendable, Hashable {
  public var message: String

  init(_ message: String) { self.message = message }
}

/// The dictionary `URLPatternInit`: strings for some components, and a base URL for others.
public struct URLPatternInit: Sendable, Hashable {
  private var values = [String?](repeating: nil, count: URLPatternComponent.allCases.count)
  /// The URL that components which are not given come from.
  public var baseURL: String?

  public init() {}

  /// The string of a component, without delimiters; `nil` where it is not given.
  public subscript(_ component: URLPatternComponent) -> String? {
    get { self.values[component.rawValue] }
    set { self.values[component.rawValue] = newValue }
  }

  /// Whether none of these components is given.
  private func lacks(_ components: URLPatternComponent...) -> Bool {
    components.allSatisfy { self[$0] == nil }
  }

  /// What the strings are: patterns, or the components of a URL.
  enum Kind { case pattern, url }

  /// *Process a URLPatternInit*
  /// ([URL Pattern §3.2](https://urlpattern.spec.whatwg.org/#canon-processing-for-init)). The
  /// components of a URL are canonicalised, and those that are not given are empty.
  func processed(as kind: Kind) throws(URLPatternError) -> URLPatternInit {
    var result = URLPatternInit()
    if kind == .url { for component in URLPatternComponent.allCases { result[component] = "" } }
    var base: WebURL?
    if let text = self.baseURL {
      guard let url = WebURL(text) else { throw URLPatternError("'\(text)' is no base URL.") }
      self.inherit(from: url, kind, into: &result)
      base = url
    }
    try self.processAuthority(kind, into: &result)
    if let pathname = self[.pathname] {
      let resolved = Self.resolve(pathname, base, kind)
      result[.pathname] =
        kind == .pattern
        ? resolved : PatternCanon.pathname(resolved, protocol: result[.protocol] ?? "")
    }
    if let search = self[.search] {
      let value = Self.withoutFirst("?", search)
      result[.search] = kind == .pattern ? value : PatternCanon.search(value)
    }
    if let hash = self[.hash] {
      let value = Self.withoutFirst("#", hash)
      result[.hash] = kind == .pattern ? value : PatternCanon.hash(value)
    }
    return result
  }

  private func processAuthority(
    _ kind: Kind, into result: inout URLPatternInit
  ) throws(URLPatternError) {
    if let value = self[.protocol] {
      let name =
        value.utf8.last == UInt8(ascii: ":") ? String(value.unicodeScalars.dropLast()) : value
      result[.protocol] = kind == .pattern ? name : try PatternCanon.protocol(name)
    }
    if let value = self[.username] {
      result[.username] = kind == .pattern ? value : value.percentEncoded(.userinfo)
    }
    if let value = self[.password] {
      result[.password] = kind == .pattern ? value : value.percentEncoded(.userinfo)
    }
    if let value = self[.hostname] {
      result[.hostname] = kind == .pattern ? value : try PatternCanon.hostname(value)
    }
    if let value = self[.port] {
      result[.port] =
        kind == .pattern ? value : try PatternCanon.port(value, protocol: result[.protocol] ?? "")
    }
  }

  /// Takes from the base URL the components that are less specific than all that are given. User
  /// name and password are never part of a pattern that way.
  private func inherit(from base: WebURL, _ kind: Kind, into result: inout URLPatternInit) {
    func text(_ value: String) -> String { kind == .pattern ? escapedPattern(value) : value }
    if self[.protocol] == nil { result[.protocol] = text(base.scheme) }
    if kind == .url, self.lacks(.protocol, .hostname, .port, .username) {
      result[.username] = base.username
      if self[.password] == nil { result[.password] = base.password }
    }
    guard self.lacks(.protocol, .hostname) else { return }
    result[.hostname] = text(base.host ?? "")
    guard self[.port] == nil else { return }
    result[.port] = base.port.map { String($0) } ?? ""
    guard self[.pathname] == nil else { return }
    result[.pathname] = text(base.path)
    guard self[.search] == nil else { return }
    result[.search] = text(base.query ?? "")
    guard self[.hash] == nil else { return }
    result[.hash] = text(base.fragment ?? "")
  }

  /// A relative path behind the directory of the base's.
  private static func resolve(_ pathname: String, _ base: WebURL?, _ kind: Kind) -> String {
    guard let base, !base.hasOpaquePath, !isAbsolute(pathname, kind) else { return pathname }
    let path = kind == .pattern ? escapedPattern(base.path) : base.path
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return pathname }
    return String(path[...slash]) + pathname
  }

  /// *Is an absolute pathname*.
  private static func isAbsolute(_ pathname: String, _ kind: Kind) -> Bool {
    var bytes = pathname.utf8.prefix(2).makeIterator()
    guard let first = bytes.next() else { return false }
    if first == UInt8(ascii: "/") { return true }
    guard kind == .pattern, first == UInt8(ascii: "\\") || first == UInt8(ascii: "{")
    else { return false }
    return bytes.next() == UInt8(ascii: "/")
  }

  private static func withoutFirst(_ delimiter: Unicode.Scalar, _ text: String) -> String {
    guard text.unicodeScalars.first == delimiter else { return text }
    return String(text.unicodeScalars.dropFirst())
  }
}
