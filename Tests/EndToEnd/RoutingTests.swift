import TestSupport
import Testing

/// Static routes and navigation preload, from the script to the origin.
@Suite struct RoutingTests {
  private func withRoutes(_ body: (Scene) async throws -> Void) async throws {
    try await withScene(
      routes: ["/race/missing": { _ in .text("missing", status: 404) }],
      arguments: plugin("routes", claims: "{origin}/"), body: body)
  }

  @Test func theNetworkIsAskedWithoutTheWorker() async throws {
    try await self.withRoutes { scene in
      for path in ["/network/a", "/other"] {
        let answer = try await scene.through([], path)
        #expect(answer.text == "answer to GET \(path), 0 bytes")
      }
      let deleted = try await scene.through(["-X", "DELETE", "-d", "b"], "/event/x")
      #expect(deleted.text == "answer to DELETE /event/x, 1 bytes")
    }
  }

  @Test func races() async throws {
    try await self.withRoutes { scene in
      for path in ["/race/hangs", "/race/none"] {
        let answer = try await scene.through([], path)
        #expect(answer.text == "answer to GET \(path), 0 bytes")
      }
      let missing = try await scene.through([], "/race/missing")
      #expect(missing.text == "script")
    }
  }

  @Test func navigationPreload() async throws {
    try await self.withRoutes { scene in
      let navigation = ["-H", "Sec-Fetch-Mode: navigate"]
      let preloaded = try await scene.through(navigation, "/event/a")
      #expect(preloaded.text == "preload answer to GET /event/a, 0 bytes")
      let fields = scene.origin.requests.last?.fields.filter {
        $0.name.lowercased() == "service-worker-navigation-preload"
      }
      #expect(fields?.map(\.value) == ["v1"])
      #expect(scene.origin.requestCount == 1)
      let subresource = try await scene.through(["-H", "Sec-Fetch-Mode: cors"], "/event/a")
      #expect(subresource.text == "preload none")
      #expect(scene.origin.requestCount == 1)
    }
  }
}
