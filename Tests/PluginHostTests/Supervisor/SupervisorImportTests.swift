import FetchModel
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// The host's side of `importScripts()`.
@Suite struct SupervisorImportTests {
  private func ask(
    _ worker: FakeWorker, _ number: UInt32, _ url: String
  ) throws {
    try worker.send(.call(call: number, kind: .importScript, payload: ByteBuffer(string: url)))
  }

  /// The next answer: the source, or the error's name.
  private func answer(_ worker: FakeWorker) async throws -> String {
    guard case .callResult(_, let name, _, let payload) = try await worker.next() else {
      return "no answer"
    }
    guard name.isEmpty else { return name }
    guard let script = ImportedScript(payload) else { return "no script" }
    return (script.isMuted ? "muted " : "") + String(buffer: script.source)
  }

  private func script(
    _ text: String, type: String? = "text/javascript", status: Int = 200, urlList: [String] = []
  ) -> Result<FetchResponse, FetchError> {
    .success(
      FetchResponse(
        status: status, headers: HeaderList(type.map { [("Content-Type", $0)] } ?? []),
        body: .bytes(ByteBuffer(string: text)), urlList: urlList))
  }

  @Test func scriptsComeFromTheNetworkOnceAndAreKeptForLaterProcesses() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let first = try await fixture.launcher.worker(0)
    guard case .start = try await first.next() else { return #expect(Bool(false)) }
    try self.ask(first, 1, "https://a.test/x/lib.js#f")
    let (request, complete) = try await fixture.network.request()
    #expect(request.url == "https://a.test/x/lib.js")
    #expect(request.attributes.mode == "no-cors")
    #expect(request.attributes.destination == "script")
    complete(self.script("lib", urlList: [request.url]))
    #expect(try await self.answer(first) == "lib")
    try self.ask(first, 2, "https://a.test/x/lib.js")
    #expect(try await self.answer(first) == "lib")
    try first.send(.ready(listeners: ["fetch"]))
    _ = try await types
    // Installed, for want of a listener for install.
    try self.ask(first, 3, "https://a.test/x/other.js")
    #expect(try await self.answer(first) == "NetworkError")
    first.die()
    let outcome = fixture.fetch("GET", "https://a.test/")
    let second = try await fixture.launcher.worker(1)
    guard case .start = try await second.next() else { return #expect(Bool(false)) }
    try self.ask(second, 1, "https://a.test/x/lib.js")
    #expect(try await self.answer(second) == "lib")
    #expect(fixture.network.count == 1)
    second.die()
    _ = outcome
  }

  @Test func scriptsAreLoadedUntilInstallIsOver() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let worker = try await fixture.launcher.worker(0)
    guard case .start = try await worker.next() else { return #expect(Bool(false)) }
    try worker.send(.ready(listeners: ["install"]))
    _ = try await types
    async let installed: Void = fixture.supervisor.install()
    guard case .install(let event) = try await worker.next() else {
      return #expect(Bool(false))
    }
    try self.ask(worker, 1, "https://other.test/a.js")
    let (_, complete) = try await fixture.network.request()
    complete(self.script("a"))
    #expect(try await self.answer(worker) == "muted a")
    try worker.send(.lifetimeSettled(event: event, failure: ""))
    try await installed
    try self.ask(worker, 2, "https://other.test/b.js")
    #expect(try await self.answer(worker) == "NetworkError")
    try self.ask(worker, 3, "https://other.test/a.js")
    #expect(try await self.answer(worker) == "muted a")
  }

  @Test func whatIsNoScriptIsANetworkError() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let worker = try await fixture.launcher.worker(0)
    guard case .start = try await worker.next() else { return #expect(Bool(false)) }
    let answers: [Result<FetchResponse, FetchError>] = [
      self.script("x", type: nil), self.script("x", type: "text/plain"),
      self.script("x", type: "application/json"), self.script("x", status: 404),
      .failure(FetchError(.dnsError, .upstream, "no such name")),
    ]
    for (index, result) in answers.enumerated() {
      try self.ask(worker, UInt32(index + 1), "https://a.test/\(index).js")
      let (_, complete) = try await fixture.network.request(index)
      complete(result)
      #expect(try await self.answer(worker) == "NetworkError")
    }
    for (index, url) in ["ftp://a.test/x.js", "file:///etc/passwd", "nonsense"].enumerated() {
      try self.ask(worker, UInt32(index + 10), url)
      #expect(try await self.answer(worker) == "NetworkError")
    }
    // None of it was kept: asked once more, the network is too.
    try self.ask(worker, 20, "https://a.test/0.js")
    let (_, complete) = try await fixture.network.request(answers.count)
    complete(self.script("fine", type: "text/javascript; charset=utf-8"))
    #expect(try await self.answer(worker) == "fine")
    try worker.send(.ready(listeners: []))
    _ = try await types
  }
}

/// The rules of the map by themselves.
@Suite struct ScriptResourceMapTests {
  private func script(_ length: Int) -> ScriptLoader.Script {
    ScriptLoader.Script(name: "x", bytes: [UInt8](repeating: 0x20, count: length))
  }

  @Test func itIsBounded() {
    var map = ScriptResourceMap()
    for index in 0..<ScriptResourceMap.maximumCount {
      guard case .load = map.asked("https://a.test/\(index)") else { return #expect(Bool(false)) }
      let isKept = map.loaded("https://a.test/\(index)", self.script(1))
      #expect(isKept)
    }
    guard case .refused = map.asked("https://a.test/more") else { return #expect(Bool(false)) }
    guard case .found = map.asked("https://a.test/1") else { return #expect(Bool(false)) }
    var large = ScriptResourceMap()
    let (first, second) = (
      large.loaded("a", self.script(ScriptResourceMap.maximumBytes)),
      large.loaded("b", self.script(1))
    )
    #expect(first && !second)
    var busy = ScriptResourceMap()
    for index in 0..<ScriptResourceMap.maximumLoads { _ = busy.asked("\(index)") }
    guard case .refused = busy.asked("more") else { return #expect(Bool(false)) }
    busy.failed()
    guard case .load = busy.asked("more") else { return #expect(Bool(false)) }
  }
}
