import Testing

@testable import Proxy

/// Rows of chunked bodies.
enum MalformedChunks {
  static let all =
    Self.sizes.map { Self.row("size \($0.debugDescription)", $0) }
    + [
      row("a byte behind the data", "5\r\nhelloX\r\n0\r\n\r\n"),
      row("no line end behind the data", "5\r\nhello0\r\n\r\n"),
      row("LF alone behind the data", "5\r\nhello\n0\r\n\r\n"),
      row("CR alone behind the data", "5\r\nhello\r0\r\n\r\n"),
      row("too little data", "5\r\nhell\r\n0\r\n\r\n"),
      row("too much data", "5\r\nhello!\r\n0\r\n\r\n"),
      row("LF alone behind the last chunk", "0\n\r\n"),
      row("LF alone ends the trailers", "0\r\n\n"),
      row("LF alone ends a trailer", "0\r\nX: y\n\r\n"),
      row("a trailer without a colon", "0\r\nX\r\n\r\n"),
      row("a folded trailer", "0\r\nX: y\r\n z\r\n\r\n"),
      row("a trailer that begins with a space", "0\r\n X: y\r\n\r\n"),
      row("a space before a trailer's colon", "0\r\nX : y\r\n\r\n"),
      row("a trailer without a name", "0\r\n: y\r\n\r\n"),
      row("NUL in a trailer", "0\r\nX: \u{0}\r\n\r\n"),
      row("a bare CR in a trailer", "0\r\nX: a\rb\r\n\r\n"),
      row("a request for a trailer", "0\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
      row("an endless extension", "1;\(String(repeating: "x", count: 5000))\r\na\r\n0\r\n\r\n"),
      row(
        "trailers over the limit", 431, "0\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n"),
      row("too many trailers", 431, "0\r\n\(String(repeating: "X: y\r\n", count: 257))\r\n"),
    ]

  private static func row(_ name: String, _ text: String) -> MalformedMessage {
    Self.row(name, 400, text)
  }

  private static func row(_ name: String, _ status: Int, _ text: String) -> MalformedMessage {
    MalformedMessage(name: name, text: text, status: status, place: .body)
  }

  /// Bodies whose first line is wrong.
  private static let sizes = [
    "g\r\nx", "-1\r\nx", "+1\r\nx", "0x1\r\nx", "0X1\r\nx", "1h\r\nx", "x1\r\nx", "\r\n", ";a\r\nx",
    " 1\r\nx", "\t1\r\nx", "1 \r\nx", "1\t\r\nx", "1 x\r\nx", "1x\r\nx", "1,\r\nx", "1.0\r\nx",
    "1=\r\nx", "1:\r\nx", "1\nx\n", "1\rx\r\n", "1\r\rx", "1\r\n\r\n", "1;a\nx\r\n", "1;a\rx\r\n",
    "1;\u{0}\r\nx", "1;a\u{b}\r\nx", "1\u{0}\r\nx", "1\u{b};a\r\nx", "\u{0}1\r\nx", "\u{ff}\r\nx",
    "8000000000000000\r\nx", "ffffffffffffffff\r\nx", "10000000000000000\r\nx",
    "10000000000000001\r\nx", "fffffffffffffffffffffffff\r\nx",
    String(repeating: "0", count: 40) + "1\r\nx", "\u{b2}\r\nx", "0 0\r\n\r\n", "0x0\r\n\r\n",
    "00x\r\n\r\n", "-0\r\n\r\n",
  ]
}

/// Rows of responses to GET. A client's answer to each is a 502.
enum MalformedResponses {
  static let heads =
    Self.lines.map { Self.row("status line \($0.debugDescription)", "\($0)\r\nX: y\r\n\r\n") }
    + Self.fields.map {
      Self.row("field \($0.debugDescription)", "HTTP/1.1 200 OK\r\n\($0)\r\n\r\nhello")
    }
    + [
      row("LF alone ends lines", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
      row("LF alone is the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n"),
      row("an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
      row("a body first", "hello\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
      row(
        "chunks in a 204", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      row("chunks in a 103", "HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      row("chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      row(
        "a head over the limit", "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 70_000))"),
      row(
        "too many fields",
        "HTTP/1.1 200 OK\r\n\(String(repeating: "X: y\r\n", count: 257))\r\n"),
    ]

  static let bodies = MalformedChunks.all.map { chunks in
    MalformedMessage(
      name: chunks.name,
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks.text,
      status: chunks.status, place: .body)
  }

  private static func row(_ name: String, _ text: String) -> MalformedMessage {
    MalformedMessage(name: name, text: text, status: 502, place: .head)
  }

  private static let lines = [
    "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK", "HTTP/1.1 000 OK", "HTTP/1.1 2x0 OK",
    "HTTP/1.1 -20 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 200OK",
    "HTTP/1.1", "HTTP/1.1 ", "HTTP/2.0 200 OK", "HTTP/2 200 OK", "HTTP/0.9 200 OK",
    "http/1.1 200 OK",
    "HTTP/1.10 200 OK", "HTP/1.1 200 OK", "ICY 200 OK", " HTTP/1.1 200 OK", "200 OK", "OK",
    "HTTP/1.1 200 O\u{0}K", "HTTP/1.1 200 O\u{7f}K", "HTTP/1.1 200 O\rK", "HTTP/1.1 200 OK\r",
    "GET / HTTP/1.1",
  ]

  private static let fields = [
    "X: a\r\n b", " X: y", "X : y", ": y", "X", "X: a\u{0}", "X: a\rb", "X: a\r\r", "X: a\u{b}",
    "X\u{e9}: y", "X: y\nContent-Length: 5", "Content-Length: 5, 5",
    "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: -5", "Content-Length: +5", "Content-Length: 0x5", "Content-Length:",
    "Content-Length: 9223372036854775808", "Content-Length : 5",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: identity",
    "Transfer-Encoding: xchunked", "Transfer-Encoding: \u{b}chunked", "Transfer-Encoding:",
    "Transfer-Encoding : chunked", "Transfer-Encoding:\r\n chunked",
  ]
}
