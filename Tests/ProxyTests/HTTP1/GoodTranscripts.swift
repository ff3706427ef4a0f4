import Testing

@testable import Proxy

/// A connection's bytes that every parser has to take, and what they say.
struct GoodTranscript: Sendable, CustomTestStringConvertible {
  var name: String
  var direction: TranscriptReader.Direction
  var text: String
  /// Whether the peer ends its side behind the bytes.
  var closes = false
  var parts: [Part]

  var testDescription: String { self.name }

  init(
    _ name: String, _ direction: TranscriptReader.Direction, _ text: String, closes: Bool = false,
    _ parts: [Part]
  ) {
    self.name = name
    self.direction = direction
    self.text = text
    self.closes = closes
    self.parts = parts
  }

  static let all = Self.requests + Self.responses + Self.chunks
}

extension GoodTranscript {
  private static func request(
    _ start: String, _ fields: [String], _ framing: BodyFraming = .none, persistent: Bool = true
  ) -> Part {
    .head(HeadSummary(start, fields, framing, persistent: persistent))
  }

  private static let end = Part.end(trailers: [])

  static let requests: [GoodTranscript] = [
    GoodTranscript(
      "absolute-form", .requests, "GET http://a.test/x?y=1 HTTP/1.1\r\nHost: a.test\r\n\r\n",
      [request("GET http://a.test/x?y=1 1.1", ["Host: a.test"]), end]),
    GoodTranscript(
      "origin-form", .requests, "GET / HTTP/1.1\r\nHost: a.test:8443\r\n\r\n",
      [request("GET / 1.1", ["Host: a.test:8443"]), end]),
    GoodTranscript(
      "asterisk-form", .requests, "OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
      [request("OPTIONS * 1.1", ["Host: [::1]:8080"]), end]),
    GoodTranscript(
      "an empty Host with absolute-form", .requests, "GET http://a.test HTTP/1.1\r\nHost:\r\n\r\n",
      [request("GET http://a.test 1.1", ["Host: "]), end]),
    GoodTranscript(
      "CONNECT and what follows", .requests,
      "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n\u{16}\u{03}\u{01}\r\n",
      [request("CONNECT a.test:443 1.1", ["Host: a.test:443"]), .raw("\u{16}\u{03}\u{01}\r\n")]),
    GoodTranscript(
      "a body with a length", .requests,
      "POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
      [
        request("POST /p 1.1", ["Host: a.test", "Content-Length: 5"], .length(5)), .body("hello"),
        end,
      ]),
    GoodTranscript(
      "a length of 0", .requests,
      "POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
      [request("POST /p 1.1", ["Host: a.test", "Content-Length: 0"]), end]),
    GoodTranscript(
      "a GET with a body", .requests,
      "GET /p HTTP/1.1\r\nHost: a.test\r\ncontent-length:3\r\n\r\nabc",
      [
        request("GET /p 1.1", ["Host: a.test", "content-length: 3"], .length(3)), .body("abc"), end,
      ]),
    GoodTranscript(
      "a chunked body", .requests,
      "PUT /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n00A;name=\"va;lue\"\r\n0123456789\r\n0\r\n\r\n",
      [
        request("PUT /p 1.1", ["Host: a.test", "Transfer-Encoding: chunked"], .chunked),
        .body("hello0123456789"), end,
      ]),
    GoodTranscript(
      "a chunked body with trailers", .requests,
      "POST / HTTP/1.1\r\nHost: a.test\r\nTrailer: X-Sum\r\ntransfer-encoding:  CHUNKED \r\n\r\n"
        + "1\r\na\r\n0\r\nX-Sum: 61\r\nX-Sum:  62\t\r\n\r\n",
      [
        request(
          "POST / 1.1", ["Host: a.test", "Trailer: X-Sum", "transfer-encoding: CHUNKED"], .chunked),
        .body("a"), .end(trailers: ["X-Sum: 61", "X-Sum: 62"]),
      ]),
    GoodTranscript(
      "an empty chunked body", .requests,
      "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      [request("POST / 1.1", ["Host: a.test", "Transfer-Encoding: chunked"], .chunked), end]),
    GoodTranscript(
      "three requests at once", .requests,
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
        + "\r\nGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      [
        request("GET /1 1.1", ["Host: a"]), end,
        request("POST /2 1.1", ["Host: a", "Content-Length: 2"], .length(2)), .body("hi"), end,
        request("GET /3 1.1", ["Host: a", "Connection: close"], persistent: false), end,
      ]),
    GoodTranscript(
      "a chunked request and another", .requests,
      "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n"
        + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
      [
        request("POST /1 1.1", ["Host: a", "Transfer-Encoding: chunked"], .chunked), .body("GET"),
        end, request("GET /2 1.1", ["Host: a"]), end,
      ]),
    GoodTranscript(
      "HTTP/1.0 without Host", .requests, "GET http://a.test/ HTTP/1.0\r\n\r\n",
      [request("GET http://a.test/ 1.0", [], persistent: false), end]),
    GoodTranscript(
      "HTTP/1.0 with keep-alive", .requests,
      "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n",
      [request("GET / 1.0", ["Host: a", "Connection: Keep-Alive"]), end]),
    GoodTranscript(
      "close among other options", .requests,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-a ,,Close\r\nConnection: keep-alive\r\n\r\n",
      [
        request(
          "GET / 1.1", ["Host: a", "Connection: x-a ,,Close", "Connection: keep-alive"],
          persistent: false), end,
      ]),
    GoodTranscript(
      "a later minor version", .requests, "GET / HTTP/1.9\r\nHost: a\r\n\r\n",
      [request("GET / 1.1", ["Host: a"]), end]),
    GoodTranscript(
      "empty lines before a request", .requests, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      [request("GET / 1.1", ["Host: a"]), end]),
    GoodTranscript(
      "fields keep case, order, duplicates and bytes", .requests,
      "GET / HTTP/1.1\r\nX-b: 2\r\nhOsT: a\r\nX-A:\t 1 , 2 \t\r\nx-b:\r\nX-C: caf\u{e9}\u{ff}\t!\r\n\r\n",
      [
        request(
          "GET / 1.1", ["X-b: 2", "hOsT: a", "X-A: 1 , 2", "x-b: ", "X-C: caf\u{e9}\u{ff}\t!"]),
        end,
      ]),
    GoodTranscript(
      "every token byte", .requests,
      "M!#$%&'*+-.^_`|~09 / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n",
      [
        request("M!#$%&'*+-.^_`|~09 / 1.1", ["Host: a", "!#$%&'*+-.^_`|~09azAZ: 1"]), end,
      ]),
    GoodTranscript(
      "a target beyond ASCII", .requests,
      "GET /caf\u{c3}\u{a9}?\"<>\\^{|} HTTP/1.1\r\nHost: a\r\n\r\n",
      [request("GET /caf\u{c3}\u{a9}?\"<>\\^{|} 1.1", ["Host: a"]), end]),
    GoodTranscript(
      "an upgrade", .requests,
      "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      [
        request("GET /chat 1.1", ["Host: a", "Connection: Upgrade", "Upgrade: websocket"]), end,
      ]),
  ]
}

