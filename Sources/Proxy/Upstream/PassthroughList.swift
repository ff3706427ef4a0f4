/// The hosts whose tunnels are never opened, whatever plugins claim.
public struct PassthroughList: Sendable, Equatable {
  /// One host, or all below a domain, on one port or all.
  public struct Pattern: Sendable, Equatable {
    /// In small letters, an IPv6 address without brackets; the domain where `isWildcard`.
    private let host: String
    private let isWildcard: Bool
    private let port: Int?

    var hasPort: Bool { self.port != nil }

    /// Reads `HOST`, `*.DOMAIN`, `HOST:PORT` or `*.DOMAIN:PORT`; an IPv6 address in brackets. `nil`
    /// where the text is something else. `*.example.com` is every host below `example.com`, at any
    /// depth, but not `example.com` itself.
    public init?(_ text: String) {
      self.isWildcard = text.hasPrefix("*.")
      let bytes = Array(text.utf8.dropFirst(self.isWildcard ? 2 : 0))
      guard let authority = Authority(bytes.span, 0, bytes.count),
        !authority.isIPv6 || !self.isWildcard
      else { return nil }
      self.host = PassthroughList.bare(authority.host)
      self.port = authority.port
      guard !self.host.isEmpty, !self.host.hasPrefix(".") else { return nil }
    }

    /// - Parameter host: in small letters, without brackets and without a final dot.
    func matches(_ host: String, _ port: Int) -> Bool {
      guard self.port == nil || self.port == port else { return false }
      guard self.isWildcard else { return host == self.host }
      return host.utf8.count > self.host.utf8.count + 1 && host.hasSuffix("." + self.host)
    }
  }

  private let patterns: [Pattern]

  public init(_ patterns: [Pattern] = []) { self.patterns = patterns }

  /// Whether a host is on the list.
  ///
  /// - Parameter host: in small letters, an IPv6 address without brackets; one final dot does not
  ///   count.
  func contains(_ host: String, port: Int) -> Bool {
    guard !self.patterns.isEmpty else { return false }
    let host = Self.bare(host)
    return self.patterns.contains { $0.matches(host, port) }
  }

  static func bare(_ host: String) -> String {
    host.hasSuffix(".") ? String(host.dropLast()) : host
  }
}
