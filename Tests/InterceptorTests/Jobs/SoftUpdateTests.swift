import FetchModel
import Interceptor
import Synchronization
import Testing

/// Updates that requests are the reason for.
@Suite struct SoftUpdateTests {
  private final class Scene: Sendable {
    let factory = FakeFactory()
    let registry: ServiceWorkerRegistry
    let clock: Box<Int64>
    let outcomes: Box<[String]>

    init() async throws {
      let (time, told) = (Box<Int64>(10_000), Box<[String]>([]))
      self.clock = time
      self.outcomes = told
      self.registry = ServiceWorkerRegistry(
        now: { time.value },
        onSoftUpdate: { name, result in
          told.change { list in
            switch result {
            case .success(let outcome): list.append("\(name) \(outcome)")
            case .failure(let error): list.append("\(name) \(error.name)")
            }
          }
        })
      try await self.registry.register("p", ["https://a.test/"], factory: self.factory)
    }

    func advance(_ milliseconds: Int64) { self.clock.change { $0 += milliseconds } }

    func request(_ fields: [(String, String)]) async throws {
      let claim = try #require(self.registry.claim("https://a.test/"))
      _ = await handle(claim, get("https://a.test/", fields))
    }

    /// Requests, and waits for the check that it brings about.
    func requestThatChecks(_ fields: [(String, String)]) async throws {
      let before = self.factory.fetchCount
      try await self.request(fields)
      while self.factory.fetchCount == before { await Task.yield() }
    }
  }

  final class Box<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>
    init(_ value: Value) { self.mutex = Mutex(value) }
    var value: Value { self.mutex.withLock { $0 } }
    func change(_ body: (inout Value) -> Void) {
      self.mutex.withLock { value in
        var copy = value
        body(&copy)
        value = copy
      }
    }
  }

  private let navigation = [("Sec-Fetch-Mode", "navigate")]
  private let subresource = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]

  @Test func navigationsBringACheck() async throws {
    let scene = try await Scene()
    scene.advance(1_000)
    try await scene.requestThatChecks(self.navigation)
    scene.factory.change { $0.script = "another" }
    // Too soon after the last one.
    scene.advance(999)
    try await scene.request(self.navigation)
    scene.advance(1)
    try await scene.requestThatChecks(self.navigation)
    while scene.outcomes.value.isEmpty { await Task.yield() }
    #expect(scene.outcomes.value == ["p activated"])
    #expect(scene.factory.fetchCount == 3)
  }

  @Test func othersDoWhenTheScriptIsADayOld() async throws {
    let scene = try await Scene()
    for fields in [self.subresource, []] {
      scene.advance(86_399_999)
      try await scene.request(fields)
      scene.advance(1)
      try await scene.requestThatChecks(fields)
    }
    #expect(scene.factory.fetchCount == 3)
  }

  @Test func aFailedUpdateIsTold() async throws {
    let scene = try await Scene()
    scene.factory.change { $0.error = PluginError(name: "NotFoundError", message: "gone") }
    scene.advance(1_000)
    try await scene.requestThatChecks([("Accept", "text/html")])
    while scene.outcomes.value.isEmpty { await Task.yield() }
    #expect(scene.outcomes.value == ["p NotFoundError"])
    #expect(scene.registry.claimant(of: "https://a.test/") == "p")
  }

  @Test func aClockThatIsSetBack() async throws {
    let scene = try await Scene()
    scene.advance(-9_000)
    try await scene.requestThatChecks(self.subresource)
    try await scene.request(self.subresource)
    scene.advance(1_000)
    try await scene.requestThatChecks(self.navigation)
    #expect(scene.factory.fetchCount == 3)
  }

  @Test func requestsThatAreNotHandledBringNone() async throws {
    let scene = try await Scene()
    scene.advance(100_000)
    try await scene.request([("Service-Worker", "script")])
    #expect(scene.factory.fetchCount == 1)
  }
}
