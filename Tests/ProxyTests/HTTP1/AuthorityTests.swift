import NIOCore
import Testing

@testable import Proxy

@Suite struct AuthorityTests {
  @Test(
    arguments: [
      ("a.test", "a.test", nil), ("A.Test:8080", "a.test", 8080), ("127.0.0.1:1", "127.0.0.1", 1),
      ("[::1]", "::1", nil), ("[2001:DB8::A]:65535", "2001:db8::a", 65535),
      ("[::ffff:127.0.0.1]:443", "::ffff:127.0.0.1", 443), ("a_b-c~d.%41:00080", "a_b-c~d.%41", 80),
      ("localhost.", "localhost.", nil),
    ] as [(String, String, Int?)])
  func good(_ text: String, _ host: String, _ port: Int?) throws {
    let all = bytes("x\(text)y")
    let found = Authority(all.span, 1, all.count - 2)
    let authority = try #require(found)
    #expect(authority.host == host)
    #expect(authority.port == port)
    #expect(authority.isIPv6 == text.hasPrefix("["))
  }

  @Test(arguments: [
    "", ":", ":80", "a:", "a:0", "a:000000", "a:65536", "a:000080", "a:-1", "a:+1", "a:8a",
    "a:80:80",
    "a b", "a/", "a?", "a#", "u@a", "@a", "a\\", "a,b", "[", "[]", "[::1", "::1", "[::1]a",
    "[::1]80",
    "[::1]:", "[a]", "[127.0.0.1]", "[::1%25lo]", "a[", "a]", "\u{e9}", "a\u{0}", "a\t", "\"a\"",
    "*",
    "a;b", "a(b)", String(repeating: "a", count: 1025),
  ])
  func bad(_ text: String) {
    let all = bytes(text)
    let found = Authority(all.span, 0, all.count)
    #expect(found == nil)
  }

  @Test func serialized() {
    #expect(Authority(host: "a.test", port: 80).serialized(defaultPort: 80) == "a.test")
    #expect(Authority(host: "a.test", port: 80).serialized(defaultPort: 443) == "a.test:80")
    #expect(Authority(host: "a.test", port: nil).serialized(defaultPort: 443) == "a.test")
    #expect(Authority(host: "::1", port: 81).serialized(defaultPort: 80) == "[::1]:81")
  }
}

@Suite struct RequestTargetTests {
  @Test func absoluteForm() throws {
    let head = try Self.head("GET HTTPS://a.test:8443?q HTTP/1.1")
    #expect(
      head.target
        == .absolute(
          isHTTPS: true, authorityStart: 12, authorityLength: 11, pathStart: 23, pathLength: 2))
    let bare = try Self.head("GET http://a HTTP/1.1")
    #expect(
      bare.target
        == .absolute(
          isHTTPS: false, authorityStart: 11, authorityLength: 1, pathStart: 12, pathLength: 0))
  }

  @Test func otherForms() throws {
    #expect(try Self.head("GET //a HTTP/1.1").target == .origin(start: 4, length: 3))
    #expect(try Self.head("OPTIONS * HTTP/1.1").target == .asterisk)
    #expect(try Self.head("CONNECT a:1 HTTP/1.1").target == .authority(start: 8, length: 3))
  }

  @Test(arguments: [
    ("GET", HTTPMethod.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
    ("CONNECT", .connect), ("OPTIONS", .options), ("TRACE", .trace), ("PATCH", .other),
    ("get", .other), ("Get", .other), ("GETX", .other), ("G", .other), ("", .other),
  ])
  func methods(_ name: String, _ method: HTTPMethod) {
    #expect(HTTPMethod(name) == method)
  }

  @Test func idempotence() {
    let all: [HTTPMethod] = [
      .get, .head, .put, .delete, .options, .trace, .post, .connect, .other,
    ]
    let idempotent = all.filter { $0.isIdempotent }
    #expect(idempotent == [.get, .head, .put, .delete, .options, .trace])
  }

  private static func head(_ line: String) throws -> RequestHead {
    try RequestHead(.init(string: line + "\r\nHost: a\r\n\r\n"), limits: HeadLimits())
  }
}
