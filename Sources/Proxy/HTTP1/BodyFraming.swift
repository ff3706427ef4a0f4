/// How the end of a message's body is found
/// ([RFC 9112 §6](https://www.rfc-editor.org/rfc/rfc9112#section-6)).
enum BodyFraming: Equatable, Sendable {
  case none
  /// That many bytes.
  case length(Int)
  case chunked
  /// Until the connection closes; responses only.
  case untilClose
}

/// What the framing fields of one head say, gathered line by line.
struct FramingFields {
  private(set) var contentLength: Int?
  private(set) var isChunked = false
  private var hasTransferEncoding = false

  /// Takes a `Content-Length` line. A second one is refused even when equal.
  mutating func addContentLength(
    _ bytes: Span<UInt8>, _ line: FieldSection.Line
  ) throws(Refusal) {
    guard self.contentLength == nil, line.valueLength > 0 else { throw .badContentLength }
    var value = 0
    for offset in 0..<Int(line.valueLength) {
      let byte = bytes[Int(line.valueStart) + offset]
      guard HTTP1Syntax.isDigit(byte) else { throw .badContentLength }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte &- 48))
      guard !overflow, !carry else { throw .badContentLength }
      value = sum
    }
    self.contentLength = value
  }

  /// Takes a `Transfer-Encoding` line: `chunked`, alone, is all that is understood.
  mutating func addTransferEncoding(
    _ bytes: Span<UInt8>, _ line: FieldSection.Line
  ) throws(Refusal) {
    guard !self.hasTransferEncoding else { throw .badTransferEncoding }
    self.hasTransferEncoding = true
    let start = Int(line.valueStart)
    let length = Int(line.valueLength)
    if HTTP1Syntax.equals(bytes, start, length, "chunked") {
      self.isChunked = true
      return
    }
    var codings = 0
    var chunked = 0
    HTTP1Syntax.forEachListElement(bytes, start, length) { start, length in
      codings += 1
      if HTTP1Syntax.equals(bytes, start, length, "chunked") { chunked += 1 }
    }
    throw codings > chunked ? .unknownTransferEncoding : .badTransferEncoding
  }

  /// Checks the two kinds against each other and against the version.
  func check(minorVersion: UInt8) throws(Refusal) {
    guard self.hasTransferEncoding else { return }
    if minorVersion == 0 { throw .encodingOnHTTP10 }
    if self.contentLength != nil { throw .lengthAndEncoding }
  }
}
