import Testing

@testable import Proxy

/// Bytes that have to be refused.
///
/// In requests `{base}` stands for the beginning of an absolute-form target or for nothing, and
/// `{host}` for the origin's host and port, so that the same rows serve in the clear and in a tunnel.
struct MalformedMessage: Sendable, CustomTestStringConvertible {
  enum Place: Sendable {
    /// The head: nothing of the message may go on.
    case head
    /// The body: the message may have begun to go on, but must not seem complete.
    case body
    /// The head of a CONNECT, which the connection judges.
    case connect
  }

  var name: String
  var text: String
  var status: Int
  var place: Place

  var testDescription: String { self.name }

  /// The row's text with its places filled in.
  func text(base: String, host: String) -> String {
    self.text.replacing("{base}", with: base).replacing("{host}", with: host)
  }
}

/// Rows of request heads, by what is wrong with them.
enum MalformedRequests {
  static let all =
    Self.lines + Self.fields + Self.hosts + Self.lengths + Self.encodings + Self.smuggling
    + Self.targets + Self.versions + Self.limits + Self.connects + Self.bodies

  private static func whole(_ name: String, _ text: String) -> MalformedMessage {
    Self.whole(name, 400, text)
  }

  private static func whole(_ name: String, _ status: Int, _ text: String) -> MalformedMessage {
    MalformedMessage(name: name, text: text, status: status, place: .head)
  }

  /// A request with this field line, which is all that is wrong.
  private static func field(_ line: String, _ status: Int = 400, body: String = "")
    -> MalformedMessage
  {
    Self.whole(
      "field \(line.debugDescription)", status,
      "POST {base}/ HTTP/1.1\r\nHost: {host}\r\n\(line)\r\n\r\n\(body)")
  }

  private static let good = "Host: {host}\r\n\r\n"

  static let lines = [
    whole("LF alone ends every line", "GET {base}/ HTTP/1.1\nHost: {host}\n\n"),
    whole("LF alone ends the request line", "GET {base}/ HTTP/1.1\n" + good),
    whole("LF alone ends a field", "GET {base}/ HTTP/1.1\r\nX: y\nHost: {host}\r\n\r\n"),
    whole("LF alone is the empty line", "GET {base}/ HTTP/1.1\r\nHost: {host}\r\n\n"),
    whole("LF CR", "GET {base}/ HTTP/1.1\n\rHost: {host}\r\n\r\n"),
    whole("CR alone ends the request line", "GET {base}/ HTTP/1.1\rHost: {host}\r\n\r\n"),
    whole("CR CR LF ends the request line", "GET {base}/ HTTP/1.1\r\r\nHost: {host}\r\n\r\n"),
    whole("a line of one CR", "GET {base}/ HTTP/1.1\r\nHost: {host}\r\n\rX: y\r\n\r\n"),
    whole("three empty lines first", "\r\n\r\n\r\nGET {base}/ HTTP/1.1\r\n" + good),
    whole("a space first", " GET {base}/ HTTP/1.1\r\n" + good),
    whole("two spaces", "GET  {base}/ HTTP/1.1\r\n" + good),
    whole("two spaces before the version", "GET {base}/  HTTP/1.1\r\n" + good),
    whole("a tab for a space", "GET\t{base}/ HTTP/1.1\r\n" + good),
    whole("a space in the target", "GET {base}/a b HTTP/1.1\r\n" + good),
    whole("a space behind the version", "GET {base}/ HTTP/1.1 \r\n" + good),
    whole("no method", " {base}/ HTTP/1.1\r\n" + good),
    whole("no target", "GET HTTP/1.1\r\n" + good),
    whole("a method that is no token", "GE(T {base}/ HTTP/1.1\r\n" + good),
    whole("a method beyond ASCII", "G\u{c9}T {base}/ HTTP/1.1\r\n" + good),
    whole("NUL in the method", "GE\u{0}T {base}/ HTTP/1.1\r\n" + good),
    whole("NUL in the target", "GET {base}/\u{0} HTTP/1.1\r\n" + good),
    whole("a control byte in the target", "GET {base}/\u{1b} HTTP/1.1\r\n" + good),
    whole("DEL in the target", "GET {base}/\u{7f} HTTP/1.1\r\n" + good),
  ]

