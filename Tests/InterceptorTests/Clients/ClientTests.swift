import FetchModel
import Interceptor
import Synchronization
import Testing

private let page = Downstream(address: "10.0.0.1", connection: 1)

/// A request of a browser.
func browse(
  _ url: String, _ mode: String = "navigate", _ destination: String = "document",
  referer: String? = nil, from downstream: Downstream = page, _ more: [(String, String)] = []
) -> FetchRequest {
  var fields = [
    ("User-Agent", "B"), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination),
  ]
  if let referer { fields.append(("Referer", referer)) }
  var request = get(url, fields + more)
  request.downstream = downstream
  return request
}

private let answers: @Sendable (FetchRequest) -> FetchDispatchResult = { _ in
  .response(FetchResponse(status: 200, headers: HeaderList()))
}

/// Which clients a plugin sees that matches by URL.
@Suite struct ClientTests {
  private func plugin(_ status: Int = 200) -> FakePlugin {
    FakePlugin { plugin in
      plugin.fetch = { _ in .response(FetchResponse(status: status, headers: HeaderList())) }
    }
  }

  private func clients(
    of plugin: FakePlugin, _ query: ClientQuery = ClientQuery()
  ) async throws -> [ClientDescription] {
    try await #require(plugin.delegate).pluginWorker(plugin, clientsMatching: query)
  }

  @Test func aNavigationMakesAClientAndItsRequestsHaveIt() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = self.plugin()
    try await registry.register("p", ["https://a.test/"], plugin)
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/page"))
    _ = await handle(
      claim, browse("https://a.test/x.js", "no-cors", "script", referer: "https://a.test/page"))
    // What a script loads is loaded for the page that has it.
    _ = await handle(
      claim, browse("https://a.test/y", "cors", "empty", referer: "https://a.test/x.js"))
    _ = await handle(
      claim, browse("https://a.test/y", "cors", "empty", referer: "https://b.test/elsewhere"))
    let events = plugin.events
    let id = events[0].resultingClientID
    #expect(id.count == 36 && events[0].clientID.isEmpty)
    #expect(events[1].clientID == id && events[1].resultingClientID.isEmpty)
    #expect(events[2].clientID == id)
    #expect(events[3].clientID.isEmpty)
    let expected = ClientDescription(
      id: id, url: "https://a.test/page", kind: .window, frameType: .topLevel)
    #expect(try await self.clients(of: plugin) == [expected])
    #expect(await plugin.delegate?.pluginWorker(plugin, client: id) == expected)
    #expect(await plugin.delegate?.pluginWorker(plugin, client: "other") == nil)
  }

  @Test(arguments: [204, 302, 307]) func aResponseWithoutAPageMakesNone(_ status: Int) async throws
  {
    let registry = ServiceWorkerRegistry()
    let plugin = self.plugin(status)
    try await registry.register("p", ["https://a.test/"], plugin)
    _ = await handle(
      try #require(registry.claim("https://a.test/")), browse("https://a.test/page"))
    #expect(!plugin.events[0].resultingClientID.isEmpty)
    #expect(try await self.clients(of: plugin).isEmpty)
  }

  @Test func aSimpleClientMakesNone() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = self.plugin()
    try await registry.register("p", ["https://a.test/"], plugin)
    var request = get("https://a.test/", [("User-Agent", "curl"), ("Accept", "*/*")])
    request.downstream = page
    _ = await handle(try #require(registry.claim("https://a.test/")), request)
    #expect(plugin.events[0].resultingClientID.isEmpty)
    #expect(try await self.clients(of: plugin).isEmpty)
  }

  @Test func framesAndWorkersAreTold() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = self.plugin()
    try await registry.register("p", ["https://a.test/"], plugin)
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/page"))
    _ = await handle(claim, browse("https://a.test/frame", "navigate", "iframe"))
    _ = await handle(
      claim, browse("https://a.test/w.js", "same-origin", "worker", referer: "https://a.test/page"))
    #expect(plugin.events[2].clientID == plugin.events[0].resultingClientID)
    #expect(try await self.clients(of: plugin).map { $0.frameType } == [.topLevel, .nested])
    let all = try await self.clients(of: plugin, ClientQuery(kind: nil))
    #expect(all.map { $0.kind } == [.window, .window, .worker])
    #expect(all[2].frameType == .none)
    #expect(
      try await self.clients(of: plugin, ClientQuery(kind: .worker)).map { $0.url }
        == ["https://a.test/w.js"])
  }

  @Test func clientsOfOthersAreNotSeen() async throws {
    let registry = ServiceWorkerRegistry()
    let (one, two) = (self.plugin(), self.plugin())
    try await registry.register("p", ["https://a.test/"], one)
    try await registry.register("q", ["https://b.test/", "https://a.test/q/"], two)
    _ = await handle(
      try #require(registry.claim("https://a.test/")), browse("https://a.test/page"))
    #expect(try await self.clients(of: two).isEmpty)
    let uncontrolled = try await self.clients(of: two, ClientQuery(includesUncontrolled: true))
    #expect(uncontrolled.map { $0.url } == ["https://a.test/page"])
  }

  @Test func anotherBrowserIsAnotherClient() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = self.plugin()
    try await registry.register("p", ["https://a.test/"], plugin)
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/page"))
    let other = Downstream(address: "10.0.0.2", connection: 2)
    _ = await handle(
      claim,
      browse("https://a.test/y", "cors", "empty", referer: "https://a.test/page", from: other))
    #expect(plugin.events[1].clientID.isEmpty)
    // Two tabs with the same page: the one on the same connection.
    let second = Downstream(address: "10.0.0.1", connection: 7)
    _ = await handle(claim, browse("https://a.test/page", from: second))
    _ = await handle(
      claim, browse("https://a.test/y", "cors", "empty", referer: "https://a.test/page"))
    #expect(plugin.events[3].clientID == plugin.events[0].resultingClientID)
  }

  @Test func aSilentClientIsForgotten() async throws {
    let time = Mutex<Int64>(0)
    let registry = ServiceWorkerRegistry(now: { time.withLock { $0 } })
    let plugin = self.plugin()
    try await registry.register("p", ["https://a.test/"], plugin)
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/page"))
    time.withLock { $0 = 31 * 60_000 }
    _ = await handle(
      claim, browse("https://a.test/y", "cors", "empty", referer: "https://a.test/page"))
    #expect(plugin.events[1].clientID.isEmpty)
    #expect(try await self.clients(of: plugin).isEmpty)
  }
}

