import FetchModel
import Interceptor
import NIOCore
import Synchronization
import Testing

/// Caches that a test fills.
final class FakeCaches: ResponseCache {
  private let responses: [String: CachedResponse]
  private let asked = Mutex<[String]>([])
  var questions: [String] { self.asked.withLock { $0 } }

  /// - Parameter responses: by cache name (`*` for all) and URL.
  init(_ responses: [String: CachedResponse]) { self.responses = responses }

  func cachedResponse(
    for request: FetchRequest, origin: String, cacheName: String?,
    completion: @escaping @Sendable (Result<CachedResponse?, FetchError>) -> Void
  ) {
    self.asked.withLock { $0.append("\(origin) \(cacheName ?? "*") \(request.url)") }
    if cacheName == "broken" {
      return completion(.failure(FetchError(.proxyInternalError, .proxy, "broken")))
    }
    completion(.success(self.responses["\(cacheName ?? "*") \(request.url)"]))
  }
}

@Suite struct RouteRequestTests {
  private static let answer: @Sendable (FetchRequest) -> FetchDispatchResult = { _ in
    .response(FetchResponse(status: 200, headers: HeaderList(), body: Self.body("script")))
  }

  private static func body(_ text: String) -> FetchBody { .bytes(ByteBuffer(string: text)) }

  private func cached(_ type: String = "basic", urls: [String] = []) -> CachedResponse {
    CachedResponse(
      response: FetchResponse(
        status: 200, headers: HeaderList([("X-C", "1")]), body: Self.body("cached"), urlList: urls),
      type: type)
  }

  /// A registry with a plugin that adds these routes while it installs.
  private func registry(
    _ routes: [String], listensTo types: Set<String> = ["install", "fetch"],
    caches: FakeCaches? = nil, isRunning: Bool = true, store: MemoryStore? = nil
  ) async throws -> (ServiceWorkerRegistry, FakePlugin) {
    let registry = ServiceWorkerRegistry(store: store, caches: caches)
    let box = Mutex<FakePlugin?>(nil)
    let plugin = FakePlugin { behaviour in
      behaviour.eventTypes = types
      behaviour.fetch = Self.answer
      behaviour.isRunning = isRunning
      behaviour.onInstall = {
        guard let plugin = box.withLock({ $0 }), let delegate = plugin.delegate else { return }
        for route in routes { try? await delegate.pluginWorker(plugin, addsRoutes: route) }
      }
    }
    box.withLock { $0 = plugin }
    try await registry.register("p", ["https://a.test/"], plugin)
    return (registry, plugin)
  }

  private func outcome(
    _ registry: ServiceWorkerRegistry, _ request: FetchRequest
  ) async throws -> String {
    await handle(try #require(registry.claim(request.url)), request)
  }

  @Test func networkNeedsNoWorker() async throws {
    let (registry, plugin) = try await self.registry(["rule\nall\n1\nurl\n/static/*\nnetwork"])
    #expect(
      try await self.outcome(registry, post("https://a.test/static/x", body: "b"))
        == #"fallBack "b""#)
    #expect(!plugin.calls.contains("fetch"))
    #expect(
      try await self.outcome(registry, get("https://a.test/x")) == #"respond 200 [] "script""#)
  }

  @Test func routesWorkWithoutAListenerForFetch() async throws {
    let caches = FakeCaches(["* https://a.test/x": self.cached()])
    let (registry, _) = try await self.registry(
      ["rule\nall\n1\nmethod\nGET\ncache"], listensTo: ["install"], caches: caches)
    #expect(
      try await self.outcome(registry, get("https://a.test/x"))
        == #"respond 200 ["X-C: 1"] "cached""#)
  }

  @Test func cachesOfTheScriptsOrigin() async throws {
    let caches = FakeCaches([
      "* https://a.test/x": self.cached(), "v1 https://a.test/y": self.cached(),
    ])
    let (registry, plugin) = try await self.registry(
      [
        "rule\nall\n1\nurl\n/x\ncache\nrule\nall\n1\nurl\n/y\nnamed-cache\nv1",
        "rule\nall\n1\nurl\n/z\nnamed-cache\nbroken\nrule\nall\n1\nmethod\nPOST\ncache",
      ], caches: caches)
    for path in ["x", "y"] {
      #expect(
        try await self.outcome(registry, get("https://a.test/\(path)"))
          == #"respond 200 ["X-C: 1"] "cached""#)
    }
    // What is not there, or cannot be read, comes from the network.
    #expect(try await self.outcome(registry, get("https://a.test/z")) == "fallBack none")
    #expect(
      try await self.outcome(registry, post("https://a.test/w", body: "b")) == #"fallBack "b""#)
    #expect(!plugin.calls.contains("fetch"))
    #expect(
      caches.questions == [
        "https://a.test * https://a.test/x", "https://a.test v1 https://a.test/y",
        "https://a.test broken https://a.test/z", "https://a.test * https://a.test/w",
      ])
  }

