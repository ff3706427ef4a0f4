import Foundation
import TestSupport
import Testing

/// The program's way to origins, by its options.
@Suite struct UpstreamTests {
  // MARK: The proxy itself

  /// Names of 127.0.0.1, on which the proxy listens.
  static let spellings = [
    "127.0.0.1", "localhost", "localhost.", "x.localhost", "0.0.0.0", "127.1", "0x7f000001",
    "2130706433", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
  ]

  @Test func itDoesNotConnectToItself() async throws {
    try await withValor { valor in
      for url in [valor.proxyURL, valor.adminURL] {
        let port = url.split(separator: ":").last ?? ""
        for host in Self.spellings {
          for tunnel in [[], ["--proxytunnel"]] {
            let answer = try await valor.curl(
              ["-g", "--path-as-is"] + tunnel + ["http://\(host):\(port)/_health"])
            #expect(answer.status == 502, "\(host) \(tunnel): \(answer)")
            let status = answer.first("proxy-status") ?? ""
            #expect(status.contains("error=proxy_loop_detected;"), "\(host): \(status)")
          }
        }
      }
    }
  }

  @Test func aPluginDoesNotGetTheProxyToConnectToItself() async throws {
    try await withValor(plugin("fetches", claims: "http://fetch.example/")) { valor in
      for host in ["127.0.0.1", "localhost", "0.0.0.0"] {
        let port = valor.adminURL.split(separator: ":").last ?? ""
        let answer = try await valor.curl(
          ["http://fetch.example/?" + "http%3A%2F%2F\(host)%3A\(port)%2F_health"])
        #expect(answer.text.hasPrefix("TypeError"), "\(answer.text)")
        #expect(!answer.text.contains("status"), "\(answer.text)")
      }
    }
  }

  // MARK: The proxy behind

  @Test(arguments: Transport.allCases)
  func everythingGoesThroughTheUpstreamProxy(transport: Transport) async throws {
    try await withValor(["--intercept", "none"]) { parent in
      try await withScene(transport, arguments: ["--upstream-proxy", parent.proxyURL]) { scene in
        try await scene.expectAgreement([], "/through")
        try await scene.expectAgreement(["-d", "some text"], "/through")
        let isForwarded = transport == .plain
        let via = scene.origin.requests.last?.all("via").joined(separator: ",") ?? ""
        let hops = transport == .tunnelled ? 0 : isForwarded ? 2 : 1
        #expect(via.split(separator: ",").count == hops, "\(via)")
        parent.child.send(signal: SIGKILL)
        #expect(try await parent.waitForExit() == .signal(SIGKILL))
        let answer = try await scene.through([], "/without")
        let isRefused = transport == .tunnelled ? answer.exitCode == 56 : answer.status == 502
        #expect(isRefused, "there is no other way: \(answer)")
        #expect(!scene.origin.requests.contains { $0.target == "/without" })
      }
    }
  }

  @Test func credentialsGoToTheUpstreamProxyAlone() async throws {
    let parent = try TestOrigin(otherwise: { _ in .text("from the proxy behind") })
    defer { parent.stop() }
    let url = "http://me:pass%20word@127.0.0.1:\(parent.port)"
    try await withValor(["--upstream-proxy", url, "--log-level", "trace"]) { valor in
      let answer = try await valor.curl(
        ["-U", "client:secret", "http://far.example/path", "-H", "X-Mine: yes"])
      #expect(answer.text == "from the proxy behind")
      let request = try #require(parent.requests.first)
      #expect(request.target == "http://far.example/path")
      #expect(request.all("proxy-authorization") == ["Basic bWU6cGFzcyB3b3Jk"])
      #expect(request.first("x-mine") == "yes")
      #expect(!valor.child.errorText.contains("pass"), "\(valor.child.errorText)")
    }
  }

  // MARK: What is not looked into, and what is not verified

  @Test func passthroughHostsSeeTheirClientsThemselves() async throws {
    try await withScene(.intercepted, arguments: ["--passthrough", "localhost"]) { scene in
      let refused = try await scene.through([], "/")
      #expect(refused.exitCode == 60, "the proxy's certificate is not there: \(refused)")
      let answer = try await scene.valor.curl([scene.url + "/"], trust: scene.root)
      #expect(answer.exitCode == 0, "\(answer.errorText)")
      #expect(answer.first("via") == nil)
    }
  }

  @Test func unverifiedCertificatesAreSpokenOf() async throws {
    let stranger = try TestAuthority(name: "Unknown")
    let certificate: (TestAuthority) throws -> TestCertificate = { _ in
      try stranger.certificate(for: ["other.example"])
    }
    try await withScene(
      .intercepted, certificate: certificate, arguments: ["--insecure-upstream"]
    ) { scene in
      let answer = try await scene.through([], "/")
      #expect(answer.status == 200, "\(answer)")
      #expect(
        answer.first("proxy-status")?.hasSuffix("details=\"upstream certificate not verified\"")
          == true)
      #expect(try await scene.valor.waitForLog("not verified"))
    }
    try await withScene(.intercepted) { scene in
      let answer = try await scene.through([], "/")
      #expect(answer.first("proxy-status") == nil)
      #expect(!scene.valor.child.errorText.contains("not verified"))
    }
  }

  // MARK: Connections

  @Test func sessionsWithOriginsAreResumed() async throws {
    let routes: [String: TestOrigin.Route] = [
      "/": { _ in OriginAnswer.text("hello", fields: [("Connection", "close")]).thenClose }
    ]
    try await withScene(.intercepted, routes: routes) { scene in
      for _ in 0..<6 {
        let answer = try await scene.through([], "/")
        #expect(answer.text == "hello")
      }
      let requests = scene.origin.requests
      #expect(requests.count == 6)
      #expect(Set(requests.map(\.connection)).count == 6, "a connection each")
      #expect(requests.map(\.isResumed) == [false] + Array(repeating: true, count: 5))
    }
  }

  @Test func manyRequestsShareFewConnections() async throws {
    let arguments = ["--max-connections-per-origin", "1"]
    let routes: [String: TestOrigin.Route] = ["/": { _ in .text("hello").after(seconds: 0.05) }]
    try await withScene(routes: routes, arguments: arguments) { scene in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 { group.addTask { try await scene.through([], "/").text } }
        for try await text in group { #expect(text == "hello") }
      }
      let loops = ProcessInfo.processInfo.activeProcessorCount
      #expect(scene.origin.connectionCount <= loops)
    }
  }
}