/// `match: client`: navigations by scope, other requests by who makes them.
@Suite struct ClientMatchTests {
  private func register(
    _ registry: ServiceWorkerRegistry, _ factory: FakeFactory,
    _ scopes: [String] = ["https://a.test/app/"],
    name: String = "p"
  ) async throws {
    try await registry.register(
      PluginDescription(
        name: name, scriptURL: "https://a.test/app/sw.js", scopes: scopes, match: .client),
      factory: factory)
  }

  private func plugin() -> FakePlugin { FakePlugin { $0.fetch = answers } }

  @Test func everythingIsInterceptedAndOnlyClientsAreControlled() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = self.plugin()
    try await self.register(registry, FakeFactory(plugin))
    #expect(registry.covers("https://elsewhere.test"))
    let claim = try #require(registry.claim("https://elsewhere.test/"))
    // Nobody's request, in the scope or not.
    let own = browse("https://a.test/app/x", "cors", "empty", referer: "https://a.test/app/")
    #expect(await handle(claim, own) == "fallBack none")
    #expect(await handle(claim, browse("https://a.test/other")) == "fallBack none")
    #expect(await handle(claim, browse("https://a.test/app/")) == "respond 200 [] none")
    #expect(await handle(claim, own) == "respond 200 [] none")
    // The client's requests, wherever they go; that is what makes the difference to match by URL.
    let third = browse(
      "https://cdn.test/lib.js", "no-cors", "script", referer: "https://a.test/app/")
    #expect(await handle(claim, third) == "respond 200 [] none")
    let trimmed = browse("https://cdn.test/x.png", "no-cors", "image", referer: "https://a.test/")
    // Of an origin alone: the newest page of it.
    #expect(await handle(claim, trimmed) == "respond 200 [] none")
    let uncontrolled = browse(
      "https://a.test/app/x", "cors", "empty", referer: "https://a.test/other")
    #expect(await handle(claim, uncontrolled) == "fallBack none")
    #expect(Set(plugin.events.map { $0.clientID }).count == 2)
  }

  @Test func aNewVersionWaitsForTheClients() async throws {
    let time = Mutex<Int64>(0)
    let registry = ServiceWorkerRegistry(now: { time.withLock { $0 } })
    let (first, second) = (self.plugin(), self.plugin())
    let factory = FakeFactory(first, second)
    try await self.register(registry, factory)
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/app/"))
    factory.change { $0.script = "another" }
    #expect(try await registry.update(name: "p") == .waiting)
    #expect(registry.registrations[0].waiting?.number == 2)
    // The page is gone for all that is known.
    time.withLock { $0 = 31 * 60_000 }
    _ = await handle(
      claim, browse("https://a.test/other", "cors", "empty", referer: "https://a.test/"))
    while registry.registrations[0].active?.state != .activated
      || registry.registrations[0].active?.number != 2
    { await Task.yield() }
    #expect(first.calls.last == "retire")
  }

  @Test func skipWaitingDoesNotWait() async throws {
    let registry = ServiceWorkerRegistry()
    let (first, second) = (self.plugin(), self.plugin())
    let factory = FakeFactory(first, second)
    try await self.register(registry, factory)
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/app/"))
    factory.change { $0.script = "another" }
    #expect(try await registry.update(name: "p") == .waiting)
    await second.delegate?.pluginWorkerSkipsWaiting(second)
    while registry.registrations[0].active?.state != .activated { await Task.yield() }
    #expect(registry.registrations[0].active?.number == 2)
    // The page is controlled by the new one.
    let own = browse("https://a.test/app/x", "cors", "empty", referer: "https://a.test/app/")
    _ = await handle(claim, own)
    #expect(second.calls.last == "fetch")
  }

  @Test func claimTakesOpenPages() async throws {
    let registry = ServiceWorkerRegistry()
    let (wide, narrow) = (self.plugin(), self.plugin())
    try await self.register(registry, FakeFactory(wide), ["https://a.test/"], name: "wide")
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/app/page"))
    try await self.register(registry, FakeFactory(narrow), name: "narrow")
    let own = browse("https://a.test/x", "cors", "empty", referer: "https://a.test/app/page")
    _ = await handle(claim, own)
    #expect(wide.calls.last == "fetch" && narrow.events.isEmpty)
    try await narrow.delegate?.pluginWorkerClaimsClients(narrow)
    _ = await handle(claim, own)
    #expect(narrow.events.count == 1)
    #expect(await narrow.delegate?.pluginWorker(narrow, clientsMatching: ClientQuery()).count == 1)
    // One whose scope is not the longest cannot take it back.
    try await wide.delegate?.pluginWorkerClaimsClients(wide)
    _ = await handle(claim, own)
    #expect(narrow.events.count == 2)
  }

  @Test func clientsAreFreeAfterUnregister() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = self.plugin()
    try await self.register(registry, FakeFactory(plugin))
    try await self.register(registry, FakeFactory(self.plugin()), ["https://b.test/"], name: "q")
    let claim = try #require(registry.claim("https://a.test/"))
    _ = await handle(claim, browse("https://a.test/app/"))
    registry.unregister(name: "p")
    let own = browse("https://a.test/app/x", "cors", "empty", referer: "https://a.test/app/")
    #expect(await handle(claim, own) == "fallBack none")
    #expect(registry.claim("https://a.test/") != nil)
    registry.unregister(name: "q")
    #expect(registry.claim("https://a.test/") == nil)
    #expect(!registry.covers("https://a.test"))
  }
}
