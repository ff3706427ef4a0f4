import FetchModel
import NIOCore
import Testing

@testable import Proxy

/// What the origin gets of a request.
@Suite struct HeadWriterRequestTests {
  private static let identity = ProxyIdentity(pseudonym: "me")

  /// The head that the origin of `http://a.test` gets for this one, without its last two lines
  /// (`Via` and the empty one).
  static func relayedWhole(
    _ head: String, keepExpect: Bool = true, tunnel: TunnelOrigin? = nil
  ) throws -> [String] {
    let parsed = try RequestHead(ByteBuffer(bytes: bytes(head)), limits: HeadLimits())
    let route = try RequestRoute(parsed, tunnel: tunnel)
    var out = ByteBuffer()
    HeadWriter.relay(
      parsed,
      to: HeadWriter.Destination(
        authority: route.authority, pathStart: route.pathStart, pathLength: route.pathLength),
      identity: Self.identity, keepExpect: keepExpect, into: &out)
    let lines = text(out).split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.suffix(3) == ["Via: 1.1 me", "", ""])
    return lines.dropLast(3).map(String.init)
  }

  static func relayed(_ start: String, fields: String...) throws -> [String] {
    try self.relayedWhole("\(start)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
  }

  @Test(arguments: [
    ("GET http://a.test/x HTTP/1.1", "GET /x HTTP/1.1"),
    ("GET http://a.test HTTP/1.1", "GET / HTTP/1.1"),
    ("GET http://a.test/ HTTP/1.1", "GET / HTTP/1.1"),
    ("GET http://a.test?q=/1?2 HTTP/1.1", "GET /?q=/1?2 HTTP/1.1"),
    ("GET http://a.test/? HTTP/1.1", "GET /? HTTP/1.1"),
    ("GET HTTP://A.Test:80//x/../y HTTP/1.1", "GET //x/../y HTTP/1.1"),
    ("GET http://a.test/http://b.test/ HTTP/1.1", "GET /http://b.test/ HTTP/1.1"),
    ("GET http://a.test/\u{e9}%00|\\ HTTP/1.1", "GET /\u{e9}%00|\\ HTTP/1.1"),
    ("OPTIONS http://a.test HTTP/1.1", "OPTIONS * HTTP/1.1"),
    ("OPTIONS http://a.test/ HTTP/1.1", "OPTIONS / HTTP/1.1"),
    ("OPTIONS http://a.test?x HTTP/1.1", "OPTIONS /?x HTTP/1.1"),
    ("HEAD http://a.test/x HTTP/1.0", "HEAD /x HTTP/1.1"),
    ("GET http://a.test/x HTTP/1.9", "GET /x HTTP/1.1"),
    ("x-Y http://a.test/x HTTP/1.1", "x-Y /x HTTP/1.1"),
  ])
  func theTargetBecomesOriginForm(_ start: String, _ expected: String) throws {
    let lines = try Self.relayed(start, fields: "Host: other.test")
    #expect(lines == [expected, "Host: a.test"])
  }

  @Test(arguments: [
    ("http://a.test/", "a.test"), ("http://A.TEST:80/", "a.test"),
    ("http://a.test:8080/", "a.test:8080"), ("https://a.test:443/", "a.test"),
    ("https://a.test:80/", "a.test:80"), ("http://[::1]/", "[::1]"),
    ("http://[FE80::1]:81/", "[fe80::1]:81"),
  ])
  func hostSaysWhatTheTargetSaid(_ target: String, _ host: String) throws {
    let lines = try Self.relayed(
      "GET \(target) HTTP/1.1", fields: "X: 1", "hOST: evil.test", "Y: 2")
    #expect(lines.dropFirst() == ["Host: \(host)", "X: 1", "Y: 2"])
  }

  @Test func insideATunnelTheHostFieldSays() throws {
    let tunnel = TunnelOrigin(
      authority: Authority(host: "a.test", port: 443), port: 443, isSecure: true, serverName: nil)
    let lines = try Self.relayedWhole("OPTIONS * HTTP/1.1\r\nHost: A.test\r\n\r\n", tunnel: tunnel)
    #expect(lines == ["OPTIONS * HTTP/1.1", "Host: a.test"])
    let origin = try Self.relayedWhole(
      "GET /?x HTTP/1.1\r\nHost: a.test:443\r\n\r\n", tunnel: tunnel)
    #expect(origin == ["GET /?x HTTP/1.1", "Host: a.test"])
  }

  @Test func caseOrderAndDuplicatesStay() throws {
    let lines = try Self.relayed(
      "GET http://a.test/ HTTP/1.1", fields: "x-B: 1", "Host: a.test", "X-a:2", "x-b:  3 \t",
      "Cookie: a=1; b=\u{ff}", "cookie:", "Via: 1.0 fred")
    #expect(
      lines.dropFirst() == [
        "Host: a.test", "x-B: 1", "X-a:2", "x-b:  3 \t", "Cookie: a=1; b=\u{ff}", "cookie:",
        "Via: 1.0 fred",
      ])
  }

  @Test(arguments: [
    "Connection: close", "Connection: keep-alive", "Keep-Alive: timeout=5", "Proxy-Connection: x",
    "Proxy-Authorization: Basic eA==", "TE: trailers", "Upgrade: h2c", "connection:",
    "PROXY-CONNECTION: keep-alive",
  ])
  func hopByHopFieldsStayHere(_ field: String) throws {
    let lines = try Self.relayed(
      "GET http://a.test/ HTTP/1.1", fields: "A: 1", field, "B: 2", "Host: a.test", field)
    #expect(lines.dropFirst() == ["Host: a.test", "A: 1", "B: 2"])
  }

  @Test func namedFieldsStayHere() throws {
    let lines = try Self.relayed(
      "GET http://a.test/ HTTP/1.1", fields: "X-One: 1", "Connection: x-one, ,X-THREE ,close",
      "X-Two: 2", "Host: a.test", "x-three: 3", "x-three: 4", "Connection: Trailer",
      "Trailer: X", "X-On: 5", "X-One-: 6")
    #expect(lines.dropFirst() == ["Host: a.test", "X-Two: 2", "X-On: 5", "X-One-: 6"])
  }

  /// Otherwise a client could take the framing or the host off a message on its way.
  @Test func connectionCannotNameWhatEveryHopNeeds() throws {
    let lines = try Self.relayed(
      "POST http://a.test/ HTTP/1.1",
      fields: "Connection: host, content-length, transfer-encoding, via, expect",
      "Content-Length: 3", "Host: a.test", "Via: 1.1 other", "Expect: 100-continue")
    #expect(
      lines.dropFirst() == [
        "Host: a.test", "Content-Length: 3", "Via: 1.1 other", "Expect: 100-continue",
      ])
    let chunked = try Self.relayed(
      "POST http://a.test/ HTTP/1.1", fields: "Connection: Transfer-Encoding",
      "Transfer-Encoding: chunked", "Host: a.test")
    #expect(chunked.dropFirst() == ["Host: a.test", "Transfer-Encoding: chunked"])
  }

  @Test func framingStaysOnce() throws {
    let length = try Self.relayed(
      "POST http://a.test/ HTTP/1.1", fields: "content-length: 007", "Host: a.test")
    #expect(length.dropFirst() == ["Host: a.test", "content-length: 007"])
    let empty = try Self.relayed(
      "POST http://a.test/ HTTP/1.1", fields: "Content-Length: 0", "Host: a.test")
    #expect(empty.dropFirst() == ["Host: a.test", "Content-Length: 0"])
    let chunked = try Self.relayed(
      "POST http://a.test/ HTTP/1.1", fields: "transfer-encoding: CHUNKED", "Trailer: X", "Host: a")
    #expect(chunked.dropFirst() == ["Host: a.test", "Trailer: X", "Transfer-Encoding: chunked"])
  }

  @Test func anExpectationGoesOnWhereTheOriginIsToMeetIt() throws {
    let head = "PUT http://a.test/ HTTP/1.1\r\nHost: a\r\nexpect: 100-Continue\r\n\r\n"
    #expect(try Self.relayedWhole(head).last == "expect: 100-Continue")
    #expect(try Self.relayedWhole(head, keepExpect: false).count == 2)
  }

  @Test func anUpgradeIsAskedForAnew() throws {
    let lines = try Self.relayed(
      "GET http://a.test/ HTTP/1.1", fields: "Connection: keep-alive, Upgrade, X-Gone",
      "Upgrade: WebSocket, x\u{e9}/1", "Host: a.test", "X-Gone: 1", "Sec-WebSocket-Key: k")
    #expect(
      lines.dropFirst() == [
        "Host: a.test", "Sec-WebSocket-Key: k", "Connection: Upgrade",
        "Upgrade: WebSocket, x\u{e9}/1",
      ])
  }

  @Test(arguments: [
    ("GET http://a.test/ HTTP/1.1", "Upgrade: x", "X: y"),
    ("GET http://a.test/ HTTP/1.1", "Connection: Upgrade", "X: y"),
    ("GET http://a.test/ HTTP/1.0", "Connection: Upgrade", "Upgrade: x"),
  ])
  func halfAnUpgradeIsNone(_ start: String, _ first: String, _ second: String) throws {
    let lines = try Self.relayed(start, fields: "Host: a.test", first, second)
    #expect(!lines.contains { $0.lowercased().contains("upgrade") })
  }

  @Test func loopsAreSeen() throws {
    let lines = try Self.relayed("GET http://a.test/ HTTP/1.1", fields: "Host: a.test")
    #expect(lines.count == 2)
    #expect(text(Self.identity.viaLine) == "Via: 1.1 me\r\n")
  }
}