  @Test(arguments: [
    ("opaque", "no-cors", true), ("opaque", "cors", false), ("opaque", "navigate", false),
    ("cors", "cors", true), ("cors", "same-origin", false), ("error", "no-cors", false),
    ("opaqueredirect", "navigate", true), ("opaqueredirect", "no-cors", false),
  ])
  func cachedResponsesHaveToFit(_ type: String, _ mode: String, _ fits: Bool) async throws {
    let caches = FakeCaches(["* https://a.test/x": self.cached(type)])
    let (registry, _) = try await self.registry(["rule\nall\n1\nurl\n/x\ncache"], caches: caches)
    let outcome = try await self.outcome(
      registry, get("https://a.test/x", [("Sec-Fetch-Mode", mode)]))
    #expect(outcome.hasPrefix(fits ? "respond 200" : "error plugin_failed"))
  }

  @Test func aNavigationGetsNoRedirectedResponse() async throws {
    let caches = FakeCaches([
      "* https://a.test/x": self.cached(urls: ["https://a.test/w", "https://a.test/x"])
    ])
    let (registry, _) = try await self.registry(["rule\nall\n1\nurl\n/x\ncache"], caches: caches)
    func outcome(_ mode: String) async throws -> String {
      try await self.outcome(registry, get("https://a.test/x", [("Sec-Fetch-Mode", mode)]))
    }
    #expect(try await outcome("navigate").hasPrefix("error plugin_failed"))
    #expect(try await outcome("no-cors").hasPrefix("respond 200"))
  }

  @Test func fetchEventIsWhatHappensWithoutARoute() async throws {
    let (registry, plugin) = try await self.registry([
      "rule\nall\n1\nurl\n/x\nfetch-event\nrule\nall\n1\nurl\n/*\nnetwork"
    ])
    #expect(try await self.outcome(registry, get("https://a.test/x")).hasPrefix("respond"))
    #expect(plugin.events.map(\.parallelFetch) == [.none])
    #expect(try await self.outcome(registry, get("https://a.test/y")) == "fallBack none")
  }

  @Test func onlyGETsAreRaced() async throws {
    let (registry, plugin) = try await self.registry(["rule\nall\n1\nurl\n/x\nrace"])
    _ = try await self.outcome(registry, get("https://a.test/x"))
    _ = try await self.outcome(registry, post("https://a.test/x", body: "b"))
    #expect(plugin.events.map(\.parallelFetch) == [.race, .none])
  }

  @Test(arguments: [(true, "respond"), (false, "fallBack")])
  func runningStatus(_ isRunning: Bool, _ outcome: String) async throws {
    let (registry, _) = try await self.registry(
      ["rule\nall\n1\nrunning\n0\nnetwork"], isRunning: isRunning)
    #expect(try await self.outcome(registry, get("https://a.test/x")).hasPrefix(outcome))
  }

  @Test func modeAndDestinationAreTheClients() async throws {
    let (registry, _) = try await self.registry([
      "rule\nall\n2\nmode\nno-cors\ndestination\nimage\nnetwork"
    ])
    let url = "https://a.test/x"
    #expect(
      try await self.outcome(
        registry, get(url, [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]))
        == "fallBack none")
    #expect(
      try await self.outcome(
        registry, get(url, [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "script")])
      ).hasPrefix("respond"))
  }

  @Test func routesAreAddedWhileInstalling() async throws {
    let (_, plugin) = try await self.registry([])
    let delegate = try #require(plugin.delegate)
    let error = await #expect(throws: PluginError.self) {
      try await delegate.pluginWorker(plugin, addsRoutes: "rule\nall\n1\nmethod\nGET\nnetwork")
    }
    #expect(error?.name == "InvalidStateError")
  }

  @Test func routesAreStored() async throws {
    let store = MemoryStore()
    let (first, _) = try await self.registry(["rule\nall\n1\nurl\n/x\nnetwork"], store: store)
    await first.shutDown()
    let registry = ServiceWorkerRegistry(store: store)
    let plugin = FakePlugin { $0.fetch = Self.answer }
    try await registry.register("p", ["https://a.test/"], plugin)
    #expect(try await self.outcome(registry, get("https://a.test/x")) == "fallBack none")
    #expect(try await self.outcome(registry, get("https://a.test/y")).hasPrefix("respond"))
  }
}
