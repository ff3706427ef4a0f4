import NIOCore
import Testing

@testable import Proxy

/// Where requests go, and which have nowhere to go.
@Suite struct RequestRouteTests {
  private static let secure = TunnelOrigin(
    authority: Authority(host: "a.test", port: 8443), port: 8443, isSecure: true, serverName: nil)
  private static let named = TunnelOrigin(
    authority: Authority(host: "10.0.0.1", port: 443), port: 443, isSecure: true,
    serverName: "a.test")
  private static let clear = TunnelOrigin(
    authority: Authority(host: "a.test", port: 80), port: 80, isSecure: false, serverName: nil)

  private static func route(
    _ start: String, host: String? = "a.test", _ tunnel: TunnelOrigin? = nil
  ) throws -> (RequestRoute, url: String) {
    let version = host == nil ? "1.0" : "1.1"
    let fields = host.map { "Host: \($0)\r\n" } ?? ""
    let head = try RequestHead(
      ByteBuffer(bytes: bytes("\(start) HTTP/\(version)\r\n\(fields)\r\n")), limits: HeadLimits())
    let route = try RequestRoute(head, tunnel: tunnel)
    var url = ByteBuffer()
    route.writeURL(of: head, into: &url)
    return (route, text(url))
  }

  private static func status(
    _ start: String, host: String? = "a.test", _ tunnel: TunnelOrigin? = nil
  ) -> Int? {
    do {
      _ = try Self.route(start, host: host, tunnel)
      return nil
    } catch let failure as RequestRoute.Failure {
      return failure.response.status
    } catch { return (error as? Refusal)?.status ?? 0 }
  }

  @Test(arguments: [
    ("GET http://A.test", "http://a.test/"), ("GET http://a.test:80/", "http://a.test/"),
    ("GET http://a.test:443/x", "http://a.test:443/x"),
    ("GET HTTPS://a.test:443?q", "https://a.test/?q"),
    ("GET http://[::1]:8080/x?y", "http://[::1]:8080/x?y"),
    ("OPTIONS http://a.test", "http://a.test/"),
  ])
  func urls(_ start: String, _ url: String) throws {
    #expect(try Self.route(start, host: "other").url == url)
  }

  @Test func keys() throws {
    let plain = try Self.route("GET http://a.test/").0
    #expect(plain.key == UpstreamKey(host: "a.test", port: 80, serverName: nil))
    let secure = try Self.route("GET https://a.test/").0
    #expect(secure.key == UpstreamKey(host: "a.test", port: 443, serverName: "a.test"))
    let tunnelled = try Self.route("GET /", host: "a.test:8443", Self.secure).0
    #expect(tunnelled.key == UpstreamKey(host: "a.test", port: 8443, serverName: "a.test"))
    let named = try Self.route("GET /", Self.named).0
    #expect(named.key == UpstreamKey(host: "10.0.0.1", port: 443, serverName: "a.test"))
    let clear = try Self.route("GET /", Self.clear).0
    #expect(clear.key == UpstreamKey(host: "a.test", port: 80, serverName: nil))
  }

  @Test func urlsInsideTunnels() throws {
    #expect(
      try Self.route("GET /x", host: "A.test:8443", Self.secure).url == "https://a.test:8443/x")
    #expect(try Self.route("GET /", Self.named).url == "https://a.test/")
    #expect(try Self.route("GET /", host: "10.0.0.1", Self.named).url == "https://10.0.0.1/")
    #expect(try Self.route("GET http://a.test/", host: "x", Self.clear).url == "http://a.test/")
    #expect(try Self.route("GET /", host: nil, Self.secure).url == "https://a.test:8443/")
  }

  @Test(arguments: ["GET /", "OPTIONS *", "GET /_health", "GET //a.test/"])
  func requestsToTheProxyItself(_ start: String) {
    #expect(Self.status(start) == 404)
  }

  /// The certificate that the client checked was for one host.
  @Test(arguments: [
    ("GET /", "b.test:8443"), ("GET /", "a.test"), ("GET /", "a.test:443"), ("GET /", "a.test:80"),
    ("GET https://b.test:8443/", "a.test:8443"), ("GET http://a.test:8443/", "a.test:8443"),
    ("GET https://a.test/", "a.test:8443"), ("OPTIONS *", "b.test:8443"),
    ("OPTIONS *", "a.test:443"),
  ])
  func otherHostsInsideATunnelAreMisdirected(_ start: String, _ host: String) {
    #expect(Self.status(start, host: host, Self.secure) == 421)
  }

  @Test func connectIsNoRequestToRoute() {
    #expect(Self.status("CONNECT a.test:443") == 400)
  }
}

@Suite struct FetchTargetTests {
  @Test(
    arguments: [
      ("http://a.test/x?y#z", "a.test", 80, nil, "a.test", "/x?y"),
      ("https://a.test", "a.test", 443, "a.test", "a.test", "/"),
      ("https://a.test:8443?q", "a.test", 8443, "a.test", "a.test:8443", "/?q"),
      ("http://[::1]:80#f", "::1", 80, nil, "[::1]", "/"),
      ("http://a.test/%20\u{e9}", "a.test", 80, nil, "a.test", "/%20\u{e9}"),
    ] as [(String, String, Int, String?, String, String)])
  func good(
    _ url: String, _ host: String, _ port: Int, _ name: String?, _ authority: String, _ path: String
  ) throws {
    let target = try #require(FetchTarget(url))
    #expect(target.key == UpstreamKey(host: host, port: port, serverName: name))
    #expect(target.authority == authority)
    #expect(target.path == path)
  }

  @Test(arguments: [
    "", "a.test", "ftp://a.test/", "http:/a", "http://", "https:///x", "http://u@a.test/",
    "http://a.test:0/", "http://a.test:99999/", "http://a.test/ x", "http://a.test/\r\nX: y",
    "http://a.test/\u{0}", "http://a.test\r\nX: y/", "http://a b/", "HTTP://a.test/", "http://?x",
    "http://a.test/\u{7f}", "data:,x", "about:blank",
  ])
  func bad(_ url: String) {
    #expect(FetchTarget(url)?.path == nil)
  }
}
