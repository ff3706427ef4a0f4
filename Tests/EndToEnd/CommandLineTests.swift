import Foundation
import TestSupport
import Testing

/// The program as a person or a script meets it: options, exit codes, messages, signals.
@Suite struct CommandLineTests {
  @Test func theAdministrationListenerAnswersHealth() async throws {
    try await withValor { valor in
      let health = try await curl(["\(valor.adminURL)/_health"])
      #expect(health.status == 200)
      #expect(try await curl(["\(valor.adminURL)/elsewhere"]).status == 404)
    }
  }

  @Test func standardOutputHasOnlyTheAddresses() async throws {
    try await withValor(plugin("lifecycle", claims: "http://life.example/")) { valor in
      _ = try await valor.curl(["http://life.example/"])
      let lines = String(decoding: valor.child.output, as: UTF8.self).split(separator: "\n")
      #expect(lines.prefix(2) == ["listening \(valor.proxyURL)", "admin \(valor.adminURL)"])
      #expect(lines.dropFirst(2).count { !$0.hasPrefix("admin-token ") } == 0)
      #expect(valor.proxyURL.hasPrefix("http://127.0.0.1:"))
    }
  }

  @Test func aSyntaxErrorIsShownWhereItIs() async throws {
    let result = try await Self.run(plugin("syntax-error", claims: "http://x.example/"))
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains("syntax-error.js:4:"), "\(result.errorText)")
    #expect(result.errorText.contains("const broken = = 1;"), "\(result.errorText)")
    #expect(result.errorText.contains("SyntaxError"), "\(result.errorText)")
    #expect(result.output == [], "it has not started")
  }

  @Test func aScriptThatThrowsIsShownWhereItThrew() async throws {
    let result = try await Self.run(plugin("throws-at-start", claims: "http://x.example/"))
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains("throws-at-start.js:2"), "\(result.errorText)")
    #expect(result.output == [])
  }

  @Test func aFailedInstallationStopsTheStart() async throws {
    let result = try await Self.run(plugin("install-fails", claims: "http://x.example/"))
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains("no room"), "\(result.errorText)")
    #expect(result.output == [])
  }

  @Test(arguments: [
    ["--no-such-option"], ["--listen", "nonsense"], ["--intercept", "sometimes"],
    ["--log-level", "shouting"], ["--upstream-proxy", "https://user:secret@proxy.example"],
    ["--upstream-proxy", "proxy.example:3128"], ["--upstream-proxy", "http://proxy.example/path"],
    ["--passthrough", "https://bank.example/"], ["--passthrough", "*"],
    ["--max-upstream-connections", "0"], ["--max-connections-per-origin", "-1"],
    ["--max-waiting-requests", "many"], ["--resolve-timeout", "0"],
  ])
  func wrongUsageIs64(arguments: [String]) async throws {
    let result = try await Self.run(arguments)
    #expect(result.status == .code(64), "\(result.errorText)")
    #expect(!result.errorText.isEmpty)
    #expect(!result.errorText.contains("secret"), "\(result.errorText)")
  }

  @Test(arguments: [
    ["--plugin", "/nonexistent/plugin.js=http://x.example/"],
    ["--upstream-ca", "/nonexistent/ca.pem"],
  ])
  func anUnreadableFileIs66(arguments: [String]) async throws {
    let result = try await Self.run(arguments)
    #expect(result.status == .code(66), "\(result.errorText)")
    #expect(result.errorText.contains("/nonexistent/"), "\(result.errorText)")
  }

  @Test func aPortInUseIs69() async throws {
    let origin = try TestOrigin()
    defer { origin.stop() }
    for option in ["--listen", "--admin"] {
      let result = try await Self.run([option, "127.0.0.1:\(origin.port)"])
      #expect(result.status == .code(69), "\(result.errorText)")
      #expect(result.errorText.contains("\(origin.port)"), "\(result.errorText)")
    }
  }

  @Test func aWrongScopeIs78() async throws {
    let result = try await Self.run(plugin("hello", claims: "ftp://x.example/"))
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains("ftp://x.example/"), "\(result.errorText)")
  }

  @Test(arguments: Transport.allCases)
  func terminationLetsRunningExchangesFinish(transport: Transport) async throws {
    let latch = Latch()
    let routes: [String: TestOrigin.Route] = [
      "/": { _ in .halves("first half, second half", latch: latch) }
    ]
    try await withScene(transport, routes: routes) { scene in
      async let running = scene.through([], "/")
      #expect(try await scene.origin.waitForRequests(1))
      scene.valor.child.send(signal: SIGTERM)
      #expect(try await Self.becomesUnreachable(scene.valor.proxyURL))
      #expect(scene.valor.child.status == nil, "it waits for what runs")
      latch.open()
      let answer = try await running
      #expect(answer.exitCode == 0, "\(answer.errorText)")
      #expect(answer.text == "first half, second half")
      #expect(try await scene.valor.waitForExit() == .code(0))
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func aSignalEndsAnIdleProxy(signal: Int32) async throws {
    let arguments = plugin("hello", claims: "http://hello.example/")
    try await withScene(arguments: arguments) { scene in
      let relayed = try await scene.through([], "/")
      #expect(relayed.status == 200)
      let answered = try await scene.valor.curl(["http://hello.example/"])
      #expect(answered.status == 200)
      let workers = scene.valor.workers
      scene.valor.child.send(signal: signal)
      #expect(try await scene.valor.waitForExit() == .code(0))
      for worker in workers { #expect(try await Self.ends(worker)) }
    }
  }

  @Test func aKilledProxyLeavesNoWorker() async throws {
    try await withValor(plugin("hello", claims: "http://hello.example/")) { valor in
      #expect(try await valor.curl(["http://hello.example/"]).status == 200)
      let worker = try #require(valor.workers.first)
      valor.child.send(signal: SIGKILL)
      #expect(try await valor.waitForExit() == .signal(SIGKILL))
      #expect(try await Self.ends(worker))
    }
  }

  /// Runs `valor run` where it has to end by itself.
  private static func run(_ arguments: [String]) async throws -> CommandResult {
    let folder = try TemporaryFolder()
    let ports = ["--listen", "--admin"].filter { !arguments.contains($0) }
      .flatMap { [$0, "127.0.0.1:0"] }
    return try await valor(
      ["run"] + ports + ValorProcess.directories(in: folder) + arguments)
  }

  /// Whether a process is gone within some seconds.
  private static func ends(_ process: pid_t) async throws -> Bool {
    for _ in 0..<200 where ProcessTable.isRunning(process) {
      try await Task.sleep(for: .milliseconds(50))
    }
    return !ProcessTable.isRunning(process)
  }

  private static func becomesUnreachable(_ proxy: String) async throws -> Bool {
    for _ in 0..<100 {
      let answer = try await curl(["-m", "5", "http://127.0.0.1:9/"], proxy: proxy)
      if answer.exitCode == 7 || answer.exitCode == 5 { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }
}
