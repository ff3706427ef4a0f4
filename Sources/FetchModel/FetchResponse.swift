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
