import FetchModel
import NIOCore
import Testing

@testable import Proxy

@Suite struct BodyWriterTests {
  private static func written(
    _ pieces: [String], isChunked: Bool, trailers: String? = nil
  ) -> String {
    let writer = BodyWriter(isChunked: isChunked)
    var out = ""
    for piece in pieces { writer.piece(ByteBuffer(string: piece)) { out += text($0) } }
    writer.end(trailers: trailers.map { ByteBuffer(string: $0) }) { out += text($0) }
    return out
  }

  @Test func bytesAsTheyAre() {
    #expect(Self.written(["a", "", "bc"], isChunked: false, trailers: "X: y\r\n\r\n") == "abc")
  }

  @Test func chunks() {
    #expect(
      Self.written(["a", "", "0123456789abcdef"], isChunked: true)
        == "1\r\na\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n")
    #expect(Self.written([], isChunked: true) == "0\r\n\r\n")
    #expect(
      Self.written(["a"], isChunked: true, trailers: "X: y\r\n\r\n")
        == "1\r\na\r\n0\r\nX: y\r\n\r\n")
  }

  /// Whatever the sizes of the pieces, a decoder gets the same bytes out.
  @Test(arguments: [1, 2, 15, 16, 17, 4095, 4096, 4097, 65_536])
  func whatIsWrittenIsReadAgain(_ size: Int) {
    let body = String(repeating: "x\r\n0\r\n\r\n", count: 10_000)
    let all = bytes(body)
    let pieces = stride(from: 0, to: all.count, by: size).map {
      String(decoding: all[$0..<min($0 + size, all.count)], as: UTF8.self)
    }
    let wire = Self.written(size < 16 ? Array(pieces.prefix(500)) : pieces, isChunked: true)
    let expected = size < 16 ? pieces.prefix(500).joined() : body
    let reader = TranscriptReader.read([bytes(wire)], .chunks)
    #expect(reader.parts == [.body(expected), .end(trailers: [])])
    #expect(reader.unread == 0)
  }

  @Test(arguments: [
    "Content-Length: 5", "transfer-encoding: chunked", "Host: b.test", "TE: x", "Trailer: y",
    "Connection: close", "Keep-Alive: 1", "Upgrade: h2c", "Expect: 100-continue", "Via: 1.1 x",
    "Proxy-Authorization: x", "Proxy-Authenticate: x", "Proxy-Connection: x",
  ])
  func trailersThatHaveNoBusinessThere(_ line: String) {
    let alone = passableTrailers(ByteBuffer(string: "\(line)\r\n\r\n"))
    #expect(alone == nil)
    let among = passableTrailers(ByteBuffer(string: "X-A: 1\r\n\(line)\r\nx-b:2\r\n\r\n"))
    #expect(among.map(text) == "X-A: 1\r\nx-b:2\r\n\r\n")
  }

  @Test func noTrailersAreNone() {
    #expect(passableTrailers(ByteBuffer(string: "\r\n")) == nil)
    #expect(passableTrailers(ByteBuffer(string: "bad\r\n\r\n")) == nil)
  }

  /// A section that begins somewhere within its buffer, as slices do.
  @Test func trailersWithinABuffer() {
    var buffer = ByteBuffer(string: "0\r\nX: 1\r\nHost: b\r\nY: 2\r\n\r\nrest")
    buffer.moveReaderIndex(forwardBy: 3)
    let section = buffer.readSlice(length: 23)
    #expect(section.flatMap(passableTrailers).map(text) == "X: 1\r\nY: 2\r\n\r\n")
  }
}

@Suite struct ErrorResponseTests {
  @Test func aRefusal() {
    let answer = ErrorResponse(Refusal.badTransferEncoding)
      .serialized(isHead: false, connection: "Connection: close\r\n")
    let body = "400 Bad Request: Transfer-Encoding is not chunked once and last.\n"
    #expect(
      text(answer)
        == "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n" + body)
  }

  @Test func toHeadWithoutABody() {
    let answer = text(
      ErrorResponse(status: 404, text: "No.").serialized(isHead: true, connection: ""))
    #expect(answer.hasSuffix("Content-Length: 19\r\n\r\n"))
  }

  @Test(arguments: [
    (FetchError.Code.dnsError, 502), (.connectionRefused, 502), (.connectionTimeout, 504),
    (.dnsTimeout, 504), (.tlsCertificateError, 502), (.httpProtocolError, 502),
    (.httpRequestDenied, 403), (.proxyInternalError, 500), (.connectionLimitReached, 503),
    (.proxyLoopDetected, 502), (.httpRequestError, 400),
  ])
  func aFailure(_ code: FetchError.Code, _ status: Int) throws {
    let error = FetchError(code, .upstream, "It said \"no\\\" \u{e9}\r\nX: y.")
    let answer = ErrorResponse(error, proxy: "valor")
      .serialized(isHead: false, connection: "")
    let reader = TranscriptReader.read([bytes(text(answer))], .responses(to: [.get]))
    guard case .head(let head)? = reader.parts.first else {
      Issue.record("\(reader.parts)")
      return
    }
    #expect(head.start.hasPrefix("\(status) "))
    #expect(
      head.fields[1]
        == "Proxy-Status: valor; error=\(code.rawValue); "
        + "details=\"It said \\\"no\\\\\\\" ????X: y.\"")
    #expect(reader.parts.last == .end(trailers: []))
    #expect(reader.unread == 0)
  }
}
