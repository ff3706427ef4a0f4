import NIOCore
import Testing

@testable import Proxy

@Suite struct GatewayTests {
  let authority: CertificateAuthority
  let gateway: Gateway
  let proxy = Authority(host: "192.0.2.1", port: 8080)

  init() throws {
    self.authority = try makeAuthority("A <b> & \"c\"")
    self.gateway = Gateway(authority: self.authority)
  }

  func page(_ target: String, _ method: HTTPMethod = .get) -> GatewayPage? {
    self.gateway.page(target, method: method, proxy: self.proxy) {
      Gateway.Status(
        uptime: .seconds(90_061), openConnections: 12_345, acceptedConnections: 67_890)
    }
  }

  static func text(_ page: GatewayPage?, isHead: Bool = false) -> String {
    page.map { String(buffer: $0.serialized(isHead: isHead, connection: "")) } ?? ""
  }

  @Test(arguments: ["/", "", "/?a=b", "?a"])
  func index(target: String) {
    let text = Self.text(self.page(target))
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"))
    #expect(text.contains("<h1>Valor \(ProductVersion.current)</h1>"))
    #expect(text.contains("It has run for 1 d 1 h 1 min 1 s."))
    #expect(text.contains("12345 open, 67890 since the start"))
    for link in ["/ca.pem", "/ca.der", "/proxy.pac"] {
      #expect(text.contains("<a href=\"\(link)\">"))
    }
    #expect(text.contains(self.authority.fingerprint))
    #expect(text.contains("--proxy http://192.0.2.1:8080 "))
    #expect(text.contains("curl --cacert valor-ca.pem "))
    #expect(text.contains("A &lt;b&gt; &amp; &quot;c&quot;"))
    #expect(!text.contains("<b>"))
    #expect(!text.contains("PRIVATE KEY"))
  }

  @Test func certificates() throws {
    let pem = try #require(self.page("/ca.pem"))
    #expect(pem.body == self.authority.pem)
    #expect(String(decoding: pem.body, as: UTF8.self).hasPrefix("-----BEGIN CERTIFICATE-----\n"))
    let head = Self.text(pem, isHead: true)
    #expect(head.contains("\r\nContent-Type: application/x-pem-file\r\n"))
    #expect(head.contains("\r\nContent-Disposition: attachment; filename=\"valor-ca.pem\"\r\n"))
    #expect(head.contains("\r\nContent-Length: \(pem.body.count)\r\n"))
    #expect(head.hasSuffix("\r\n\r\n"), "no body for HEAD")
    let der = try #require(self.page("/ca.der?x"))
    #expect(der.body == self.authority.der)
    #expect(der.body.first == 0x30)
    #expect(Self.text(der, isHead: true).contains("Content-Type: application/x-x509-ca-cert\r\n"))
  }

  @Test func securityFields() {
    for page in [self.page("/"), self.page("/ca.pem"), .notFound([]), .methodNotAllowed] {
      let text = Self.text(page)
      #expect(text.contains("\r\nContent-Security-Policy: default-src 'none'; "))
      #expect(text.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
      #expect(text.contains("\r\nCache-Control: no-store\r\n"))
    }
  }

  @Test(arguments: ["POST", "PUT", "OPTIONS", "DELETE", "get", "BREW"])
  func otherMethods(method: String) {
    for target in ["/", "/ca.pem", "/proxy.pac"] {
      let text = Self.text(self.page(target, HTTPMethod(method)))
      #expect(text.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
      #expect(text.contains("\r\nAllow: GET, HEAD\r\n"))
    }
  }

  @Test(arguments: [
    "/ca", "/ca.pem/", "/CA.pem", "//", "/ca-key.pem", "/../ca-key.pem", "/ca.key", "/favicon.ico",
    "/%2e/", "ca.pem", "/ca.pem%00",
  ])
  func noSuchPage(target: String) { #expect(self.page(target) == nil) }

  @Test func automaticConfiguration() {
    let text = Self.text(self.page("/proxy.pac"))
    #expect(text.contains("\r\nContent-Type: application/x-ns-proxy-autoconfig\r\n"))
    #expect(text.contains("function FindProxyForURL(url, host) {\n"))
    #expect(text.contains("  return \"PROXY 192.0.2.1:8080\";\n}\n"))
    #expect(text.contains("/^127(\\.\\d+){3}$/"))
  }

  @Test(arguments: [("127.0.0.1", "127.0.0.1:3128"), ("::1", "[::1]:3128")])
  func automaticConfigurationOnTheSameMachine(host: String, address: String) {
    #expect(
      autoConfiguration(proxy: Authority(host: host, port: 3128))
        == "function FindProxyForURL(url, host) {\n  return \"PROXY \(address)\";\n}\n")
  }

  @Test(arguments: [
    (0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3600, "1 h 0 min 0 s"),
    (86_399, "23 h 59 min 59 s"), (86_400 * 400, "400 d 0 h 0 min 0 s"), (-5, "0 s"),
  ])
  func durations(seconds: Int64, text: String) {
    #expect(durationText(.seconds(seconds)) == text)
  }

  @Test(arguments: [
    ("valor.proxy", true), ("valor.proxy.", true), ("www.valor.proxy", false),
    ("valor.proxy.example", false), ("xvalor.proxy", false), ("", false),
  ])
  func ownHost(host: String, isOwn: Bool) { #expect(Gateway.isOwn(host) == isOwn) }
}
