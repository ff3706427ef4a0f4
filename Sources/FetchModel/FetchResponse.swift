/// A response as plugins and the proxy see it: the *response* of the Fetch standard
/// ([§2.2.6](https://fetch.spec.whatwg.org/#responses)), without the network errors, which are
/// ``FetchError``s here.
public struct FetchResponse: Sendable {
  /// 200 to 599 (1xx responses are not seen above the connection).
  public var status: Int
  /// The reason phrase; may be empty.
  public var statusText: String
  public var headers: HeaderList
  public var body: FetchBody
  /// The URLs that led here, the last one being the response's own; empty for a made-up response.
  public var urlList: [String]
  /// What may be seen of it; the response itself is whole, whatever its type.
  public var type = ResponseType.default

  public init(
    status: Int, statusText: String = "", headers: HeaderList, body: FetchBody = .none,
    urlList: [String] = []
  ) {
    self.status = status
    self.statusText = statusText
    self.headers = headers
    self.body = body
    self.urlList = urlList
  }
}

/// The type of a response, which says what of it a script may see
/// ([Fetch §2.2.6](https://fetch.spec.whatwg.org/#concept-response-type)).
public enum ResponseType: UInt8, Sendable {
  case `default` = 0
  case basic, cors, opaque, opaqueredirect, error

  public var name: String { "\(self)" }

  public init?(name: String) {
    guard
      let type = (0...5).lazy.compactMap({ Self(rawValue: $0) }).first(where: { $0.name == name })
    else { return nil }
    self = type
  }

  /// Whether a script sees neither status nor headers of it.
  public var isOpaque: Bool { self == .opaque || self == .opaqueredirect }
}
