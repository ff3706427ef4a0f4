import FetchModel
import Interceptor
import Synchronization
import Testing

/// What a program that starts again finds in its store.
@Suite struct RestartTests {
  private let scopes = ["https://a.test/"]

  private func stored(
    _ script: String, _ eventTypes: Set<String> = ["install", "activate", "fetch"]
  )
    -> StoredRegistration.Worker
  {
    StoredRegistration.Worker(
      eventTypes: eventTypes, resources: ScriptResources(main: Array(script.utf8)))
  }

  @Test func whatWasActiveIsStored() async throws {
    let store = MemoryStore()
    let registry = ServiceWorkerRegistry(store: store, now: { 1234 })
    let plugin = FakePlugin { $0.imports = ["https://a.test/lib.js": "lib"] }
    try await registry.register("p", self.scopes, plugin)
    await registry.shutDown()
    #expect(plugin.calls.last == "terminate")
    #expect(registry.registrations.isEmpty)
    let stored = try #require(store["p"])
    #expect(stored.scopes == self.scopes)
    #expect(stored.lastUpdateCheck == 1234)
    #expect(stored.active?.resources.imported == ["https://a.test/lib.js": Array("lib".utf8)])
    #expect(stored.active?.eventTypes == ["install", "activate", "fetch"])
  }

  @Test func anUnchangedScriptIsNotInstalledAgain() async throws {
    let store = MemoryStore()
    try await ServiceWorkerRegistry(store: store).register("p", self.scopes)
    let registry = ServiceWorkerRegistry(store: store)
    let plugin = FakePlugin()
    let factory = FakeFactory(plugin)
    #expect(try await registry.register("p", self.scopes, factory: factory) == .unchanged)
    // Not even run: its first event starts it.
    #expect(plugin.calls.isEmpty)
    #expect(factory.made == [true])
    #expect(registry.registrations[0].active?.state == .activated)
    _ = await handle(try #require(registry.claim("https://a.test/")), get("https://a.test/"))
    #expect(plugin.calls == ["fetch"])
  }

  @Test func aChangedScriptGoesThroughUpdate() async throws {
    let store = MemoryStore()
    try await ServiceWorkerRegistry(store: store).register("p", self.scopes)
    let registry = ServiceWorkerRegistry(store: store)
    let (old, new) = (FakePlugin(), FakePlugin())
    let factory = FakeFactory(old, new)
    factory.change { $0.script = "another" }
    #expect(try await registry.register("p", self.scopes, factory: factory) == .activated)
    #expect(old.calls == ["retire"])
    #expect(new.calls == ["run", "install", "activate"])
    #expect(factory.made == [true, false])
  }

  @Test func aChangedScriptThatFailsLeavesTheOldOne() async throws {
    let store = MemoryStore()
    try await ServiceWorkerRegistry(store: store).register("p", self.scopes)
    let registry = ServiceWorkerRegistry(store: store)
    let factory = FakeFactory(
      FakePlugin(), FakePlugin { $0.runError = PluginError(name: "SyntaxError", message: "no") })
    factory.change { $0.script = "another" }
    await #expect(throws: PluginError.self) {
      try await registry.register("p", self.scopes, factory: factory)
    }
    #expect(registry.claimant(of: "https://a.test/") == "p")
    await registry.shutDown()
    #expect(store["p"]?.active?.resources.main == Array("script".utf8))
  }

  @Test func whatWaitedIsActivated() async throws {
    let store = MemoryStore()
    await store.save(
      StoredRegistration(
        name: "p", scriptURL: "https://a.test/p.js", scopes: self.scopes,
        waiting: self.stored("new"), active: self.stored("old")))
    let registry = ServiceWorkerRegistry(store: store)
    let (active, waiting) = (FakePlugin(), FakePlugin())
    let factory = FakeFactory(active, waiting)
    factory.change { $0.script = "new" }
    #expect(try await registry.register("p", self.scopes, factory: factory) == .unchanged)
    while registry.registrations[0].active?.state != .activated { await Task.yield() }
    #expect(waiting.calls == ["activate"])
    #expect(active.calls == ["retire"])
    await registry.shutDown()
    #expect(store["p"]?.waiting == nil)
    #expect(store["p"]?.active?.resources.main == Array("new".utf8))
  }

  /// The program may be killed then, and `activate` is to be whole.
  @Test func whatIsActivatingIsStoredAsWaiting() async throws {
    let store = MemoryStore()
    let seen = Mutex<StoredRegistration?>(nil)
    let registry = ServiceWorkerRegistry(store: store)
    let plugin = FakePlugin { behaviour in
      behaviour.onActivate = {
        while store["p"] == nil { await Task.yield() }
        seen.withLock { $0 = store["p"] }
      }
    }
    try await registry.register("p", self.scopes, plugin)
    let stored = try #require(seen.withLock { $0 })
    #expect(stored.waiting != nil)
    #expect(stored.active == nil)
    #expect(store["p"]?.waiting == nil)
    #expect(store["p"]?.active != nil)
  }

  @Test func whatWasReplacedIsInstalledAnew() async throws {
    let store = MemoryStore()
    let registry = ServiceWorkerRegistry(store: store)
    try await registry.register("p", self.scopes)
    registry.unregister(name: "p")
    // At once: the store has not forgotten it yet.
    let plugin = FakePlugin()
    try await registry.register("p", self.scopes, plugin)
    #expect(plugin.calls == ["run", "install", "activate"])
  }

  @Test func anotherScriptURLIsAnotherScript() async throws {
    let store = MemoryStore()
    await store.save(
      StoredRegistration(
        name: "p", scriptURL: "https://b.test/p.js", scopes: self.scopes,
        active: self.stored("script")))
    let plugin = FakePlugin()
    try await ServiceWorkerRegistry(store: store).register("p", self.scopes, plugin)
    #expect(plugin.calls == ["run", "install", "activate"])
  }

  @Test func whatIsUnregisteredIsForgotten() async throws {
    let store = MemoryStore()
    let registry = ServiceWorkerRegistry(store: store)
    try await registry.register("p", self.scopes)
    registry.unregister(name: "p")
    await registry.shutDown()
    #expect(store["p"] == nil)
  }
}
