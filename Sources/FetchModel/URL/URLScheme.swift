/// The schemes that the URL standard treats in their own way
/// ([URL §4.2](https://url.spec.whatwg.org/#special-scheme)), and all others.
public enum URLScheme: Sendable, Hashable {
  case http, https, ws, wss, ftp, file
  /// A scheme that is not special.
  case other

  /// The kind of a scheme, whatever the case of its letters.
  public init(_ name: Span<UInt8>) {
    switch name.count {
    case 4 where name.hasCaseless("http", at: 0): self = .http
    case 5 where name.hasCaseless("https", at: 0): self = .https
    case 2 where name.hasCaseless("ws", at: 0): self = .ws
    case 3 where name.hasCaseless("wss", at: 0): self = .wss
    case 3 where name.hasCaseless("ftp", at: 0): self = .ftp
    case 4 where name.hasCaseless("file", at: 0): self = .file
    default: self = .other
    }
  }

  /// Whether URLs of this scheme always have a host and a path, and `\` is a slash in them.
  public var isSpecial: Bool { self != .other }

  /// The port that is left out of the URL; `nil` for `file` and schemes that are not special.
  public var defaultPort: UInt16? {
    switch self {
    case .http, .ws: 80
    case .https, .wss: 443
    case .ftp: 21
    case .file, .other: nil
    }
  }
}
