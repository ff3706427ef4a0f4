/// The *encoding callbacks*: what the URL parser would make of a piece of a component
/// ([URL Pattern §3.1](https://urlpattern.spec.whatwg.org/#canon-encoding-callbacks)).
enum PatternCanon {
  /// How the fixed text of a component is encoded.
  enum Encoding: Sendable {
    case `protocol`, credential, hostname, ipv6Hostname, port, pathname, opaquePathname, search,
      hash

    func encode(_ text: [UInt8]) throws(URLPatternError) -> [UInt8] {
      if text.isEmpty { return [] }
      let value = String(decoding: text, as: UTF8.self)
      switch self {
      case .protocol: return Array(try PatternCanon.protocol(value).utf8)
      case .credential: return Array(value.percentEncoded(.userinfo).utf8)
      case .hostname: return Array(try PatternCanon.hostname(value).utf8)
      case .ipv6Hostname: return try PatternCanon.ipv6Hostname(text)
      case .port: return Array(try PatternCanon.port(value, protocol: nil).utf8)
      case .pathname: return Array(PatternCanon.pathname(value).utf8)
      case .opaquePathname: return Array(PatternCanon.opaquePathname(value).utf8)
      case .search: return Array(PatternCanon.search(value).utf8)
      case .hash: return Array(PatternCanon.hash(value).utf8)
      }
    }
  }

  /// *Canonicalize a protocol*.
  static func `protocol`(_ value: String) throws(URLPatternError) -> String {
    if value.isEmpty { return value }
    guard let url = WebURL(value + "://dummy.invalid/") else {
      throw URLPatternError("'\(value)' is no protocol.")
    }
    return url.scheme
  }

  private static let dummy = WebURL("https://dummy.invalid/")

  /// *Canonicalize a hostname*.
  static func hostname(_ value: String) throws(URLPatternError) -> String {
    if value.isEmpty { return value }
    guard var url = self.dummy, url.set(.hostname, to: value) else {
      throw URLPatternError("'\(value)' is no hostname.")
    }
    return url.host ?? ""
  }

  /// *Canonicalize an IPv6 hostname*.
  static func ipv6Hostname(_ value: [UInt8]) throws(URLPatternError) -> [UInt8] {
    for byte in value where hexDigitValue(byte) == nil {
      guard byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ":")
      else {
        throw URLPatternError("'\(String(decoding: value, as: UTF8.self))' is in no IPv6 address.")
      }
    }
    return value.map { asciiLowercase($0) }
  }

  /// *Canonicalize a port*: the digits at its start; empty where it is the protocol's default.
  ///
  /// - Parameter protocol: `nil` in a pattern. The standard's dummy URL would then make 443 of any
  ///   protocol the empty port; browsers leave it, and so does this.
  static func port(_ value: String, protocol: String?) throws(URLPatternError) -> String {
    if value.isEmpty { return value }
    let digits = value.unicodeScalars.filter { $0 != "\t" && $0 != "\n" && $0 != "\r" }
    let port = withBytes(String(digits)) { URLParser.port($0, isPrefix: true) }
    guard let number = port?.value else { throw URLPatternError("'\(value)' is no port.") }
    let scheme = withBytes(`protocol` ?? "") { URLScheme($0) }
    return scheme.defaultPort == number ? "" : String(number)
  }

  /// *Canonicalize a pathname*, or an opaque one where the protocol is not special.
  static func pathname(_ value: String, protocol: String) -> String {
    let isSpecial = withBytes(`protocol`) { URLScheme($0).isSpecial }
    return `protocol`.isEmpty || isSpecial ? self.pathname(value) : self.opaquePathname(value)
  }

  /// *Canonicalize a pathname*. A piece without a slash is put behind `/-`, so that dots at its
  /// start stay.
  static func pathname(_ value: String) -> String {
    if value.isEmpty { return value }
    if value.utf8.first == UInt8(ascii: "/") { return WebURL.canonicalPath(value, .https) }
    return String(WebURL.canonicalPath("/-" + value, .https).dropFirst(2))
  }

  /// *Canonicalize an opaque pathname*.
  static func opaquePathname(_ value: String) -> String {
    if value.isEmpty { return value }
    return withBytes(WebURL.cleaned(value)) { input in
      var parser = URLParser()
      let end = input.firstIndex(from: 0) { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
      parser.putOpaquePath(input, 0..<end)
      return String(decoding: parser.builder.output, as: UTF8.self)
    }
  }

  /// *Canonicalize a search*.
  static func search(_ value: String) -> String {
    WebURL.cleaned(value).percentEncoded(.specialQuery)
  }

  /// *Canonicalize a hash*.
  static func hash(_ value: String) -> String { WebURL.cleaned(value).percentEncoded(.fragment) }
}
