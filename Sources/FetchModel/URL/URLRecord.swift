/// The components of a URL apart, for a setter to change one
/// ([URL §4.1](https://url.spec.whatwg.org/#concept-url)).
///
/// User name, password, query and fragment may be set unencoded: the serialiser encodes what their
/// sets hold, which does nothing to text that is encoded already.
struct URLRecord {
  var scheme: String
  var username: String
  var password: String
  var host: String?
  var port: UInt16?
  var path: String
  var query: String?
  var fragment: String?

  init(_ url: WebURL) {
    self.scheme = url.scheme
    self.username = url.username
    self.password = url.password
    self.host = url.host
    self.port = url.port
    self.path = url.path
    self.query = url.query
    self.fragment = url.fragment
  }

  /// The URL of these components; `nil` where it is too long.
  func serialize() -> WebURL? {
    var builder = URLBuilder()
    withBytes(self.scheme) { builder.putScheme($0) }
    if let host = self.host {
      builder.putAuthority()
      withBytes(self.username) { username in
        withBytes(self.password) { builder.putCredentials(username: username, password: $0) }
      }
      builder.output.append(contentsOf: host.utf8)
      builder.putHostEnd()
      builder.putPort(self.port)
    }
    builder.output.append(contentsOf: self.path.utf8)
    builder.putPathEnd()
    if let query = self.query { withBytes(query) { builder.putQuery($0) } }
    if let fragment = self.fragment { withBytes(fragment) { builder.putFragment($0) } }
    return builder.build()
  }
}

/// Calls `body` with the bytes of a text.
func withBytes<Result>(_ text: String, _ body: (Span<UInt8>) -> Result) -> Result {
  var text = text
  return text.withUTF8 { body($0.span) }
}