  static let fields =
    [
      "X: a\r\n b", "X: a\r\n\tb", "X: a\r\n ", "X:\r\n y", " X: y", "\tX: y", "X : y", "X\t: y",
      ": y", "X", "X y: z", "X\u{0}: y", "X\u{1}: y", "X\u{7f}: y", "X\u{e9}: y", "X\u{a0}: y",
      "X[: y", "X\"y: z", "X/y: z", "X@y: z", "X: a\u{0}b", "X: a\u{1}b", "X: a\u{8}b",
      "X: a\u{b}b", "X: a\u{c}b", "X: a\u{1f}b", "X: a\u{7f}b", "X: a\rb", "X: a\r\r",
      "X: a\nY: b", "X: y\r\n\u{0}", "Expect: 200-ok", "Expect: 100-continue, x", "Expect:",
    ].map { field($0, $0.hasPrefix("Expect") ? 417 : 400) }

  static let hosts =
    [
      whole("no Host", "GET {base}/ HTTP/1.1\r\n\r\n"),
      whole("an empty Host with origin-form", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
      whole("two Hosts", "GET {base}/ HTTP/1.1\r\nHost: {host}\r\nHost: b.test\r\n\r\n"),
      whole("two equal Hosts", "GET {base}/ HTTP/1.1\r\nHost: {host}\r\nhOST: {host}\r\n\r\n"),
      whole("an empty Host beside one", "GET {base}/ HTTP/1.1\r\nHost:\r\nHost: {host}\r\n\r\n"),
      whole("two Hosts in HTTP/1.0", "GET {base}/ HTTP/1.0\r\nHost: {host}\r\nHost: b\r\n\r\n"),
    ]
    + [
      "a b", "a,b", "a, {host}", "a/b", "a/", "a?b", "a#b", "a\\b", "u@{host}", "http://a", "a:b",
      "a:", "a:0", "a:65536", "a:99999999999999999999", "a:-1", "a:+80", "a:80:80", ":80", "[::1",
      "::1", "[::1]x", "[]", "[a]", "[::1%25lo]", "a\u{e9}", "\"a\"", "<a>", "a\tb",
    ].map { whole("Host: \($0)", "GET {base}/ HTTP/1.1\r\nHost: \($0)\r\n\r\n") }

  static let lengths =
    [
      "5, 5", "5,5", "5,6", "5,", ",5", "+5", "-5", "-0", "0x5", "5 5", "5\t5", "", "five", "5;",
      "5.0",
      "5e0", "\"5\"", "\u{b2}", "5\u{0}", "\u{b}5", "9223372036854775808",
      "18446744073709551616", "18446744073709551621", "99999999999999999999999999999999",
    ].map { field("Content-Length: \($0)", body: "hello") }
    + [
      field("Content-Length: 5\r\nContent-Length: 5", body: "hello"),
      field("Content-Length: 5\r\nContent-Length: 6", body: "hello"),
      field("Content-Length: 5\r\nX: y\r\ncontent-length: 5", body: "hello"),
      field("Content-Length: 0\r\nContent-Length:", body: "hello"),
    ]

  static let encodings =
    [
      ("chunked, chunked", 400), ("chunked,chunked", 400), ("chunked,", 400), (",chunked", 400),
      ("chunked,,", 400), ("", 400), (",", 400), ("gzip, chunked", 501), ("chunked, gzip", 501),
      ("identity", 501), ("chunked, identity", 501), ("identity, chunked", 501), ("xchunked", 501),
      ("chunkedx", 501), ("chunk", 501), ("chunked;q=1", 501), ("chunked chunked", 501),
      ("\"chunked\"", 501), ("chunked\tx", 501), ("x", 501), ("\u{b}chunked", 400),
      (" \u{b}chunked", 400), ("\u{c}chunked", 400), ("chunked\u{b}", 400), ("chunked\u{0}", 400),
      ("\u{0}chunked", 400), ("\r chunked", 400), ("\r\n chunked", 400), ("\u{a0}chunked", 501),
      ("chun\u{6b}ed\u{85}", 501),
    ].map { value, status in
      field("Transfer-Encoding: \(value)", status, body: "0\r\n\r\n")
    }
    + [
      field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
      field("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", body: "0\r\n\r\n"),
      field("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501, body: "0\r\n\r\n"),
      field("Transfer-Encoding: chunked\r\ntransfer-encoding: x", body: "0\r\n\r\n"),
      field("Transfer-Encoding:\u{b}chunked", body: "0\r\n\r\n"),
      field("Transfer-Encoding : chunked", body: "0\r\n\r\n"),
      field("Transfer-Encoding\u{b}: chunked", body: "0\r\n\r\n"),
      field(" Transfer-Encoding: chunked", body: "0\r\n\r\n"),
      field("X: y\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
      field("X: y\rTransfer-Encoding: chunked", body: "0\r\n\r\n"),
      field("Transfer-Encoding\r\n : chunked", body: "0\r\n\r\n"),
      whole(
        "Transfer-Encoding in HTTP/1.0",
        "POST {base}/ HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ]

  /// What two parsers were known to read in two ways. The request that would be smuggled asks for
  /// `/smuggled`.
  static let smuggling: [MalformedMessage] = {
    let hidden = "GET {base}/smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n"
    func post(_ name: String, _ fields: String, _ body: String) -> MalformedMessage {
      Self.whole(
        name, "POST {base}/ HTTP/1.1\r\nHost: {host}\r\n\(fields)\r\n\r\n\(body)")
    }
    return [
      post("CL.TE", "Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + hidden),
      post("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4", "5c\r\n\(hidden)0\r\n\r\n"),
      post(
        "CL.TE with CL 0", "Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + hidden),
      post(
        "TE.TE", "Transfer-Encoding: chunked\r\nTransfer-encoding: cow",
        "5c\r\n\(hidden)0\r\n\r\n"),
      post("CL.CL", "Content-Length: 0\r\nContent-Length: 44", hidden),
      post("0.CL by folding", "Content-Length:\r\n 44", hidden),
      post("0.CL by a space", "Content-Length : 44", hidden),
      post("0.CL by a leading space", " Content-Length: 44", hidden),
      post("0.CL by a bare CR", "X: y\rContent-Length: 44", hidden),
      post("0.CL by a bare LF", "X: y\nContent-Length: 44", hidden),
      post("0.CL by NUL", "Content-Length\u{0}: 44", hidden),
      post("a head in a head", "X: y\r\n\rGET {base}/smuggled HTTP/1.1", hidden),
      post("a head by a bare LF", "X: y\n\nGET {base}/smuggled HTTP/1.1", hidden),
      post("a head by CR CR LF", "X: y\r\r\nGET {base}/smuggled HTTP/1.1", hidden),
      Self.whole(
        "a request line in a target",
        "GET {base}/ HTTP/1.1\u{a0}HTTP/1.1\r\n" + "Host: {host}\r\n\r\n" + hidden),
      Self.whole(
        "a request line that two spaces split",
        "GET {base}/x HTTP/1.1 {base}/y HTTP/1.1\r\n" + "Host: {host}\r\n\r\n" + hidden),
    ]
  }()

  static let targets =
    [
      "index.html", "a.test", "a.test:80", "*", "?x", "\\", ".", "http:", "http:/", "http://",
      "http:///", "http:///x", "http://?x", "https://", "http:a.test/", "http:/a.test/",
      "ftp://a.test/", "ws://a.test/", "file:///etc/passwd", "javascript:1", "http+unix://a/",
      "{base}/#f", "{base}/a#", "{base}/?#", "#", "http://a.test#f", "http://u@a.test/",
      "http://u:p@a.test/", "http://@a.test/", "http://a.test:/", "http://a.test:x/",
      "http://a.test:0/", "http://a.test:65536/", "http://a.test:+80/", "http://a.test:-1/",
      "http://a.test:80:80/", "http://a.test:8 0/", "http://a.test\\@b.test/", "http://[::1/",
      "http://::1/", "http://[::1]x/", "http://[x]/", "http://a\u{e9}.test/", "http://a,b/",
      "http://a.test;x/", "http://a<b/", "http://\"/", "http://a.test:99999999999999999999/",
    ].map { whole("GET \($0)", "GET \($0) HTTP/1.1\r\n" + good) }
    + [
      whole("OPTIONS with authority-form", "OPTIONS a.test:80 HTTP/1.1\r\n" + good),
      whole("OPTIONS **", "OPTIONS ** HTTP/1.1\r\n" + good),
      whole("connect in small letters", "connect a.test:443 HTTP/1.1\r\n" + good),
    ]

  static let versions =
    [
      ("HTTP/2.0", 505), ("HTTP/0.9", 505), ("HTTP/3.1", 505), ("HTTP/9.9", 505), ("http/1.1", 400),
      ("Http/1.1", 400), ("HTTP/1.10", 400), ("HTTP/1", 400), ("HTTP/1.", 400), ("HTTP/.1", 400),
      ("HTTP/11", 400), ("HTTP/1,1", 400), ("HTTP/01.1", 400), ("HTTP/ 1.1", 400),
      ("HTTP/1.1x", 400),
      ("HTTP/1.\u{b9}", 400), ("HTTPS/1.1", 400), ("ICY/1.1", 400), ("1.1", 400),
      ("HTTP/1.1\u{b}", 400), ("HTTP/-1.1", 400), ("HTTP/x.x", 400),
    ].map { version, status in
      whole("version \(version)", status, "GET {base}/ \(version)\r\n" + good)
    }
    + [
      whole("no version", "GET {base}/\r\n" + good),
      whole("no version but a space", "GET {base}/ \r\n" + good),
      whole("the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]

  static let limits = [
    whole(
      "a head over the limit", 431,
      "GET {base}/ HTTP/1.1\r\nHost: {host}\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n"),
    whole(
      "a head over the limit in many fields", 431,
      "GET {base}/ HTTP/1.1\r\nHost: {host}\r\n"
        + String(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: 70) + "\r\n"),
    whole(
      "too many fields", 431,
      "GET {base}/ HTTP/1.1\r\nHost: {host}\r\n" + String(repeating: "X: y\r\n", count: 256)
        + "\r\n"),
    whole(
      "a target over the limit", 414,
      "GET {base}/\(String(repeating: "x", count: 32_768)) HTTP/1.1\r\n" + good),
  ]

  static let connects =
    [
      "/", "http://a.test/", "a.test", "a.test:", "a.test:0", "a.test:65536", "a.test:x", ":443",
      "a.test:443/", "u@a.test:443", "a.test:443:443", "*", "[::1]", "::1:443", "a b:443",
      "a.test:+443",
    ].map {
      MalformedMessage(
        name: "CONNECT \($0)", text: "CONNECT \($0) HTTP/1.1\r\nHost: a.test\r\n\r\n", status: 400,
        place: .connect)
    }
    + [
      "Content-Length: 5", "Transfer-Encoding: chunked",
    ].map {
      MalformedMessage(
        name: "CONNECT with \($0)",
        text: "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\($0)\r\n\r\n", status: 400,
        place: .connect)
    }

  static let bodies = MalformedChunks.all.map { row in
    MalformedMessage(
      name: row.name,
      text: "POST {base}/ HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        + row.text,
      status: row.status, place: .body)
  }
}
