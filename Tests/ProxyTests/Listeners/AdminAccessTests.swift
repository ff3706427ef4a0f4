import NIOCore
import Testing

@testable import Proxy

@Suite struct AdminAccessTests {
  static func refusal(_ fields: String..., token: String? = "secret", needsToken: Bool = true)
    throws
    -> AdminAccess.Refusal?
  {
    let lines = fields.map { $0 + "\r\n" }.joined()
    let head = try RequestHead(
      ByteBuffer(string: "GET /_plugins HTTP/1.1\r\n\(lines)\r\n"), limits: ProxyLimits().head)
    return AdminAccess(token: token).refusal(of: head, needsToken: needsToken)
  }

  @Test(arguments: ["127.0.0.1", "127.0.0.1:8081", "127.1.2.3", "localhost:1", "[::1]:8081"])
  func loopbackHosts(host: String) throws {
    #expect(try Self.refusal("Host: \(host)", "Authorization: Bearer secret") == nil)
    #expect(try Self.refusal("Host: \(host)", needsToken: false) == nil)
  }

  @Test(arguments: [
    "evil.example", "127.evil.example", "127.0.0.1.evil.example", "127.0.0.256", "127.0.0",
    "localhost.evil.example", "192.0.2.1", "[::2]", "10.127.0.1",
  ])
  func foreignHosts(host: String) throws {
    #expect(try Self.refusal("Host: \(host)", "Authorization: Bearer secret") == .foreignHost)
    #expect(try Self.refusal("Host: \(host)", needsToken: false) == .foreignHost)
  }

  @Test func origins() throws {
    let (host, token) = ("Host: 127.0.0.1:8081", "Authorization: Bearer secret")
    #expect(try Self.refusal(host, token, "Origin: http://127.0.0.1:8081") == nil)
    for origin in ["null", "http://127.0.0.1", "https://127.0.0.1:8081", "http://evil.example", ""]
    {
      #expect(try Self.refusal(host, token, "Origin: \(origin)") == .foreignOrigin, "\(origin)")
    }
  }

  @Test(arguments: [
    "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer Secret", "Basic secret",
    "secret",
    "Bearersecret",
  ])
  func wrongTokens(authorization: String) throws {
    #expect(try Self.refusal("Host: [::1]", "Authorization: \(authorization)") == .noToken)
  }

  @Test func tokens() throws {
    #expect(try Self.refusal("Host: [::1]", "authorization: bearer secret") == nil)
    #expect(try Self.refusal("Host: [::1]") == .noToken)
    #expect(try Self.refusal("Host: [::1]", "Authorization: Bearer x", token: nil) == .noToken)
    #expect(try Self.refusal("Host: [::1]", "Authorization: Bearer ", token: "") == .noToken)
  }
}
