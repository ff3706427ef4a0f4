import FetchModel
import Foundation
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// What every kind of plugin may do wrong, and what that costs.
@Suite struct FailureConformanceTests {
  @Test(arguments: conformanceKinds)
  func brokenPromiseIsANetworkError(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let error = try await scene.fetch("/reject").failure()
      #expect(error.code == .pluginFailed)
      #expect(error.message.contains("on purpose"), "\(error)")
      #expect(try await scene.text("/short") == "short")
    }
  }

  @Test(arguments: conformanceKinds)
  func errorInAHandlerIsLoggedWithItsPlace(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      _ = try await scene.fetch("/error").outcome()
      let line = try kind.plugin.failingLine(.answers)
      let place = scene.path + (line.map { ":\($0)" } ?? "")
      try await eventually {
        scene.log.lines.contains { $0.contains("thrown on purpose") && $0.contains(place) }
      }
      #expect(try await scene.text("/short") == "short")
    }
  }

  @Test(arguments: conformanceKinds)
  func loopIsKilledAndTheNextEventAnswered(kind: ConformanceKind) async throws {
    try await withConformance(kind, unresponsiveTime: .seconds(20)) { scene in
      let error = try await scene.fetch("/loop", method: "POST").failure()
      #expect(error.code == .pluginFailed)
      #expect(try await scene.text("/short") == "short")
      #expect(await scene.status()?.restarts == 1)
    }
  }

  @Test(arguments: conformanceKinds)
  func crashWithinAnAnswerEndsIt(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      guard case .stream(let down) = try await scene.fetch("/half").response().body else {
        Issue.record("the answer is no stream")
        return
      }
      down.setConsumer(onReadable: {})
      try await eventually {
        if case .chunk = down.read() { true } else { false }
      }
      let pid = try #require(await scene.status()?.pid)
      #expect(kill(pid, SIGKILL) == 0)
      #expect(try await readAll(.stream(down)).contains("failed: "))
      #expect(try await scene.text("/short") == "short")
      #expect(await scene.status()?.restarts == 1)
    }
  }

  /// Also where the worker does not react any more.
  @Test(arguments: conformanceKinds, ["/memory", "/memory-loop"])
  func memoryIsLimited(kind: ConformanceKind, path: String) async throws {
    try await withConformance(kind, unresponsiveTime: .seconds(120), memoryLimit: 400 << 20) {
      scene in
      let error = try await scene.fetch(path, method: "POST").failure()
      #expect(error.code == .pluginFailed)
      #expect(error.message.contains("MiB of memory"), "\(error)")
      #expect(try await scene.text("/short") == "short")
    }
  }
}
