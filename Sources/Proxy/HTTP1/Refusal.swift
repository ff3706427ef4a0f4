/// Why a message breaks the rules of RFC 9110 or RFC 9112, so that nothing of it may be used.
///
/// For a request the proxy answers with ``status`` and closes the connection; a response of that
/// kind becomes a 502. The rules follow what others learnt from request smuggling: no message that
/// two parsers could read in two ways goes on.
struct Refusal: Error, Equatable {
  /// The status to answer a request with.
  var status: Int
  /// One sentence for the peer's author.
  var reason: String

  init(_ status: Int = 400, _ reason: String) {
    self.status = status
    self.reason = reason
  }

  static let bareLF = Refusal(400, "A line ends in LF without CR.")
  static let bareCR = Refusal(400, "A CR stands where no line ends.")
  static let headTooLarge = Refusal(431, "The head is larger than the limit.")
  static let tooManyFields = Refusal(431, "The head has more fields than the limit.")
  static let targetTooLong = Refusal(414, "The request target is longer than the limit.")
  static let badRequestLine = Refusal(400, "The request line is malformed.")
  static let badStatusLine = Refusal(400, "The status line is malformed.")
  static let badVersion = Refusal(505, "The HTTP version is not 1.0 or 1.1.")
  static let badTarget = Refusal(400, "The request target is malformed.")
  static let badFieldName = Refusal(400, "A field name is empty or has a byte that no token has.")
  static let badFieldValue = Refusal(400, "A field value has a control character.")
  static let foldedField = Refusal(400, "A field value is folded over several lines.")
  static let badContentLength = Refusal(400, "Content-Length is not one number.")
  static let lengthAndEncoding = Refusal(
    400, "The message has both Content-Length and Transfer-Encoding.")
  static let encodingOnHTTP10 = Refusal(400, "An HTTP/1.0 message has Transfer-Encoding.")
  static let badTransferEncoding = Refusal(400, "Transfer-Encoding is not chunked once and last.")
  static let unknownTransferEncoding = Refusal(
    501, "Transfer-Encoding names a coding other than chunked.")
  static let hostMissing = Refusal(400, "The request has no Host field.")
  static let hostRepeated = Refusal(400, "The request has more than one Host field.")
  static let badHost = Refusal(400, "The Host field is no host and port.")
  static let badChunk = Refusal(400, "A chunk is malformed.")
  static let chunkTooLarge = Refusal(400, "A chunk's size does not fit into 63 bits.")
  static let trailersTooLarge = Refusal(431, "The trailers are larger than the limit.")
  static let unknownExpectation = Refusal(417, "The request expects something unknown.")
}

/// How much of a head is taken.
struct HeadLimits: Equatable, Sendable {
  /// Bytes of a whole head, start line and all CRLFs included.
  var headBytes = 65_536
  /// The number of field lines.
  var fieldCount = 256
  /// Bytes of a request target.
  var targetBytes = 32_768
}
