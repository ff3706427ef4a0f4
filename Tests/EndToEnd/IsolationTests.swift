import Foundation
import TestSupport
import Testing

/// What a plugin does wrong costs that plugin, never the proxy or another plugin.
@Suite struct IsolationTests {
  @Test(arguments: ["loop", "microtasks"])
  func aPluginThatLoopsIsKilledAndStartedAgain(path: String) async throws {
    let arguments =
      plugin("loops", claims: "http://loops.example/")
      + plugin("hello", claims: "http://hello.example/")
    try await withScene(arguments: arguments) { scene in
      let valor = scene.valor
      #expect(try await valor.curl(["http://loops.example/"]).text == "still here")
      let before = Set(valor.workers)
      let looping = Task { try await valor.curl(["http://loops.example/\(path)"]) }
      // Meanwhile everything else goes on.
      for _ in 0..<10 {
        #expect(try await valor.curl(["http://hello.example/x"]).text.hasPrefix("hello GET"))
        #expect(try await scene.through([], "/relayed").status == 200)
      }
      let answer = try await looping.value
      #expect(answer.text != "still here")
      #expect([502, 504, 0].contains(answer.status), "\(answer)")
      #expect(try await valor.curl(["http://loops.example/"]).text == "still here")
      #expect(!Set(valor.workers).isSubset(of: before), "the looping worker was replaced")
    }
  }

  @Test func aPromiseThatNeverSettlesHoldsUpNobodyElse() async throws {
    try await withValor(plugin("loops", claims: "http://loops.example/")) { valor in
      let never = Task { try await valor.curl(["-m", "3", "http://loops.example/never"]) }
      let meanwhile = try await valor.curl(["http://loops.example/"])
      #expect(meanwhile.text == "still here")
      #expect(try await never.value.exitCode == 28, "curl gave up, the plugin had not answered")
      #expect(try await valor.curl(["http://loops.example/"]).text == "still here")
    }
  }

  @Test func aKilledWorkerLosesNoOtherRequest() async throws {
    let routes: [String: TestOrigin.Route] = ["/network": { _ in .text("from the origin") }]
    let arguments = plugin("slow", claims: "{origin}/slow/")
    try await withScene(routes: routes, arguments: arguments) { scene in
      let valor = scene.valor
      #expect(try await scene.through([], "/slow/first").text.hasPrefix("slow"))
      let running = Task { try await Self.manyRequests(scene, count: 200, parallel: 8) }
      var killed: [pid_t] = []
      for _ in 0..<3 {
        _ = try await scene.through([], "/slow/between")
        let worker = try #require(valor.workers.first)
        #expect(kill(worker, SIGKILL) == 0)
        killed.append(worker)
        #expect(try await scene.through([], "/network").text == "from the origin")
      }
      let statuses = try await running.value
      #expect(statuses.count == 200, "every request got an answer")
      // At most the eight that ran at the time of each of the three kills can have been in it.
      #expect(statuses.filter { $0 == 200 }.count >= 200 - 3 * 8, "\(statuses)")
      #expect(try await scene.through([], "/slow/last").text.hasPrefix("slow"))
      #expect(Set(valor.workers).isDisjoint(with: killed))
    }
  }

  @Test func aRequestAfterTheKillIsNeverLost() async throws {
    try await withValor(plugin("hello", claims: "http://hello.example/")) { valor in
      for _ in 0..<10 {
        #expect(try await valor.curl(["http://hello.example/x"]).status == 200)
        let worker = try #require(valor.workers.first)
        #expect(kill(worker, SIGKILL) == 0)
        let answers = try await withThrowingTaskGroup(of: CurlResult.self) { group in
          for _ in 0..<4 { group.addTask { try await valor.curl(["http://hello.example/after"]) } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        for answer in answers { #expect(answer.text.hasPrefix("hello GET"), "\(answer)") }
      }
    }
  }

  /// Sends requests to the slow plugin, some at a time, and returns the status of each.
  private static func manyRequests(_ scene: Scene, count: Int, parallel: Int) async throws -> [Int]
  {
    let result = try await run(
      "curl",
      ["-q", "-sS", "--noproxy", "", "--proxy", scene.valor.proxyURL]
        + ["-Z", "--parallel-max", "\(parallel)", "-o", "/dev/null", "-w", "%{http_code}\n"]
        + ["\(scene.url)/slow/[1-\(count)]"])
    return result.text.split(separator: "\n").compactMap { Int($0) }
  }
}
