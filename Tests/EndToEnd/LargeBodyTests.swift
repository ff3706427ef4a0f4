import Foundation
import TestSupport
import Testing

/// Bodies stream: their size is not the proxy's.
@Suite struct LargeBodyTests {
  static let size = 50 * 1024 * 1024
  /// How much more than before the proxy may have had resident. A body kept whole is far above it.
  static let allowance = 24 * 1024 * 1024

  @Test(arguments: Transport.allCases)
  func aLargeAnswerIsNeverKept(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = ["/large": { _ in .large(count: Self.size) }]
    try await withScene(transport, routes: routes) { scene in
      try await Self.expectBoundedMemory(scene) {
        let answer = try await scene.through(["--limit-rate", "60M"], "/large")
        #expect(answer.exitCode == 0, "\(answer.errorText)")
        #expect(answer.body.count == Self.size)
      }
    }
  }

  @Test(arguments: Transport.allCases)
  func aLargeRequestIsNeverKept(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = ["/up": { .text("\($0.bodyLength)") }]
    try await withScene(transport, routes: routes) { scene in
      let folder = try TemporaryFolder()
      let file = folder.file("large")
      #expect(FileManager.default.createFile(atPath: file, contents: nil))
      #expect(truncate(file, Self.size) == 0)
      try await Self.expectBoundedMemory(scene) {
        let answer = try await scene.through(["-T", file], "/up")
        #expect(answer.text == "\(Self.size)")
      }
    }
  }

  @Test func aClientThatDoesNotReadHoldsTheOrigin() async throws {
    let routes: [String: TestOrigin.Route] = ["/large": { _ in .large(count: Self.size) }]
    try await withScene(routes: routes) { scene in
      try await Self.expectBoundedMemory(scene) {
        // Two seconds at this rate are some of it only; then curl gives up.
        let answer = try await scene.through(["--limit-rate", "1M", "-m", "2"], "/large")
        #expect(answer.exitCode == 28)
        #expect(answer.body.count < Self.size)
      }
      #expect(try await scene.through([], "/after").status == 200)
    }
  }

  private static func expectBoundedMemory(_ scene: Scene, _ body: () async throws -> Void)
    async throws
  {
    let process = scene.valor.child.processID
    _ = try await scene.through([], "/warm")
    let before = try #require(ProcessTable.peakResidentBytes(of: process))
    try await body()
    let after = try #require(ProcessTable.peakResidentBytes(of: process))
    #expect(after - before < Self.allowance, "\(before) → \(after)")
  }
}
