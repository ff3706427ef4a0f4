import Foundation
import TestSupport
import Testing

/// Processes that wait for the next plugin that needs one.
@Suite struct SpareWorkerTests {
  /// The waiting processes, once there are that many.
  private static func spares(_ valor: ValorProcess, _ count: Int) async throws -> [pid_t] {
    for _ in 0..<6_000 {
      let spares = valor.spareWorkers
      if spares.count == count { return spares }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw SparesMissing(there: valor.spareWorkers, wanted: count)
  }

  private struct SparesMissing: Error {
    let there: [pid_t]
    let wanted: Int
  }

  /// Waits until no worker runs a plugin.
  private static func isIdle(_ valor: ValorProcess) async throws -> Bool {
    for _ in 0..<6_000 {
      if valor.workers.isEmpty { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// Waits until the process has the name.
  private static func isNamed(_ process: pid_t, _ name: String) async throws -> Bool {
    for _ in 0..<6_000 {
      if ProcessTable.name(of: process) == name { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  @Test func theNextWorkerIsOneThatWaited() async throws {
    let arguments = plugin("hello", claims: "http://hello.example/")
    try await withValor(arguments + ["--plugin-idle-time", "1"]) { valor in
      #expect(try await valor.curl(["http://hello.example/"]).status == 200)
      // Idle, its worker ends; the spare does not.
      #expect(try await Self.isIdle(valor))
      let waiting = try await Self.spares(valor, 1)
      let spare = try #require(waiting.first)
      #expect(try await Self.isNamed(spare, "valor:spare"))
      #expect(try await valor.curl(["http://hello.example/"]).text.hasPrefix("hello GET"))
      #expect(ProcessTable.name(of: spare) == "valor:hello")
      #expect(valor.workers == [spare])
      let next = try await Self.spares(valor, 1)
      #expect(next != [spare])
    }
  }

  @Test func aSpareThatIsKilledIsMissedByNobody() async throws {
    try await withValor(plugin("hello", claims: "http://hello.example/")) { valor in
      #expect(try await valor.curl(["http://hello.example/"]).status == 200)
      let waiting = try await Self.spares(valor, 1)
      let spare = try #require(waiting.first)
      #expect(kill(spare, SIGKILL) == 0)
      let worker = try #require(valor.workers.first)
      #expect(kill(worker, SIGKILL) == 0)
      #expect(try await valor.curl(["http://hello.example/"]).text.hasPrefix("hello GET"))
    }
  }

  @Test func asManyAsWanted() async throws {
    let arguments = plugin("hello", claims: "http://hello.example/")
    try await withValor(arguments + ["--spare-workers", "0"]) { valor in
      let status = try await valor.curl(["http://hello.example/"]).status
      #expect(status == 200)
      #expect(valor.spareWorkers == [])
    }
    let refused = try await TestSupport.valor(["run", "--spare-workers", "17"])
    #expect(refused.status == .code(64))
    #expect(refused.errorText.contains("--spare-workers has to be from 0 to 16"))
  }
}
