import Foundation
import TestSupport
import Testing

/// What a plugin does to the machine costs that plugin: a line in the log and a bounded answer, while
/// the proxy and other plugins go on.
@Suite struct ContainmentTests {
  private static let limits = [
    "--plugin-unresponsive-time", "5", "--plugin-event-time", "12", "--plugin-memory", "256",
  ]

  /// Lets a plugin do something, expects that another one answers meanwhile, and that the first is
  /// itself again after the end of its process.
  private func expectContainment(_ misdeed: String, log: String) async throws {
    let hostile = plugin("hostile", claims: "http://hostile.example/")
    let hello = plugin("hello", claims: "http://hello.example/")
    try await withValor(Self.limits + hostile + hello) { valor in
      let answer = Task { try await valor.curl(["http://hostile.example/\(misdeed)"]) }
      try await Self.expectGreetings(valor)
      let status = try await answer.value.status
      #expect([502, 504, 0].contains(status), "a claimed request ends in an error, not nowhere")
      let isTold = try await valor.waitForLog(log)
      #expect(isTold, "\(valor.child.errorText)")
      let afterwards = try await valor.curl(["http://hostile.example/"])
      #expect(afterwards.text == "still here", "\(valor.child.errorText)")
    }
  }

  private static func expectGreetings(_ valor: ValorProcess) async throws {
    for _ in 0..<10 {
      let greeting = try await valor.curl(["-m", "30", "http://hello.example/x"])
      #expect(greeting.text.hasPrefix("hello GET"), "\(greeting.errorText)")
    }
  }

  @Test(arguments: [
    "loop", "microtasks", "asyncLoop", "wasm", "regex", "sort", "getter", "console",
  ])
  func whatDoesNotComeBack(misdeed: String) async throws {
    // Not by the time of the event; which of memory and time is over first, nobody can say.
    try await self.expectContainment(misdeed, log: "The worker is killed: it")
  }

  @Test(arguments: ["buffers", "strings", "memory", "objects", "growing"])
  func whatTakesAllMemory(misdeed: String) async throws {
    try await self.expectContainment(misdeed, log: "more than 256 MiB of memory")
  }

  @Test(arguments: ["consoleLater", "fetches", "timers", "messages"])
  func whatFloodsTheProxy(misdeed: String) async throws {
    try await self.expectContainment(misdeed, log: "The worker is killed")
  }

  @Test func anInstallationWithoutAnEnd() async throws {
    let hello = plugin("hello", claims: "http://hello.example/")
    try await AdminTests.withAdmin(Self.limits + hello) { admin, _ in
      let definition = """
        {"name": "never", "scopes": ["http://never.example/"], "limits": {"event_time": 3},
         "source": "addEventListener('install', (e) => e.waitUntil(new Promise(() => {})));"}
        """
      let added = Task { try await admin.post(definition) }
      try await Self.expectGreetings(admin.valor)
      let answer = try await added.value
      #expect((400..<600).contains(answer.status), "\(answer.text)")
      #expect(answer.text.contains("was not settled within 3 s"), "\(answer.text)")
      let list = try await admin.curl("GET", "/_plugins")
      #expect(!list.text.contains("never"), "nothing is left of it")
    }
  }

  @Test func aStoppedProcessIsReplaced() async throws {
    let hostile = plugin("hostile", claims: "http://hostile.example/")
    try await withValor(Self.limits + hostile) { valor in
      #expect(try await valor.curl(["http://hostile.example/"]).text == "still here")
      let worker = try #require(valor.workers.first)
      #expect(kill(worker, SIGSTOP) == 0)
      // It had not read the request, which goes to the next one.
      #expect(try await valor.curl(["http://hostile.example/"]).text == "still here")
      #expect(!valor.workers.contains(worker))
    }
  }

  @Test func aFailedPluginMayLeaveItsRequestsToTheNetwork() async throws {
    let routes: [String: TestOrigin.Route] = ["/loop": { _ in .text("from the origin") }]
    let hostile = plugin("hostile", claims: "{origin}/")
    let arguments = Self.limits + ["--on-plugin-failure", "fail-open"] + hostile
    try await withScene(routes: routes, arguments: arguments) { scene in
      let failed = try await scene.through([], "/loop")
      #expect(failed.text == "from the origin", "\(scene.valor.child.errorText)")
      let afterwards = try await scene.through([], "/")
      #expect(afterwards.text == "still here")
    }
  }
}
