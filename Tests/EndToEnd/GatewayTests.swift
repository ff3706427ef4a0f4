import Foundation
import TestSupport
import Testing

/// The proxy's own pages: through the proxy at the magic host, and at its address.
@Suite struct GatewayTests {
  @Test(arguments: ["http://valor.proxy", "at its address"])
  func pages(base: String) async throws {
    try await withValor { valor in
      func get(_ path: String, _ arguments: [String] = []) async throws -> CurlResult {
        base.hasPrefix("http")
          ? try await valor.curl(arguments + [base + path])
          : try await curl(arguments + [valor.proxyURL + path])
      }
      let file = try Data(contentsOf: URL(fileURLWithPath: valor.authorityFile))
      let pem = try await get("/ca.pem")
      #expect(pem.status == 200)
      #expect(Data(pem.body) == file)
      #expect(pem.first("content-disposition")?.contains("valor-ca.pem") == true)

      let folder = try TemporaryFolder()
      let der = try folder.write(try await get("/ca.der").body, to: "ca.der")
      let converted = try await run("openssl", ["x509", "-inform", "DER", "-in", der])
      #expect(Data(converted.output) == file, "\(converted.errorText)")

      let index = try await get("/")
      #expect(index.status == 200)
      #expect(index.first("content-type") == "text/html; charset=utf-8")
      #expect(index.first("content-security-policy")?.hasPrefix("default-src 'none'") == true)
      let secrets = [
        URL(fileURLWithPath: valor.authorityFile).deletingLastPathComponent().path, "PRIVATE",
      ]
      for secret in secrets { #expect(!index.text.contains(secret)) }

      let address = String(valor.proxyURL.dropFirst("http://".count))
      let script = try await get("/proxy.pac")
      #expect(script.first("content-type") == "application/x-ns-proxy-autoconfig")
      #expect(script.text.contains("return \"PROXY \(address)\";"))

      let head = try await get("/ca.pem", ["-I"])
      #expect(head.status == 200)
      #expect(head.first("content-length") == "\(file.count)")
      for arguments in [["-d", "body"], ["-X", "DELETE"]] {
        let refused = try await get("/ca.pem", arguments)
        #expect(refused.status == 405)
        #expect(refused.first("allow") == "GET, HEAD")
      }
      #expect(try await get("/ca-key.pem").status == 404)
    }
  }

  @Test func whatIsAskedOfTheAddressOtherwise() async throws {
    try await withValor { valor in
      let answer = try await curl(["\(valor.proxyURL)/elsewhere"])
      #expect(answer.status == 404)
      #expect(answer.text.contains("forward proxy"))
    }
  }

  @Test func theConnectionIsKept() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withScene(arguments: ["--access-log", log]) { scene in
      let result = try await scene.valor.curl(["http://valor.proxy/ca.pem", "\(scene.url)/"])
      #expect(result.exitCode == 0)
      #expect(result.heads.map(\.status) == [200, 200])
      #expect(result.first("via") != nil)
      #expect(scene.origin.requestCount == 1)
      let lines = try await AccessLogTests.waitForLines(2, in: log)
      #expect(lines.map(\.outcome) == ["gateway", "relay"])
      #expect(Set(lines.map { $0.number("client_port") }).count == 1)
    }
  }

  @Test func insideAnOpenedTunnel() async throws {
    try await withValor(plugin("hello", claims: "http://hello.example/")) { valor in
      let answer = try await valor.curl(["https://valor.proxy/ca.pem"])
      #expect(answer.exitCode == 0, "\(answer.errorText)")
      #expect(answer.status == 200)
    }
  }

  @Test(arguments: [
    "http://valor.proxy/", "https://valor.proxy:8443/x", "http://VALOR.proxy./",
  ])
  func aPluginCannotClaimIt(scope: String) async throws {
    let folder = try TemporaryFolder()
    let result = try await valor(
      ["run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        + ValorProcess.directories(in: folder) + plugin("hello", claims: scope))
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains(scope), "\(result.errorText)")
  }

  @Test func thePagesAreLogged() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withValor(["--access-log", log]) { valor in
      _ = try await valor.curl(["http://valor.proxy/proxy.pac"])
      _ = try await curl(["\(valor.proxyURL)/proxy.pac"])
      let lines = try await AccessLogTests.waitForLines(2, in: log)
      #expect(lines.map(\.outcome) == ["gateway", "gateway"])
      #expect(lines.map { $0["url"] } == ["http://valor.proxy/proxy.pac", "/proxy.pac"])
      #expect(lines.map { $0.number("status") } == [200, 200])
    }
  }
}