/// What the network gets of a plugin's own request.
@Suite struct HeadWriterPluginRequestTests {
  private static func written(
    _ method: String, _ fields: [(String, String)], _ framing: BodyFraming
  ) -> String {
    var out = ByteBuffer()
    HeadWriter.request(
      FetchRequest(method: method, url: "http://a.test/x", headers: HeaderList(fields)),
      target: "/x", authority: "a.test", framing: framing,
      identity: ProxyIdentity(pseudonym: "me"), into: &out)
    return text(out)
  }

  @Test func onlyTheProxyFrames() {
    let fields = [
      ("X", "1"), ("Host", "b.test"), ("Content-Length", "9"), ("Transfer-Encoding", "chunked"),
      ("Connection", "close"), ("Expect", "100-continue"), ("Keep-Alive", "1"), ("x", "2"),
    ]
    #expect(
      Self.written("GET", fields, .none)
        == "GET /x HTTP/1.1\r\nHost: a.test\r\nX: 1\r\nx: 2\r\nVia: 1.1 me\r\n\r\n")
    #expect(
      Self.written("PUT", fields, .length(3)).contains("x: 2\r\nContent-Length: 3\r\nVia"))
    #expect(
      Self.written("PUT", fields, .chunked).contains("x: 2\r\nTransfer-Encoding: chunked\r\nVia"))
  }

  @Test(arguments: ["POST", "PUT"])
  func noBodyIsSaidWhereOneIsExpected(_ method: String) {
    #expect(Self.written(method, [], .none).contains("Content-Length: 0\r\n"))
  }

  @Test(arguments: hostileFields)
  func aFieldThatWouldBecomeAnotherIsLeftOut(_ name: String, _ value: String) {
    #expect(
      Self.written("GET", [("A", "1"), (name, value), ("B", "2")], .none)
        == "GET /x HTTP/1.1\r\nHost: a.test\r\nA: 1\r\nB: 2\r\nVia: 1.1 me\r\n\r\n")
  }
}

/// Names and values that are no field, from whoever builds a list of fields.
let hostileFields = [
  ("X", "a\r\nY: b"), ("X", "a\nY: b"), ("X", "a\r"), ("X", "a\u{0}"), ("X", "\r\n\r\nbody"),
  ("X: y\r\nZ", "1"), ("X\n", "1"), ("", "1"), ("X Y", "1"), ("X:", "1"), ("Content-Length ", "5"),
  ("\u{e9}", "1"), (" X", "1"),
]
