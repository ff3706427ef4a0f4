import FetchModel
import Interceptor
import Synchronization
import Testing

@Suite struct LifecycleTests {
  @Test func registerRunsInstallsAndActivates() async throws {
    let registry = ServiceWorkerRegistry()
    let states = Mutex<[String]>([])
    let note: @Sendable () -> Void = {
      let state = registry.registrations[0].newest?.state.rawValue ?? "none"
      let claimed = registry.claimant(of: "https://a.test/") != nil
      states.withLock { $0.append("\(state) \(claimed)") }
    }
    let plugin = FakePlugin { plugin in
      plugin.onInstall = { note() }
      plugin.onActivate = { note() }
    }
    try await registry.register("p", ["https://a.test/"], plugin)
    note()
    #expect(plugin.calls == ["run", "install", "activate"])
    #expect(states.withLock { $0 } == ["installing false", "activating true", "activated true"])
    #expect(registry.registrations[0].active?.eventTypes == ["activate", "fetch", "install"])
  }

  @Test func eventsWithoutListenersAreSkipped() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin { $0.eventTypes = ["fetch"] }
    try await registry.register("p", ["https://a.test/"], plugin)
    #expect(plugin.calls == ["run"])
    #expect(registry.registrations[0].active?.state == .activated)
  }

  @Test func failedScriptLeavesNothing() async {
    let registry = ServiceWorkerRegistry()
    let failure = PluginError(name: "SyntaxError", message: "SyntaxError: here")
    let plugin = FakePlugin { $0.runError = failure }
    let error = await #expect(throws: PluginError.self) {
      try await registry.register("p", ["https://a.test/"], plugin)
    }
    #expect(error == failure)
    #expect(plugin.calls == ["run", "terminate"])
    #expect(registry.registrations.isEmpty)
  }

  @Test func failedInstallMakesRedundant() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin { $0.installError = PluginError(name: "Error", message: "no") }
    await #expect(throws: PluginError.self) {
      try await registry.register("p", ["https://a.test/"], plugin)
    }
    #expect(plugin.calls == ["run", "install", "terminate"])
    #expect(registry.claimant(of: "https://a.test/") == nil)
    // Name and scope are free again.
    try await registry.register("p", ["https://a.test/"])
  }

  @Test func failedActivateActivatesAllTheSame() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin { $0.activateError = PluginError(name: "Error", message: "no") }
    try await registry.register("p", ["https://a.test/"], plugin)
    #expect(registry.registrations[0].active?.state == .activated)
  }

  @Test func unregisterDuringInstallStopsTheJob() async {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin { plugin in
      plugin.onInstall = { registry.unregister(name: "p") }
    }
    let error = await #expect(throws: PluginError.self) {
      try await registry.register("p", ["https://a.test/"], plugin)
    }
    #expect(error?.name == "AbortError")
    #expect(!plugin.calls.contains("activate"))
    #expect(registry.registrations.isEmpty)
  }

  @Test func unregisterEndsTheClaim() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin()
    try await registry.register("p", ["https://a.test/"], plugin)
    let claim = try #require(registry.claim("https://a.test/"))
    #expect(registry.unregister(name: "p"))
    #expect(!registry.unregister(name: "p"))
    #expect(registry.claimant(of: "https://a.test/") == nil)
    #expect(plugin.calls.last == "retire")
    // A claim made before falls back.
    let outcome = await handle(claim, get("https://a.test/"))
    #expect(outcome == "fallBack none")
  }

  @Test func fetchWaitsForActivate() async throws {
    let registry = ServiceWorkerRegistry()
    let events = Mutex<[String]>([])
    let plugin = FakePlugin { plugin in
      plugin.fetch = { request in
        events.withLock { $0.append("fetch") }
        return .noResponse(defaultPrevented: false, bodyUsed: false, body: request.body)
      }
      plugin.onActivate = {
        registry.claim("https://a.test/")?.handleFetch(get("https://a.test/")) { outcome in
          events.withLock { $0.append(describe(outcome)) }
        }
        events.withLock { $0.append("activate ends") }
      }
    }
    try await registry.register("p", ["https://a.test/"], plugin)
    #expect(events.withLock { $0 } == ["activate ends", "fetch", "fallBack none"])
  }

  @Test func claimNeedsAnActiveWorker() async throws {
    let registry = ServiceWorkerRegistry()
    let results = Mutex<[String]>([])
    let plugin = Mutex<FakePlugin?>(nil)
    let claim: @Sendable () async -> Void = {
      guard let worker = plugin.withLock({ $0 }), let delegate = worker.delegate else { return }
      await delegate.pluginWorkerSkipsWaiting(worker)
      do throws(PluginError) {
        try await delegate.pluginWorkerClaimsClients(worker)
        results.withLock { $0.append("claimed") }
      } catch { results.withLock { $0.append(error.name) } }
    }
    let worker = FakePlugin { behaviour in
      behaviour.onInstall = claim
      behaviour.onActivate = claim
    }
    plugin.withLock { $0 = worker }
    try await registry.register("p", ["https://a.test/"], worker)
    #expect(results.withLock { $0 } == ["InvalidStateError", "claimed"])
  }
}
