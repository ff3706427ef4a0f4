import Foundation
import TestSupport
import Testing

/// Plugins answer what is in their scope, and only that.
@Suite struct PluginTests {
  static let names = "http://hello.example/,https://hello.example/"

  @Test(arguments: ["http", "https"])
  func aPluginAnswersForANameThatDoesNotExist(scheme: String) async throws {
    try await withValor(plugin("hello", claims: Self.names)) { valor in
      let answer = try await valor.curl(["\(scheme)://hello.example/some/path?q=1"])
      #expect(answer.exitCode == 0, "\(answer.errorText)")
      #expect(answer.status == 200)
      #expect(answer.text == "hello GET \(scheme)://hello.example/some/path?q=1")
      #expect(answer.first("content-type") == "text/plain")
      #expect(answer.first("x-plugin") == "hello")
      let teapot = try await valor.curl(["-X", "DELETE", "\(scheme)://hello.example/teapot"])
      #expect(teapot.status == 418)
      #expect(teapot.text == "hello DELETE \(scheme)://hello.example/teapot")
      let head = try await valor.curl(["-I", "\(scheme)://hello.example/"])
      #expect(head.status == 200)
      #expect(head.first("x-plugin") == "hello")
    }
  }

  @Test func severalRequestsUseOneConnectionAndOneWorker() async throws {
    try await withValor(plugin("hello", claims: Self.names)) { valor in
      for scheme in ["http", "https"] {
        let result = try await run(
          "curl",
          ["-q", "-sS", "--noproxy", "", "--proxy", valor.proxyURL]
            + ["--cacert", valor.authorityFile, "-w", " %{num_connects}\n"]
            + (0..<3).map { "\(scheme)://hello.example/\($0)" })
        #expect(
          result.text
            == (0..<3).map {
              "hello GET \(scheme)://hello.example/\($0) \($0 == 0 ? 1 : 0)\n"
            }.joined())
      }
      #expect(valor.workers.count == 1)
    }
  }

  @Test(arguments: Transport.allCases.filter { $0 != .tunnelled })
  func whatThePluginDoesNotClaimGoesToTheOrigin(transport: Transport) async throws {
    try await withScene(
      transport, arguments: plugin("hello", claims: "{origin}/claimed/")
    ) { scene in
      let claimed = try await scene.through([], "/claimed/x")
      #expect(claimed.text == "hello GET \(scene.url)/claimed/x")
      #expect(scene.origin.requestCount == 0)
      for path in ["/", "/claimed", "/other/claimed/"] {
        try await scene.expectAgreement(["-d", "unclaimed"], path)
      }
    }
  }

  @Test(arguments: Transport.allCases.filter { $0 != .tunnelled })
  func whatThePluginLeavesGoesToTheOriginWithItsBody(transport: Transport) async throws {
    let arguments = plugin("hello", claims: "{origin}/")
    try await withScene(transport, arguments: arguments) { scene in
      let folder = try TemporaryFolder()
      for size in [0, 1, 300_000] {
        let file = try folder.write(repeatElement(UInt8(ascii: "f"), count: size), to: "body")
        try await scene.expectAgreement(["--data-binary", "@\(file)"], "/leave")
        try await scene.expectAgreement(["-T", "-"], "/leave", inputFile: file)
      }
    }
  }

  @Test(arguments: Transport.allCases.filter { $0 != .tunnelled })
  func anUntouchedFetchIsTheNetworksAnswer(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = [
      "/chunked": { _ in .chunked(["one ", "two"], fields: [("X-A", "1")]) },
      "/none": { _ in .response(204) },
      "/error": { _ in .text("broken", status: 500) },
      "/large": { _ in .large(count: 1 << 21) },
    ]
    try await withScene(
      transport, routes: routes, arguments: plugin("relay", claims: "{origin}/")
    ) { scene in
      for path in ["/chunked", "/none", "/error", "/large", "/echo"] {
        try await scene.expectAgreement([], path)
      }
      try await scene.expectAgreement(["-d", "a body", "-H", "X-Own: yes"], "/post")
    }
  }

  @Test(arguments: Transport.allCases.filter { $0 != .tunnelled })
  func aPluginChangesWhatItFetches(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = [
      "/": { _ in .text("from the origin", status: 201, fields: [("X-From", "there")]) }
    ]
    try await withScene(
      transport, routes: routes, arguments: plugin("uppercase", claims: "{origin}/")
    ) { scene in
      let answer = try await scene.through([], "/")
      #expect(answer.status == 201)
      #expect(answer.text == "FROM THE ORIGIN")
      #expect(answer.first("x-upstream") == "there")
      #expect(scene.origin.requests.map(\.target) == ["/"])
    }
  }

  @Test(arguments: ["http", "https"])
  func aPluginReadsBodiesOfEverySize(scheme: String) async throws {
    let scope = "\(scheme)://body.example/"
    try await withValor(plugin("body", claims: scope)) { valor in
      let folder = try TemporaryFolder()
      for (size, said) in [(0, "0 undefinedundefined"), (1, "1 xx"), (300_000, "300000 xx")] {
        let file = try folder.write(repeatElement(UInt8(ascii: "x"), count: size), to: "body")
        #expect(try await valor.curl(["--data-binary", "@\(file)", scope]).text == said)
        #expect(try await valor.curl(["-T", "-", scope], inputFile: file).text == said)
      }
    }
  }

  @Test func theLongestScopeWins() async throws {
    let arguments =
      plugin("hello", claims: "http://two.example/")
      + plugin("body", claims: "http://two.example/body/")
    try await withValor(arguments) { valor in
      let shorter = try await valor.curl(["http://two.example/x"])
      #expect(shorter.text.hasPrefix("hello GET"))
      #expect(try await valor.curl(["-d", "abc", "http://two.example/body/"]).text == "3 ac")
      #expect(valor.workers.count == 2)
    }
  }

  @Test func workersEndBeforeTheProxyDoes() async throws {
    for _ in 0..<5 {
      var ended: ValorProcess?
      try await withValor(plugin("hello", claims: "http://hello.example/")) { valor in
        let answer = try await valor.curl(["http://hello.example/"])
        #expect(answer.status == 200)
        ended = valor
      }
      // What the event loops say when somebody needs them after they are gone.
      let log = try #require(ended).child.errorText
      #expect(!log.contains("already shut down"), "\(log)")
    }
  }

  @Test func theEventsOfALifeComeInOrder() async throws {
    let scope = "http://life.example/"
    try await withValor(["--log-level", "info"] + plugin("lifecycle", claims: scope)) { valor in
      // A worker may be stopped between two events, so its variables tell nothing.
      #expect(try await valor.waitForLog("activated and in control"))
      let log = valor.child.errorText
      let installed = try #require(log.range(of: "everything is installed"), "\(log)")
      let activated = try #require(log.range(of: "activated and in control"), "\(log)")
      #expect(installed.upperBound < activated.lowerBound)
      let answer = try await valor.curl([scope])
      #expect(answer.text == #"{"answered":true}"#)
      #expect(answer.first("content-type") == "application/json")
      #expect(try await valor.waitForLog("a line from the plugin"))
    }
  }

  @Test func failingAnswersAreNetworkErrors() async throws {
    let scopes = "http://bad.example/,https://bad.example/"
    try await withValor(["--log-level", "info"] + plugin("rejects", claims: scopes)) { valor in
      for scheme in ["http", "https"] {
        for path in ["reject", "wrong"] {
          let answer = try await valor.curl(["\(scheme)://bad.example/\(path)"])
          #expect(answer.status == 0 || answer.heads.allSatisfy { $0.fields.isEmpty }, "\(answer)")
          #expect([52, 56].contains(answer.exitCode), "\(answer)")
        }
        #expect(try await valor.curl(["\(scheme)://bad.example/fine"]).text == "fine")
      }
      #expect(try await valor.waitForLog("on purpose"))
    }
  }

  @Test func aListenerThatThrowsLeavesTheRequestToTheNetwork() async throws {
    let routes: [String: TestOrigin.Route] = ["/throw": { _ in .text("from the origin") }]
    let arguments = plugin("rejects", claims: "{origin}/")
    try await withScene(routes: routes, arguments: arguments) { scene in
      let answer = try await scene.through([], "/throw")
      #expect(answer.text == "from the origin")
      #expect(try await scene.valor.waitForLog("thrown on purpose"))
      #expect(try await scene.through([], "/fine").text == "fine")
    }
  }
}
