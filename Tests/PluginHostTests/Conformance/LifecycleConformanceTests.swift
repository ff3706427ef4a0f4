import FetchModel
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// What every kind of plugin does with the events of its life.
@Suite struct LifecycleConformanceTests {
  /// Fetch events wait for the end of `activate`, which waits for the end of `install`.
  @Test(arguments: conformanceKinds)
  func installThenActivateThenFetch(kind: ConformanceKind) async throws {
    let scene = try ConformanceScene(kind, .installs)
    let registering = Task { try await scene.register() }
    let (install, installed) = try await scene.network.request(0)
    #expect(install.url == "https://network.test/install")
    #expect(scene.claim("/") == nil, "nothing is claimed before it is active")
    #expect(scene.registry.registrations.first?.installing != nil)
    let allowed = HeaderList([("Access-Control-Allow-Origin", "*")])
    installed(.success(FetchResponse(status: 200, headers: allowed)))
    let (activate, activated) = try await scene.network.request(1)
    #expect(activate.url == "https://network.test/activate")
    let answer = try scene.fetch("/")
    activated(.success(FetchResponse(status: 200, headers: allowed)))
    #expect(try await registering.value == .activated)
    #expect(try await answer.text() == "started install activate")
    #expect(scene.network.count == 2)
    await scene.end()
  }

  @Test(arguments: conformanceKinds)
  func failedInstallLeavesNothing(kind: ConformanceKind) async throws {
    let scene = try ConformanceScene(kind, .installFails)
    let error = await #expect(throws: PluginError.self) { try await scene.register() }
    #expect(error?.message.contains("no room") == true)
    #expect(scene.registry.registrations.isEmpty)
    await scene.end()
  }

  @Test(arguments: conformanceKinds)
  func failedActivateChangesNothing(kind: ConformanceKind) async throws {
    try await withConformance(kind, .activateFails) { scene in
      let text = try await scene.text("/")
      #expect(text == "activated anyway")
    }
  }

  @Test(arguments: conformanceKinds, [ConformanceFixture.startFails, .invalid])
  func programThatCannotStartIsNamed(
    kind: ConformanceKind, fixture: ConformanceFixture
  ) async throws {
    let scene = try ConformanceScene(kind, fixture)
    let error = await #expect(throws: PluginError.self) { try await scene.register() }
    let line = try kind.plugin.failingLine(fixture)
    let position = scene.path + (line.map { ":\($0)" } ?? "")
    #expect(error?.message.contains(position) == true, "\(String(describing: error))")
    #expect(scene.registry.registrations.isEmpty)
    await scene.end()
  }

  /// A new version waits while a client uses the old one, unless it skips that.
  @Test(arguments: conformanceKinds)
  func newVersionWaitsOrSkipsWaiting(kind: ConformanceKind) async throws {
    let scene = try ConformanceScene(kind, .answers, match: .client)
    try await scene.register()
    #expect(try await scene.navigate("/page").text() == "plain")
    try scene.change(to: .waits)
    #expect(try await scene.registry.update(name: "conformance") == .waiting)
    #expect(try await scene.navigate("/page").text() == "plain")
    try scene.change(to: .skipsWaiting)
    #expect(try await scene.registry.update(name: "conformance") == .activated)
    #expect(try await scene.navigate("/page").text() == "skipped")
    await scene.end()
  }

  @Test(arguments: conformanceKinds)
  func versionThatFailsLeavesTheOldOne(kind: ConformanceKind) async throws {
    try await withConformance(kind, .waits) { scene in
      for fixture in [ConformanceFixture.installFails, .startFails, .invalid] {
        try scene.change(to: fixture)
        await #expect(throws: PluginError.self) {
          try await scene.registry.update(name: "conformance")
        }
        #expect(try await scene.text("/") == "waited")
      }
      try scene.change(to: .answers)
      #expect(try await scene.registry.update(name: "conformance") == .activated)
      #expect(try await scene.text("/") == "plain")
    }
  }

  /// An idle worker ends, and the next event finds another one.
  @Test(arguments: conformanceKinds)
  func idleWorkerStopsUntilTheNextEvent(kind: ConformanceKind) async throws {
    try await withConformance(kind, idleTime: .milliseconds(100)) { scene in
      #expect(try await scene.text("/short") == "short")
      try await eventually { await scene.status()?.pid == nil }
      #expect(try await scene.text("/short") == "short")
      #expect(await scene.status()?.restarts == 0)
    }
  }

  @Test(arguments: conformanceKinds)
  func environmentIsVisible(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let url = "https://a.test/plugin.\(kind.plugin.fileExtension)"
      let text = try await scene.text("/environment")
      #expect(text == "blue\nhttps://a.test/\n\(url)")
    }
  }
}
