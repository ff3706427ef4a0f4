import FetchModel
import NIOCore
import Testing

@testable import Proxy

/// The proxy behind this one: its URL, what it is sent, what it answers.
@Suite struct UpstreamProxyTests {
  @Test func aURLNamesTheProxy() throws {
    let plain = try UpstreamProxy("http://Proxy.Example:3128")
    #expect(plain.host == "proxy.example")
    #expect(plain.port == 3128)
    #expect(plain.authorizationLine.readableBytes == 0)
    #expect(try UpstreamProxy("http://proxy.example/").port == 80)
    let six = try UpstreamProxy("http://[::1]:3128/")
    #expect(six.host == "::1")
    #expect(six.description == "[::1]:3128")
  }

  @Test(arguments: [
    ("http://Aladdin:open%20sesame@p.example", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    ("http://user@p.example", "dXNlcjo="),
    ("http://:secret@p.example", "OnNlY3JldA=="),
    ("http://a:%C3%A9@p.example", "YTrDqQ=="),
    ("http://a:b%3Ac@p.example", "YTpiOmM="),
  ])
  func credentialsAreBasic(text: String, expected: String) throws {
    let proxy = try UpstreamProxy(text)
    #expect(
      String(buffer: proxy.authorizationLine) == "Proxy-Authorization: Basic \(expected)\r\n")
    #expect(proxy.description == "p.example:80", "without the credentials")
  }

  @Test(arguments: [
    ("proxy.example:3128", UpstreamProxyError.badScheme), ("", .notAURL), ("http://", .notAURL),
    ("https://p.example", .badScheme), ("socks5://p.example", .badScheme),
    ("http://p.example/path", .hasPath), ("http://p.example/?q", .hasPath),
    ("http://p.example/#f", .hasPath), ("http://a%3Ab:c@p.example", .badUser),
    ("http://p.example:0", .noHost), ("http://p.example:99999", .notAURL),
  ])
  func whatCannotBeUsed(text: String, expected: UpstreamProxyError) {
    #expect(throws: expected) { try UpstreamProxy(text) }
    #expect(!expected.description.isEmpty)
  }

  // MARK: CONNECT

  static let limits = ProxyLimits().head

  /// Gives the bytes in pieces of that size and returns the last event and what was left.
  static func read(_ text: String, pieces: Int) -> (ProxyTunnelReader.Event, String) {
    var reader = ProxyTunnelReader(
      proxy: "p.example:3128", target: "a.example:443", limits: Self.limits)
    var input = ByteBuffer()
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      input.writeBytes(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
      let event = reader.next(&input)
      if event != .needMore {
        return (event, String(buffer: input) + String(decoding: rest, as: UTF8.self))
      }
    }
    return (.needMore, String(buffer: input))
  }

  @Test func theRequestNamesTheTargetTwice() throws {
    let proxy = try UpstreamProxy("http://u:p@p.example:3128")
    let request = ProxyTunnelReader.request(
      to: "a.example:443", through: proxy, identity: ProxyIdentity(pseudonym: "valor-1"))
    #expect(
      String(buffer: request) == """
        CONNECT a.example:443 HTTP/1.1\r
        Host: a.example:443\r
        Proxy-Authorization: Basic dTpw\r
        Via: 1.1 valor-1\r
        \r\n
        """)
  }

  @Test(arguments: [1, 7, 4096])
  func aTunnelStands(pieces: Int) {
    let answers = [
      "HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200\r\n\r\n",
      "HTTP/1.1 204 Fine\r\nX: y\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ]
    for answer in answers {
      let (event, rest) = Self.read(answer + "SSH-2.0", pieces: pieces)
      #expect(event == .established, "\(answer)")
      #expect(rest == "SSH-2.0", "what follows is the origin's")
    }
    #expect(Self.read("HTTP/1.1 200 OK\r\nX: y\r\n", pieces: pieces).0 == .needMore)
  }

  @Test(arguments: [
    (
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
      FetchError.Code.proxyConfigurationError, "credentials"
    ),
    (
      "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nabc", .destinationUnavailable,
      "502 Bad Gateway"
    ),
    ("HTTP/1.1 503\r\n\r\n", .destinationUnavailable, "503."),
    ("HTTP/1.1 504 Slow\r\n\r\n", .connectionTimeout, "504"),
    ("HTTP/1.1 403 No\r\n\r\n", .httpRequestDenied, "403"),
    ("HTTP/1.1 302 Away\r\nLocation: /\r\n\r\n", .destinationUnavailable, "302"),
    ("HTTP/1.1 101 Other\r\n\r\n", .destinationUnavailable, "101"),
    ("220 smtp.example ready\r\n\r\n", .httpProtocolError, "malformed"),
    (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 17), .httpProtocolError, "interim"),
  ])
  func noTunnelIsExplained(answer: String, code: FetchError.Code, text: String) {
    for pieces in [1, 4096] {
      guard case .failed(let error) = Self.read(answer, pieces: pieces).0 else {
        Issue.record("no failure for \(answer)")
        continue
      }
      #expect(error.code == code)
      #expect(error.message.contains(text), "\(error.message)")
      #expect(error.message.contains("p.example:3128"))
    }
  }
}
