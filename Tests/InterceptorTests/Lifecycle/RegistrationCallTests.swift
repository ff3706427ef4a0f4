import Interceptor
import Synchronization
import Testing

/// What scripts ask of their registration.
@Suite struct RegistrationCallTests {
  private let scopes = ["https://a.test/"]

  @Test func updateFindsAChangedScript() async throws {
    let registry = ServiceWorkerRegistry()
    let first = FakePlugin()
    let factory = FakeFactory(first)
    try await registry.register("p", self.scopes, factory: factory)
    let delegate = try #require(first.delegate)
    try await delegate.pluginWorkerUpdates(first)
    #expect(factory.fetchCount == 2)
    factory.change { $0.script = "another" }
    try await delegate.pluginWorkerUpdates(first)
    while registry.registrations[0].active?.number != 2 { await Task.yield() }
    // What was replaced still updates its registration.
    try await delegate.pluginWorkerUpdates(first)
    registry.unregister(name: "p")
    let error = await #expect(throws: PluginError.self) {
      try await delegate.pluginWorkerUpdates(first)
    }
    #expect(error?.name == "InvalidStateError")
  }

  @Test func aWorkerThatInstallsCannotUpdate() async throws {
    let registry = ServiceWorkerRegistry()
    let result = Mutex("")
    let plugin = Mutex<FakePlugin?>(nil)
    let worker = FakePlugin { behaviour in
      behaviour.onInstall = {
        guard let worker = plugin.withLock({ $0 }), let delegate = worker.delegate else { return }
        do throws(PluginError) {
          try await delegate.pluginWorkerUpdates(worker)
        } catch { result.withLock { $0 = error.name } }
      }
    }
    plugin.withLock { $0 = worker }
    try await registry.register("p", self.scopes, worker)
    #expect(result.withLock { $0 } == "InvalidStateError")
  }

  @Test func unregisterTakesThePluginOut() async throws {
    let store = MemoryStore()
    let registry = ServiceWorkerRegistry(store: store)
    let plugin = FakePlugin()
    try await registry.register("p", self.scopes, plugin)
    let delegate = try #require(plugin.delegate)
    #expect(await delegate.pluginWorkerUnregisters(plugin))
    #expect(registry.registrations.isEmpty)
    #expect(plugin.calls.last == "retire")
    #expect(!(await delegate.pluginWorkerUnregisters(plugin)))
    await registry.shutDown()
    #expect(store["p"] == nil)
  }

  @Test func navigationPreloadIsKept() async throws {
    let store = MemoryStore()
    let registry = ServiceWorkerRegistry(store: store)
    let plugin = FakePlugin()
    try await registry.register("p", self.scopes, plugin)
    let delegate = try #require(plugin.delegate)
    let initial = try await delegate.pluginWorker(plugin, changesNavigationPreload: nil)
    #expect(initial == NavigationPreloadState(isEnabled: false, headerValue: "true"))
    _ = try await delegate.pluginWorker(plugin, changesNavigationPreload: .enable)
    let state = try await delegate.pluginWorker(
      plugin, changesNavigationPreload: .setHeaderValue("v 1"))
    #expect(state == NavigationPreloadState(isEnabled: true, headerValue: "v 1"))
    await registry.shutDown()
    let again = ServiceWorkerRegistry(store: store)
    let second = FakePlugin()
    try await again.register("p", self.scopes, second)
    let restored = try await second.delegate?.pluginWorker(second, changesNavigationPreload: nil)
    #expect(restored == state)
  }

  @Test(arguments: ["a\r\nb", " a", "a\t", "\u{100}", String(repeating: "a", count: 5_000)])
  func navigationPreloadRefusesWhatIsNoFieldValue(_ value: String) async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin()
    try await registry.register("p", self.scopes, plugin)
    let delegate = try #require(plugin.delegate)
    let error = await #expect(throws: PluginError.self) {
      _ = try await delegate.pluginWorker(plugin, changesNavigationPreload: .setHeaderValue(value))
    }
    #expect(error?.name == "TypeError")
  }

  @Test func navigationPreloadNeedsAnActiveWorker() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin()
    try await registry.register("p", self.scopes, plugin)
    let delegate = try #require(plugin.delegate)
    registry.unregister(name: "p")
    let error = await #expect(throws: PluginError.self) {
      _ = try await delegate.pluginWorker(plugin, changesNavigationPreload: .enable)
    }
    #expect(error?.name == "InvalidStateError")
  }
}
