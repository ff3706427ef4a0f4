import FetchModel
import NIOCore

/// The proxy behind this one: whom every connection to an origin goes through.
///
/// It gets requests for http: in absolute form, and everything else through CONNECT tunnels
/// ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
public final class UpstreamProxy: Sendable, CustomStringConvertible {
  /// The host; an IPv6 address without brackets.
  public let host: String
  public let port: Int
  /// The `Proxy-Authorization` line with its CRLF, or nothing.
  let authorizationLine: ByteBuffer

  /// Reads `http://[USER[:PASSWORD]@]HOST[:PORT]`; the port is 80 where none is written. User and
  /// password are percent-decoded.
  ///
  /// - Throws: ``UpstreamProxyError`` that says what is wrong with the text.
  public init(_ text: String) throws(UpstreamProxyError) {
    guard let url = WebURL(text) else { throw .notAURL }
    guard url.scheme == "http" else { throw .badScheme }
    guard let host = url.host, !host.isEmpty, url.effectivePort != 0 else { throw .noHost }
    guard url.path == "/" || url.path.isEmpty, url.query == nil, url.fragment == nil else {
      throw .hasPath
    }
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    self.port = Int(url.effectivePort ?? 80)
    let user = url.username.percentDecoded()
    // A colon ends the user's name, so it cannot be in it (RFC 7617 §2).
    guard !user.contains(UInt8(ascii: ":")) else { throw .badUser }
    let password = url.password.percentDecoded()
    let hasCredentials = !user.isEmpty || !password.isEmpty
    self.authorizationLine =
      hasCredentials
      ? ByteBuffer(
        string: "Proxy-Authorization: Basic \(base64(user + [UInt8(ascii: ":")] + password))\r\n")
      : ByteBuffer()
  }

  /// Host and port, without the credentials.
  public var description: String {
    Authority(host: self.host, port: self.port).serialized(defaultPort: 0)
  }
}

/// Why a text does not name an upstream proxy. It never repeats the text, which may hold a password.
public enum UpstreamProxyError: Error, CustomStringConvertible {
  case notAURL, badScheme, noHost, hasPath, badUser

  public var description: String {
    switch self {
    case .notAURL: "it is no URL; write http://HOST:PORT"
    case .badScheme: "only http:// proxies are supported"
    case .noHost: "the URL has no host, or port 0"
    case .hasPath: "the URL has a path, query or fragment, which a proxy has not"
    case .badUser: "the user's name has a colon in it"
    }
  }
}

/// The bytes in Base64 with padding ([RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4)).
func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var result: [UInt8] = []
  result.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
    for index in 0..<4 {
      let value = Int(bits >> UInt32(18 - 6 * index) & 63)
      result.append(index <= group.count ? alphabet[value] : UInt8(ascii: "="))
    }
  }
  return String(decoding: result, as: UTF8.self)
}
