import FetchModel
import Interceptor
import Synchronization
import Testing

@Suite struct UpdateTests {
  private let scopes = ["https://a.test/"]

  @Test func anEqualScriptChangesNothing() async throws {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin()
    let factory = FakeFactory(plugin)
    #expect(try await registry.register("p", self.scopes, factory: factory) == .activated)
    #expect(try await registry.update(name: "p") == .unchanged)
    #expect(factory.fetchCount == 2)
    #expect(plugin.calls == ["run", "install", "activate"])
    #expect(registry.registrations[0].active?.number == 1)
  }

  @Test func aChangedScriptReplacesTheWorker() async throws {
    let registry = ServiceWorkerRegistry()
    let (first, second) = (FakePlugin(), FakePlugin())
    let factory = FakeFactory(first, second)
    try await registry.register("p", self.scopes, factory: factory)
    factory.change { $0.script = "another" }
    #expect(try await registry.update(name: "p") == .activated)
    #expect(first.calls == ["run", "install", "activate", "retire"])
    #expect(second.calls == ["run", "install", "activate"])
    let listing = try #require(await registry.listings().first)
    #expect(listing.active?.number == 2)
    #expect(listing.active?.status?.pid == 1)
    #expect(listing.installing == nil && listing.waiting == nil)
    _ = await handle(try #require(registry.claim("https://a.test/")), get("https://a.test/"))
    #expect(second.calls.last == "fetch")
  }

  @Test(arguments: ["fetch", "run", "install"])
  func aFailedUpdateKeepsTheActiveWorker(_ step: String) async throws {
    let registry = ServiceWorkerRegistry()
    let failure = PluginError(name: "TypeError", message: step)
    let first = FakePlugin()
    let second = FakePlugin { plugin in
      if step == "run" { plugin.runError = failure }
      if step == "install" { plugin.installError = failure }
    }
    let factory = FakeFactory(first, second)
    try await registry.register("p", self.scopes, factory: factory)
    factory.change { source in
      source.script = "another"
      if step == "fetch" { source.error = failure }
    }
    let error = await #expect(throws: PluginError.self) { try await registry.update(name: "p") }
    #expect(error == failure)
    #expect(first.calls == ["run", "install", "activate"])
    #expect(second.calls.last == (step == "fetch" ? nil : "terminate"))
    let listing = registry.registrations[0]
    #expect(listing.active?.number == 1)
    #expect(listing.newest == listing.active)
    #expect(registry.claimant(of: "https://a.test/") == "p")
  }

  @Test func updateNeedsAPlugin() async {
    let error = await #expect(throws: PluginError.self) {
      try await ServiceWorkerRegistry().update(name: "p")
    }
    #expect(error?.name == "TypeError")
  }

  @Test func importedScriptsAreComparedToo() async throws {
    let registry = ServiceWorkerRegistry()
    let url = "https://a.test/lib.js"
    let second = FakePlugin()
    let factory = FakeFactory(FakePlugin { $0.imports = [url: "one"] }, second)
    try await registry.register("p", self.scopes, factory: factory)
    // A bad answer is ignored.
    #expect(try await registry.update(name: "p") == .unchanged)
    factory.change { $0.imported[url] = "one" }
    #expect(try await registry.update(name: "p") == .unchanged)
    factory.change { $0.imported[url] = "two" }
    #expect(try await registry.update(name: "p") == .activated)
    // What was fetched is what the new worker imports.
    #expect(second.resources.withLock { $0.imported[url] } == Array("two".utf8))
  }

  @Test func aModulesGraphIsComparedWhole() async throws {
    let registry = ServiceWorkerRegistry()
    let factory = FakeFactory()
    factory.change { source in
      source.kind = .module
      source.imported = ["https://a.test/dep.js": "export {}"]
    }
    try await registry.register("p", self.scopes, factory: factory)
    #expect(try await registry.update(name: "p") == .unchanged)
    factory.change { $0.imported["https://a.test/dep.js"] = "export {} //" }
    #expect(try await registry.update(name: "p") == .activated)
    factory.change { $0.kind = .classic }
    #expect(try await registry.update(name: "p") == .activated)
  }

  @Test func fetchesGoToTheOldWorkerWhileTheNextInstalls() async throws {
    let registry = ServiceWorkerRegistry()
    let first = FakePlugin()
    let second = FakePlugin { plugin in
      plugin.onInstall = {
        guard let claim = registry.claim("https://a.test/") else { return }
        _ = await handle(claim, get("https://a.test/"))
      }
    }
    let factory = FakeFactory(first, second)
    try await registry.register("p", self.scopes, factory: factory)
    factory.change { $0.script = "another" }
    try await registry.update(name: "p")
    #expect(first.calls == ["run", "install", "activate", "fetch", "retire"])
    #expect(!second.calls.contains("fetch"))
  }

  @Test func jobsRunOneAfterTheOther() async throws {
    let registry = ServiceWorkerRegistry()
    let events = Mutex<[String]>([])
    func plugin(_ name: String) -> FakePlugin {
      FakePlugin { plugin in
        plugin.onInstall = {
          events.withLock { $0.append("\(name) begins") }
          for _ in 0..<100 { await Task.yield() }
          events.withLock { $0.append("\(name) ends") }
        }
      }
    }
    let factory = FakeFactory(FakePlugin(), plugin("second"), plugin("third"))
    try await registry.register("p", self.scopes, factory: factory)
    factory.change { $0.script = "second" }
    async let one = registry.update(name: "p")
    // Its job promise is settled where the installation begins: what follows is another job.
    while !events.withLock({ $0.contains("second begins") }) { await Task.yield() }
    factory.change { $0.script = "third" }
    async let two = registry.update(name: "p")
    async let three = registry.update(name: "p")
    _ = try await (one, two, three)
    let expected = ["second begins", "second ends", "third begins", "third ends"]
    #expect(events.withLock { $0 } == expected)
    // The last two were one job.
    #expect(factory.fetchCount == 3)
  }

  @Test func workersSeeTheRegistrationChange() async throws {
    let registry = ServiceWorkerRegistry()
    let (first, second) = (FakePlugin(), FakePlugin())
    let factory = FakeFactory(first, second)
    try await registry.register("p", self.scopes, factory: factory)
    factory.change { $0.script = "another" }
    try await registry.update(name: "p")
    func line(_ snapshot: RegistrationSnapshot) -> String {
      func text(_ worker: RegistrationSnapshot.Worker?) -> String {
        worker.map { "\($0.number) \($0.state.rawValue)" } ?? "-"
      }
      return [snapshot.own, snapshot.installing, snapshot.waiting, snapshot.active].map(text)
        .joined(separator: ", ")
    }
    #expect(
      first.snapshots.map(line) == [
        "1 parsed, -, -, -",
        "1 installing, 1 installing, -, -",
        "1 installed, -, 1 installed, -",
        "1 activating, -, -, 1 activating",
        "1 activated, -, -, 1 activated",
        "1 activated, 2 installing, -, 1 activated",
        "1 activated, -, 2 installed, 1 activated",
        "1 redundant, -, -, 2 activating",
      ])
    #expect(second.snapshots.first.map(line) == "2 parsed, -, -, 1 activated")
    #expect(second.snapshots.last.map(line) == "2 activated, -, -, 2 activated")
  }
}
