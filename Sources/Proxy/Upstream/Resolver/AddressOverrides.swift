import NIOCore

/// Host names whose addresses are given, so that nobody is asked for them.
public struct AddressOverrides: Sendable {
  /// One `HOST=ADDRESS`.
  public struct Entry: Sendable {
    fileprivate let host: PassthroughList.Pattern
    fileprivate let address: SocketAddress

    /// Reads `HOST=ADDRESS` or `*.DOMAIN=ADDRESS`; the address is an IPv4 or IPv6 address. `nil` where
    /// the text is something else.
    public init?(_ text: String) {
      guard let equals = text.lastIndex(of: "="),
        let host = PassthroughList.Pattern(String(text[..<equals])), !host.hasPort,
        let address = try? SocketAddress(
          ipAddress: String(text[text.index(after: equals)...]), port: 0)
      else { return nil }
      self.host = host
      self.address = address
    }
  }

  private let entries: [Entry]

  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// The addresses given for a host, with the port 0; `nil` where there are none.
  ///
  /// - Parameter name: in small letters; one final dot does not count.
  func addresses(of name: String) -> [SocketAddress]? {
    guard !self.entries.isEmpty else { return nil }
    let name = PassthroughList.bare(name)
    let found = self.entries.filter { $0.host.matches(name, 0) }.map(\.address)
    return found.isEmpty ? nil : found
  }
}
