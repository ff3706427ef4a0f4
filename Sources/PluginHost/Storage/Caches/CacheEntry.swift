import FetchModel
import Interceptor
import NIOCore

/// A request and its response, to be stored or as they are stored: the *request response list*'s
/// items ([§5.1](https://w3c.github.io/ServiceWorker/#dfn-request-response-list)).
struct CacheEntry: Sendable {
  /// Something for a row and its index, beside what is in it, in bytes.
  static let overhead = 512

  var url: CachedURL
  /// The request's attributes, one a line, in the order of ``requestAttributeLines(_:)``.
  var requestAttributes: String
  var requestHeaders: HeaderList
  var type: ResponseType
  /// The head is as it came from the network: its body is coded as it says.
  var isFromNetwork: Bool
  var status: Int
  var statusText: String
  var headers: HeaderList
  var urlList: [String]
  var body: StoredBody

  /// Checks what a worker has sent.
  ///
  /// - Returns: `nil` where it cannot be a request or a response.
  init?(
    request: RequestHead, response: ResponseHead, type: ResponseType, isFromNetwork: Bool
  ) {
    guard request.method == "GET", let url = WebURL(request.url),
      url.scheme == "http" || url.scheme == "https",
      firstInvalidField(request.headers) == nil, firstInvalidField(response.headers) == nil,
      (type == .error ? 0...0 : 200...599).contains(Int(response.status)),
      response.statusText.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }),
      response.urlList.allSatisfy({ !$0.utf8.contains(0x0A) && !$0.utf8.contains(0) })
    else { return nil }
    self.url = CachedURL(url.href)
    self.requestAttributes = requestAttributeLines(request.attributes)
    self.requestHeaders = request.headers
    self.type = type
    self.isFromNetwork = isFromNetwork
    self.status = Int(response.status)
    self.statusText = response.statusText
    self.headers = response.headers
    self.urlList = response.urlList
    self.body = .none
  }

  /// The names that the response varies on, as far as a script sees them.
  var vary: String { self.type.isOpaque ? "" : self.headers.varyNames }

  /// What it takes without its body, in bytes.
  var headSize: Int {
    Self.overhead + self.url.path.utf8.count + self.url.query.utf8.count
      + self.url.fragment.utf8.count + self.requestAttributes.utf8.count
      + self.requestHeaders.buffer.writerIndex + self.headers.buffer.writerIndex
      + self.statusText.utf8.count + self.urlList.reduce(0) { $0 + $1.utf8.count }
  }

  var size: Int { self.headSize + self.body.length }
}

/// The attributes for the database; none of them has a line feed.
private func requestAttributeLines(_ attributes: RequestAttributes) -> String {
  [
    attributes.mode, attributes.destination, attributes.credentials, attributes.cache,
    attributes.redirect, attributes.referrer, attributes.referrerPolicy,
    attributes.isReload ? "1" : "0",
  ].map { text in
    String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\n" && $0 != "\0" }))
  }.joined(separator: "\n")
}

/// The attributes from the database.
func requestAttributes(_ lines: String) -> RequestAttributes {
  let lines = lines.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    .map { String(Substring($0)) }
  var attributes = RequestAttributes()
  guard lines.count == 8 else { return attributes }
  attributes.mode = lines[0]
  attributes.destination = lines[1]
  attributes.credentials = lines[2]
  attributes.cache = lines[3]
  attributes.redirect = lines[4]
  attributes.referrer = lines[5]
  attributes.referrerPolicy = lines[6]
  attributes.isReload = lines[7] == "1"
  return attributes
}
