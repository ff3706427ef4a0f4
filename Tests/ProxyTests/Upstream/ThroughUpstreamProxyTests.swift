import TestSupport
import Testing

@testable import Proxy

/// Everything goes through the proxy behind this one, which the test plays.
@Suite struct ThroughUpstreamProxyTests {
  static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
  static let credentials = "Proxy-Authorization: Basic dTpw\r\n"

  /// Sets up a proxy that goes through `parent`, and gives the test a client's connection.
  static func withParent(
    _ depth: Depth = .plain, intercept: InterceptMode? = nil,
    body: @escaping @Sendable (_ scene: ProxyScene, _ parent: WireListener) throws -> Void
  ) async throws {
    let parent = try WireListener()
    let proxy = try UpstreamProxy("http://u:p@127.0.0.1:\(parent.port)")
    try await withProxy(depth, intercept: intercept, upstreamProxy: proxy) { scene in
      try body(scene, parent)
    }
  }

  static func get(_ url: String, host: String) -> String {
    "GET \(url) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
  }

  @Test func requestsInTheClearHaveAbsoluteTargets() async throws {
    try await Self.withParent { scene, parent in
      let client = try scene.connect()
      try client.send(Self.get("http://one.test:81/a?b", host: "one.test:81"))
      let wire = try parent.accept()
      let first = try wire.receiveHead()
      #expect(first.hasPrefix("GET http://one.test:81/a?b HTTP/1.1\r\nHost: one.test:81\r\n"))
      #expect(first.contains("\r\n" + Self.credentials))
      try wire.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
      // Another origin, the same connection: it is the proxy's.
      try client.send(Self.get("http://two.test", host: "two.test"))
      let second = try wire.receiveHead()
      #expect(second.hasPrefix("GET http://two.test/ HTTP/1.1\r\nHost: two.test\r\n"), "\(second)")
      try wire.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
      try client.send("OPTIONS http://two.test HTTP/1.1\r\nHost: two.test\r\n\r\n")
      #expect(try wire.receiveHead().hasPrefix("OPTIONS http://two.test HTTP/1.1\r\n"))
    }
  }

  @Test func interceptedRequestsGoThroughATunnel() async throws {
    try await Self.withParent(.tls) { scene, parent in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/secret"))
      let wire = try parent.accept()
      let connect = try wire.receiveHead()
      #expect(connect.hasPrefix("CONNECT \(scene.host) HTTP/1.1\r\nHost: \(scene.host)\r\n"))
      #expect(connect.contains("\r\n" + Self.credentials))
      try wire.send("HTTP/1.1 200 Connection established\r\n\r\n")
      try wire.startTLS(as: scene.certificate)
      let request = try wire.receiveHead()
      #expect(request.hasPrefix("GET /secret HTTP/1.1\r\n"))
      #expect(!request.contains("Proxy-Authorization"), "the origin gets no credentials")
      try wire.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
      try client.send(scene.head("GET", "/more"))
      #expect(try wire.receiveHead().hasPrefix("GET /more "), "the tunnel is kept")
    }
  }

  @Test func blindTunnelsGoThroughATunnel() async throws {
    try await Self.withParent(intercept: InterceptMode.none) { scene, parent in
      let client = try scene.connect()
      try client.send("CONNECT mail.test:25 HTTP/1.1\r\nHost: mail.test:25\r\n\r\n")
      let wire = try parent.accept()
      #expect(try wire.receiveHead().hasPrefix("CONNECT mail.test:25 HTTP/1.1\r\n"))
      // The origin speaks first, in the same packet.
      try wire.send("HTTP/1.0 200 OK\r\n\r\n220 ready\r\n")
      #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 "))
      #expect(try client.receive(11) == "220 ready\r\n")
      try client.send("QUIT\r\n")
      #expect(try wire.receive(6) == "QUIT\r\n")
      wire.endSending()
      #expect(try client.receiveToEnd() == "")
    }
  }

  static let refusals: [(answer: String, status: Int, error: String)] = [
    (
      "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", 500,
      "proxy_configuration_error"
    ),
    ("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 502, "destination_unavailable"),
    ("HTTP/1.1 504 Slow\r\nContent-Length: 0\r\n\r\n", 504, "connection_timeout"),
    ("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 403, "http_request_denied"),
    ("220 smtp.test ready\r\n\r\n", 502, "http_protocol_error"),
    ("", 502, "connection_terminated"),
  ]

  @Test(arguments: [0, 1, 2, 3, 4, 5], [Depth.plain, .tls])
  func aTunnelThatIsRefusedIsExplained(row: Int, depth: Depth) async throws {
    let (answer, status, error) = Self.refusals[row]
    let intercept = depth == .plain ? InterceptMode.none : .all
    try await Self.withParent(depth, intercept: intercept) { scene, parent in
      let client = try scene.connect()
      try client.send(
        depth == .plain
          ? "CONNECT far.test:443 HTTP/1.1\r\nHost: far.test:443\r\n\r\n" : scene.head("GET", "/"))
      let wire = try parent.accept()
      _ = try wire.receiveHead()
      try wire.send(answer)
      wire.endSending()
      let response = try client.receiveResponse()
      #expect(response.status == status)
      let proxyStatus = response.field("Proxy-Status") ?? ""
      #expect(proxyStatus.contains("error=\(error);"), "\(proxyStatus)")
      #expect(response.body.contains("upstream proxy 127.0.0.1:\(parent.port)"), "\(response.body)")
      #expect(response.field("Proxy-Authenticate") == nil)
    }
  }

  @Test func missingCredentialsAreNotTheClientsMatter() async throws {
    try await Self.withParent { scene, parent in
      let client = try scene.connect()
      try client.send(Self.get("http://one.test/", host: "one.test"))
      let wire = try parent.accept()
      _ = try wire.receiveHead()
      try wire.send(Self.refusals[0].answer)
      let response = try client.receiveResponse()
      #expect(response.status == 500)
      let proxyStatus = response.field("Proxy-Status") ?? ""
      #expect(proxyStatus.contains("error=proxy_configuration_error;"), "\(proxyStatus)")
      #expect(response.body.contains("credentials"))
    }
  }

  @Test func aProxyThatIsNotThereIsNamed() async throws {
    let refusing = try RefusingPort()
    let proxy = try UpstreamProxy("http://127.0.0.1:\(refusing.port)")
    try await withProxy(upstreamProxy: proxy) { scene in
      let client = try scene.connect()
      try client.send(Self.get("http://one.test/", host: "one.test"))
      let response = try client.receiveResponse()
      #expect(response.status == 502)
      #expect(response.body.contains("The upstream proxy 127.0.0.1:\(refusing.port) refused"))
    }
  }

  @Test func aRequestThatComesBackIsALoop() async throws {
    try await Self.withParent(intercept: InterceptMode.none) { scene, parent in
      let client = try scene.connect()
      try client.send("CONNECT far.test:443 HTTP/1.1\r\nHost: far.test:443\r\n\r\n")
      let wire = try parent.accept()
      let connect = try wire.receiveHead()
      // The proxy behind sends it back to the first.
      let back = try scene.connect()
      try back.send(connect)
      let response = try back.receiveResponse()
      #expect(response.status == 502)
      #expect(response.field("Proxy-Status")?.contains("error=proxy_loop_detected;") == true)
    }
  }
}
