import Foundation
import TestSupport
import Testing

/// What nobody claims goes through the proxy as it would go without.
@Suite struct RelayTests {
  @Test(arguments: Transport.allCases)
  func requestsAreWhatTheyAreWithoutTheProxy(transport: Transport) async throws {
    try await withScene(transport, routes: ["/text": { _ in .text("some text") }]) { scene in
      for arguments in [
        [], ["-I"], ["--http1.1"], ["-H", "X-One: 1", "-H", "X-Empty;"], ["-d", "a=1&b=2"],
        ["-X", "PUT", "-d", "put"], ["-X", "DELETE"], ["-X", "OPTIONS"],
        ["-X", "PATCH", "-d", "{}"],
        ["-A", "somebody/1.0", "-e", "http://referrer.example/", "-b", "c=d"],
        ["-u", "user:password"], ["-r", "0-3"], ["--compressed"], ["-H", "Connection: close"],
      ] {
        let answer = try await scene.expectAgreement(arguments, "/text?a=%20b&c")
        #expect(answer.status == 200)
      }
    }
  }

  @Test(arguments: Transport.allCases)
  func bodiesOfEverySizeAndFramingArrive(transport: Transport) async throws {
    try await withScene(transport) { scene in
      let folder = try TemporaryFolder()
      for size in [0, 1, 300_000, 3_000_000] {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: 33 + $0 % 89) }
        let file = try folder.write(bytes, to: "\(size)")
        try await scene.expectAgreement(["--data-binary", "@\(file)"], "/post")
        #expect(scene.origin.requests.last?.bodyLength == size)
        try await scene.expectAgreement(["-T", "-"], "/put", inputFile: file)
        #expect(scene.origin.requests.last?.bodyLength == size)
      }
    }
  }

  @Test(arguments: Transport.allCases)
  func answersOfEveryKindArrive(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = [
      "/chunked": { _ in .chunked(["one ", "two ", "three"], fields: [("X-A", "1")]) },
      "/trailers": { _ in .chunked(["body"], trailers: [("X-Sum", "4")]) },
      "/close": { _ in .closeDelimited("until the end") },
      "/closes": { _ in .text("and closes", fields: [("Connection", "close")]).thenClose },
      "/none": { _ in .response(204) },
      "/unchanged": { _ in .response(304, fields: [("ETag", "\"1\"")]) },
      "/early": { _ in .text("late").after(interim: 103, fields: [("Link", "</a>")]) },
      "/moved": { _ in .response(302, fields: [("Location", "/elsewhere")]) },
      "/cookies": { _ in
        .text("two", fields: [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("x-CASE", "Kept")])
      },
      "/error": { _ in .text("broken", status: 500) },
      "/raw": { _ in .raw("HTTP/1.1 299 Quite Fine\r\ncontent-length: 2\r\n\r\nok") },
      "/slow": { _ in .text("at last").after(seconds: 0.2) },
      "/large": { _ in .large(count: 1 << 20) },
    ]
    try await withScene(transport, routes: routes) { scene in
      for path in routes.keys.sorted() { try await scene.expectAgreement([], path) }
      let early = try await scene.through([], "/early")
      #expect(early.heads.suffix(2).map(\.status) == [103, 200])
      let moved = try await scene.expectAgreement(["-L"], "/moved")
      #expect(moved.text == "answer to GET /elsewhere, 0 bytes")
    }
  }

  @Test(arguments: Transport.allCases)
  func aCutAnswerIsSeenAsCut(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = ["/drop": { _ in .dropMidBody(sent: "some of it") }]
    try await withScene(transport, routes: routes) { scene in
      let answer = try await scene.through([], "/drop")
      #expect([18, 56].contains(answer.exitCode), "\(answer)")
      #expect(answer.text == "some of it")
    }
  }

  @Test(arguments: Transport.allCases)
  func connectionsAreKept(transport: Transport) async throws {
    try await withScene(transport) { scene in
      let urls = (0..<6).map { "\(scene.url)/\($0)" }
      let trust = transport == .tunnelled ? scene.root : scene.valor.authorityFile
      let result = try await run(
        "curl",
        ["-q", "-sS", "--noproxy", "", "--proxy", scene.valor.proxyURL, "--cacert", trust]
          + ["-w", "\nconnects %{num_connects}\n"] + urls)
      #expect(result.status == .code(0), "\(result.errorText)")
      let connects = result.text.split(separator: "\n").filter { $0.hasPrefix("connects") }
      #expect(connects == ["connects 1"] + Array(repeating: "connects 0", count: 5))
      #expect(scene.origin.requests.map(\.target) == (0..<6).map { "/\($0)" })
      #expect(scene.origin.connectionCount == 1)
    }
  }

  @Test func requestsOfSeveralClientsShareIdleConnections() async throws {
    try await withScene { scene in
      for path in ["/1", "/2", "/3"] {
        let answer = try await scene.through([], path)
        #expect(answer.status == 200)
      }
      // Each client meets one of the proxy's few event loops, which have a pool each.
      #expect(scene.origin.connectionCount <= 3)
      #expect(scene.origin.requests.allSatisfy { !$0.fields.contains { $0.name == "Connection" } })
    }
  }

  @Test func anAddressNeedsNoName() async throws {
    try await withScene(.intercepted) { scene in
      let answer = try await scene.valor.curl(["\(scene.origin.url)/by-address"])
      #expect(answer.status == 200, "\(answer.errorText)")
      #expect(scene.origin.requests.map(\.target) == ["/by-address"])
    }
  }

  @Test func bothSidesOfTheProxyNameThemselves() async throws {
    try await withScene(routes: ["/": { _ in .text("x") }]) { scene in
      let answer = try await scene.through([], "/")
      #expect(answer.first("via")?.hasPrefix("1.1 ") == true)
      #expect(scene.origin.requests.first?.first("via")?.hasPrefix("1.1 ") == true)
      #expect(scene.origin.requests.first?.target == "/")
      #expect(scene.origin.requests.first?.first("proxy-connection") == nil)
    }
  }

  @Test(arguments: Transport.allCases)
  func manyClientsAtOnce(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = ["/": { .text("answer \($0.target)") }]
    try await withScene(transport, routes: routes) { scene in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<24 {
          group.addTask {
            let answer = try await scene.through(["--retry", "0"], "/?\(number)")
            return answer.text == "answer /?\(number)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
      #expect(scene.origin.requestCount == 24)
    }
  }
}