extension GoodTranscript {
  private static func response(
    _ start: String, _ fields: [String], _ framing: BodyFraming = .none, persistent: Bool = true
  ) -> Part {
    .head(HeadSummary(start, fields, framing, persistent: persistent))
  }

  static let responses: [GoodTranscript] = [
    GoodTranscript(
      "a body with a length", .responses(to: [.get]),
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      [response("200 1.1 OK", ["Content-Length: 5"], .length(5)), .body("hello"), end]),
    GoodTranscript(
      "no reason phrase", .responses(to: [.get]), "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
      [response("200 1.1 ", ["Content-Length: 0"]), end]),
    GoodTranscript(
      "no space before no reason phrase", .responses(to: [.get]),
      "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
      [response("404 1.1 ", ["Content-Length: 0"]), end]),
    GoodTranscript(
      "a reason phrase beyond ASCII", .responses(to: [.get]),
      "HTTP/1.1 500 Fehler \u{e4}\t?\r\nContent-Length: 0\r\n\r\n",
      [response("500 1.1 Fehler \u{e4}\t?", ["Content-Length: 0"]), end]),
    GoodTranscript(
      "a chunked body with trailers", .responses(to: [.get]),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5;x\r\npedia\r\n"
        + "0\r\nX-Sum: 1\r\n\r\n",
      [
        response("200 1.1 OK", ["Transfer-Encoding: chunked"], .chunked), .body("wikipedia"),
        .end(trailers: ["X-Sum: 1"]),
      ]),
    GoodTranscript(
      "a body until the close", .responses(to: [.get]),
      "HTTP/1.1 200 OK\r\nServer: s\r\n\r\nall\r\nthe rest", closes: true,
      [
        response("200 1.1 OK", ["Server: s"], .untilClose, persistent: false),
        .body("all\r\nthe rest"), end,
      ]),
    GoodTranscript(
      "an empty body until the close", .responses(to: [.get]), "HTTP/1.0 200 OK\r\n\r\n",
      closes: true, [response("200 1.0 OK", [], .untilClose, persistent: false), end]),
    GoodTranscript(
      "HTTP/1.0 with keep-alive", .responses(to: [.get]),
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
      [
        response("200 1.0 OK", ["Connection: keep-alive", "Content-Length: 2"], .length(2)),
        .body("ok"), end,
      ]),
    GoodTranscript(
      "answers to HEAD, by a length and chunked, and then to GET",
      .responses(to: [.head, .head, .get]),
      "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
      [
        response("200 1.1 OK", ["Content-Length: 500"]), end,
        response("200 1.1 OK", ["Transfer-Encoding: chunked"]), end,
        response("200 1.1 OK", ["Content-Length: 1"], .length(1)), .body("!"), end,
      ]),
    GoodTranscript(
      "204 and 304 have no body", .responses(to: [.get]),
      "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"
        + "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
      [
        response("204 1.1 No Content", []), end,
        response("304 1.1 Not Modified", ["Content-Length: 99"]), end,
        response("205 1.1 Reset Content", ["Content-Length: 0"]), end,
      ]),
    GoodTranscript(
      "interim responses", .responses(to: [.post]),
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
      [
        response("100 1.1 Continue", []), response("103 1.1 Early Hints", ["Link: </a>"]),
        response("201 1.1 Created", ["Content-Length: 0"]), end,
      ]),
    GoodTranscript(
      "a switch of protocols", .responses(to: [.get]),
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nHTTP/1.1 \u{00}",
      [
        response("101 1.1 Switching Protocols", ["Connection: upgrade", "Upgrade: x"]),
        .raw("HTTP/1.1 \u{00}"),
      ]),
    GoodTranscript(
      "a connection that ends within a body", .responses(to: [.get]),
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", closes: true,
      [response("200 1.1 OK", ["Content-Length: 5"], .length(5)), .body("hel"), .cutOff]),
    GoodTranscript(
      "a connection that ends within chunks", .responses(to: [.get]),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", closes: true,
      [response("200 1.1 OK", ["Transfer-Encoding: chunked"], .chunked), .body("hello"), .cutOff]),
    GoodTranscript(
      "two responses, the first of which closes", .responses(to: [.get]),
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
        + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      [
        response(
          "200 1.1 OK", ["Content-Length: 2", "Connection: close"], .length(2), persistent: false),
        .body("hi"), end, response("200 1.1 OK", ["Content-Length: 0"]), end,
      ]),
  ]

  static let chunks: [GoodTranscript] = [
    GoodTranscript(
      "sizes in both cases with zeros before them", .chunks,
      "a\r\n0123456789\r\n0000000A\r\nabcdefghij\r\n000\r\n\r\n",
      [.body("0123456789abcdefghij"), end]),
    GoodTranscript(
      "extensions, also on the last chunk", .chunks,
      "1;a\r\nx\r\n1 ; a = \"b\\\"c\" ;d\r\ny\r\n1\t;\r\nz\r\n0;last\r\n\r\n", [.body("xyz"), end]),
    GoodTranscript(
      "data that looks like framing", .chunks, "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
      [.body("\r\n0\r\n\r\n"), end]),
    GoodTranscript(
      "trailers", .chunks, "0\r\nA: 1\r\nB:\r\nA: 2\r\n\r\n",
      [.end(trailers: ["A: 1", "B: ", "A: 2"])]),
    GoodTranscript(
      "what follows is not touched", .chunks, "0\r\n\r\nGET / HTTP/1.1\r\n\r\n", [end]),
  ]
}
