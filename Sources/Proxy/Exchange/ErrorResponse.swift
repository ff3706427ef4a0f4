import FetchModel
import NIOCore

/// An answer of the proxy's own, to say that a request could not be served.
struct ErrorResponse {
  var status: Int
  var reason: String
  /// The `Proxy-Status` field's value ([RFC 9209](https://www.rfc-editor.org/rfc/rfc9209)); `nil`
  /// where the client is at fault.
  var proxyStatus: String?
  /// One paragraph for a person.
  var text: String
  /// The error of the fetch; `nil` where the client is at fault.
  var code: FetchError.Code?

  /// The answer to a request whose fetch failed.
  ///
  /// - Parameter proxy: the proxy's name in `Proxy-Status`.
  init(_ error: FetchError, proxy: String) {
    (self.status, self.reason) = Self.status(of: error)
    let details = Self.quoted(error.message)
    self.proxyStatus = "\(proxy); error=\(error.code.rawValue); details=\(details)"
    self.text = error.message
    self.code = error.code
  }

  /// The answer to a request that breaks the rules.
  init(_ refusal: Refusal) {
    self.status = refusal.status
    self.reason = Self.reason(of: refusal.status)
    self.text = refusal.reason
  }

  init(status: Int, text: String) {
    self.status = status
    self.reason = Self.reason(of: status)
    self.text = text
  }

  private static func status(of error: FetchError) -> (Int, String) {
    switch error.code {
    case .dnsTimeout, .connectionTimeout, .connectionReadTimeout, .connectionWriteTimeout,
      .httpResponseTimeout:
      (504, "Gateway Timeout")
    case .httpRequestError: (400, "Bad Request")
    case .httpRequestDenied, .destinationIPProhibited: (403, "Forbidden")
    case .connectionLimitReached: (503, "Service Unavailable")
    case .proxyInternalError, .proxyConfigurationError: (500, "Internal Server Error")
    default: (502, "Bad Gateway")
    }
  }

  static func reason(of status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 204: "No Content"
    case 400: "Bad Request"
    case 403: "Forbidden"
    case 401: "Unauthorized"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 417: "Expectation Failed"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Error"
    }
  }

  /// The text as an sf-string ([RFC 8941 §3.3.3](https://www.rfc-editor.org/rfc/rfc8941#section-3.3.3)):
  /// printable ASCII, quotes and backslashes escaped.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for byte in text.utf8.prefix(512) {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        result.append("\\")
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case 32...126: result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result.append("?")
      }
    }
    return result + "\""
  }

  /// The body, without which the answer to a HEAD goes.
  var body: String { "\(self.status) \(self.reason): \(self.text)\n" }

  /// The whole message.
  ///
  /// - Parameters:
  ///   - isHead: whether the request was a HEAD, which gets no body.
  ///   - connection: the `Connection` line with its CRLF, or nothing.
  func serialized(isHead: Bool, connection: StaticString) -> ByteBuffer {
    var out = ByteBuffer()
    var headers = HeaderList([("Content-Type", "text/plain; charset=utf-8")])
    if let proxyStatus { headers.append(name: "Proxy-Status", value: proxyStatus) }
    let body = self.body
    HeadWriter.response(
      status: self.status, reason: self.reason, headers: headers, contentLength: body.utf8.count,
      framing: .asDeclared, connection: connection, into: &out)
    if !isHead { out.writeString(body) }
    return out
  }
}
