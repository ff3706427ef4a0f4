import Foundation
import TestSupport
import Testing

/// What plugins cache outlives their workers and the proxy, and its bodies are nobody's memory.
@Suite struct CacheTests {
  @Test func precachedResponsesOutliveTheWorkerAndTheProxy() async throws {
    let folder = try TemporaryFolder()
    let origin = try TestOrigin(
      certificate: nil,
      routes: [
        "/large": { _ in .large(count: LargeBodyTests.size) }, "/page": { _ in .text("a page") },
      ], otherwise: { .text("answer to \($0.target)") })
    defer { origin.stop() }
    let url = Scene.url(.plain, origin)
    let arguments = plugin("offline", claims: "\(url)/")
    try await withValor(arguments, in: folder) { valor in
      #expect(origin.requests.map { $0.target }.sorted() == ["/large", "/page"])
      #expect(try await valor.curl(["\(url)/page"]).text == "a page")
      let worker = try #require(valor.workers.first)
      #expect(kill(worker, SIGKILL) == 0)
      origin.stop()
      #expect(try await valor.curl(["\(url)/page"]).text == "a page")
      #expect(try await valor.curl(["\(url)/other"]).status == 404)
      try await Self.expectLarge(valor, url)
    }
    try await withValor(arguments, in: folder) { valor in
      #expect(try await valor.curl(["\(url)/page"]).text == "a page")
      try await Self.expectLarge(valor, url)
    }
  }

  /// The large body comes whole, without much of it in the proxy's memory or the worker's.
  private static func expectLarge(_ valor: ValorProcess, _ url: String) async throws {
    let worker = try #require(valor.workers.last)
    let processes = [valor.child.processID, worker]
    let before = try processes.map { try #require(ProcessTable.peakResidentBytes(of: $0)) }
    let answer = try await valor.curl(["--limit-rate", "100M", "\(url)/large"])
    #expect(answer.exitCode == 0, "\(answer.errorText)")
    #expect(answer.body.count == LargeBodyTests.size)
    let after = try processes.map { try #require(ProcessTable.peakResidentBytes(of: $0)) }
    #expect(after[0] - before[0] < LargeBodyTests.allowance, "\(before) → \(after)")
    #expect(after[1] - before[1] < LargeBodyTests.allowance, "\(before) → \(after)")
  }

  @Test func aProxyWithoutPluginsMakesNoFolder() async throws {
    let folder = try TemporaryFolder()
    let storage = folder.file("data/storage")
    try await withValor(in: folder) { valor in
      _ = try await valor.curl(["http://127.0.0.1:1/"])
      #expect(!FileManager.default.fileExists(atPath: storage))
    }
  }

  @Test func aSecondProxyWithTheSameFolderSaysSo() async throws {
    let folder = try TemporaryFolder()
    let arguments = plugin("caches", claims: "http://caches.example/")
    try await withValor(arguments, in: folder) { first in
      #expect(try await first.curl(["http://caches.example/"]).text == "opened")
      try await withValor(arguments, in: folder) { second in
        let answer = try await second.curl(["http://caches.example/"])
        #expect(answer.text.hasPrefix("UnknownError"))
        #expect(try await second.waitForLog("in use by another proxy"))
      }
      #expect(try await first.curl(["http://caches.example/"]).text == "opened")
    }
  }

  @Test func aKilledProxyLeavesNoHalfBody() async throws {
    let folder = try TemporaryFolder()
    let origin = try TestOrigin(
      certificate: nil, routes: ["/endless": { _ in .large(count: 8 << 30) }],
      otherwise: { _ in .text("other") })
    defer { origin.stop() }
    let url = Scene.url(.plain, origin)
    let bodies = folder.file("data/storage/bodies")
    let names = { (try? FileManager.default.contentsOfDirectory(atPath: bodies)) ?? [] }
    let arguments = plugin("storing", claims: "\(url)/") + ["--storage-quota", "512"]
    try await withValor(arguments, in: folder) { valor in
      #expect(try await valor.curl(["\(url)/store"]).text == "begun")
      for _ in 0..<500 where names().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
      #expect(!names().isEmpty)
      #expect(kill(valor.child.processID, SIGKILL) == 0)
      _ = try await valor.waitForExit()
    }
    try await withValor(arguments, in: folder) { valor in
      let answer = try await valor.curl(["\(url)/look"])
      #expect(answer.text == "undefined")
      #expect(names().isEmpty)
    }
  }

  @Test func aDamagedDatabaseStopsNothing() async throws {
    let folder = try TemporaryFolder()
    let storage = folder.file("data/storage")
    try FileManager.default.createDirectory(
      atPath: storage, withIntermediateDirectories: true)
    try Data(repeating: 0x5A, count: 8_192).write(
      to: URL(fileURLWithPath: storage + "/valor.sqlite"))
    try await withValor(plugin("caches", claims: "http://caches.example/"), in: folder) { valor in
      let answer = try await valor.curl(["http://caches.example/"])
      #expect(answer.text == "opened")
      #expect(try await valor.waitForLog("an empty one takes its place"))
    }
    #expect(FileManager.default.fileExists(atPath: storage + "/damaged-1/valor.sqlite"))
  }
}
