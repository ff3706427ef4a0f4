import FetchModel
import NIOCore
import Testing

@testable import Proxy

/// What the client gets of a response's head.
@Suite struct HeadWriterResponseTests {
  /// The relayed head without its last two lines (`Via` and the empty one).
  private static func relayed(
    _ head: String, to method: HTTPMethod = .get,
    framing: HeadWriter.ResponseFraming = .asDeclared, connection: StaticString = ""
  ) throws -> [String] {
    let parsed = try ResponseHead(
      ByteBuffer(bytes: bytes(head)), to: method, limits: HeadLimits())
    var out = ByteBuffer()
    HeadWriter.relay(
      parsed, framing: framing, connection: connection,
      identity: ProxyIdentity(pseudonym: "me"), into: &out)
    let lines = text(out).split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.suffix(3) == ["Via: 1.1 me", "", ""])
    return lines.dropLast(3).map(String.init)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK", "HTTP/1.1 200 OK"), ("HTTP/1.0 404 Nope", "HTTP/1.1 404 Nope"),
    ("HTTP/1.1 299", "HTTP/1.1 299 "), ("HTTP/1.1 299 ", "HTTP/1.1 299 "),
    ("HTTP/1.1 500 a \u{e4} ", "HTTP/1.1 500 a \u{e4} "),
  ])
  func theStatusLineStays(_ line: String, _ expected: String) throws {
    #expect(try Self.relayed(line + "\r\nContent-Length: 1\r\n\r\n").first == expected)
  }

  @Test func caseOrderAndDuplicatesStay() throws {
    let fields = ["set-cookie: a", "Date: d", "Set-Cookie:b", "X:  y\t", "Content-Length: 1"]
    let lines = try Self.relayed(
      "HTTP/1.1 200 OK\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
    #expect(lines.dropFirst() == fields[...])
  }

  @Test func hopByHopAndNamedFieldsStayHere() throws {
    let lines = try Self.relayed(
      "HTTP/1.1 407 x\r\nConnection: close, X-Gone, Content-Length, Via\r\nKeep-Alive: x\r\n"
        + "X-Gone: 1\r\nProxy-Authenticate: Basic\r\nProxy-Connection: y\r\nUpgrade: h2c\r\n"
        + "Via: 1.1 other\r\nContent-Length: 5\r\nX-Stays: 2\r\n\r\n")
    #expect(lines.dropFirst() == ["Via: 1.1 other", "Content-Length: 5", "X-Stays: 2"])
  }

  @Test func framingIsOursForOneHop() throws {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
    #expect(
      try Self.relayed(chunked, framing: .chunked)
        == ["HTTP/1.1 200 OK", "X: y", "Transfer-Encoding: chunked"])
    #expect(
      try Self.relayed(chunked, framing: .untilClose, connection: "Connection: close\r\n")
        == ["HTTP/1.1 200 OK", "X: y", "Connection: close"])
  }

  @Test func headAndNotModifiedKeepTheirLength() throws {
    let head = try Self.relayed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", to: .head)
    #expect(head.last == "Content-Length: 9")
    let cached = try Self.relayed("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n")
    #expect(cached.last == "Content-Length: 9")
  }

  /// A length where no body can be makes some clients wait for one
  /// ([RFC 9110 §8.6](https://www.rfc-editor.org/rfc/rfc9110#section-8.6)).
  @Test(arguments: ["100 Continue", "103 Early Hints", "204 No Content"])
  func noLengthWhereNoBodyCanBe(_ status: String) throws {
    let lines = try Self.relayed("HTTP/1.1 \(status)\r\nContent-Length: 5\r\nX: y\r\n\r\n")
    #expect(lines == ["HTTP/1.1 \(status)", "X: y"])
  }

  @Test func aSwitchOfProtocolsSaysToWhat() throws {
    let lines = try Self.relayed(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\u{e9}\r\nX: y\r\nConnection: upgrade\r\n\r\n")
    #expect(
      lines == [
        "HTTP/1.1 101 Switching Protocols", "X: y", "Connection: Upgrade", "Upgrade: a\u{e9}",
      ])
  }

  // MARK: Answers of plugins and of the proxy

  private static func written(
    _ fields: [(String, String)], status: Int = 200, reason: String = "OK", length: Int? = 3,
    framing: HeadWriter.ResponseFraming = .asDeclared
  ) -> String {
    var out = ByteBuffer()
    HeadWriter.response(
      status: status, reason: reason, headers: HeaderList(fields), contentLength: length,
      framing: framing, connection: "", into: &out)
    return text(out)
  }

  @Test func onlyTheProxyFrames() {
    let fields = [
      ("X", "1"), ("Content-Length", "9"), ("Transfer-Encoding", "chunked"),
      ("Connection", "close"),
      ("x", "2"), ("Upgrade", "h2c"),
    ]
    #expect(
      Self.written(fields) == "HTTP/1.1 200 OK\r\nX: 1\r\nx: 2\r\nContent-Length: 3\r\n\r\n")
    #expect(
      Self.written(fields, length: nil, framing: .chunked)
        == "HTTP/1.1 200 OK\r\nX: 1\r\nx: 2\r\nTransfer-Encoding: chunked\r\n\r\n")
  }

  @Test func aReasonIsOneLine() {
    #expect(
      Self.written([], reason: "a\r\nX: \u{e9}\u{20ac}\u{0}").hasPrefix(
        "HTTP/1.1 200 a  X: \u{e9}? \r\n"))
  }

  @Test(arguments: hostileFields)
  func aFieldThatWouldBecomeAnotherIsLeftOut(_ name: String, _ value: String) {
    #expect(
      Self.written([("A", "1"), (name, value), ("B", "2")])
        == "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 3\r\n\r\n")
  }
}
