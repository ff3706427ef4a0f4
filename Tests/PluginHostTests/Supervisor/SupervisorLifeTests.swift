import FetchModel
import Foundation
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

@Suite struct SupervisorLifeTests {
  @Test func startCarriesTheScript() async throws {
    let fixture = try SupervisorFixture(script: "\u{FEFF}addEventListener('fetch', f)")
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let worker = try await fixture.launcher.worker()
    guard case .start(let start) = try await worker.next() else {
      Issue.record("expected start")
      return
    }
    #expect(
      start
        == WorkerStart(
          name: "hello", scriptURL: "https://a.test/hello.js", scriptPath: fixture.scriptPath,
          scope: "https://a.test/", source: "addEventListener('fetch', f)"))
    try worker.send(.ready(listeners: ["fetch", "install"]))
    #expect(try await types == ["fetch", "install"])
    #expect(await fixture.supervisor.status().state == "running")
  }

  @Test func missingScript() async throws {
    let fixture = try SupervisorFixture { $0.scriptPath = "/nonexistent/x.js" }
    defer { fixture.end() }
    let error = await #expect(throws: PluginError.self) { try await fixture.supervisor.run() }
    #expect(error?.message.contains("/nonexistent/x.js") == true)
    #expect(fixture.launcher.launches == 0)
  }

  @Test func failedScriptShowsItsLine() async throws {
    let fixture = try SupervisorFixture(script: "let a = 1\n\tlet b = ;\n")
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let worker = try await fixture.launcher.worker()
    _ = try await worker.next()
    try worker.send(
      .startFailed(
        ScriptFailure(
          message: "SyntaxError: Unexpected token ';'", file: fixture.scriptPath, line: 2,
          column: 10)))
    do {
      _ = try await types
      Issue.record("expected an error")
    } catch {
      let error = error as? PluginError
      #expect(error?.name == "SyntaxError")
      #expect(
        error?.message == """
          SyntaxError: Unexpected token ';'
          \(fixture.scriptPath):2:10
          \tlet b = ;
          \t        ^
          """)
    }
    try await eventually { worker.wasKilled }
  }

  @Test(arguments: [(0, 0), (3, 1), (99, 1), (1, 99), (UInt32.max, UInt32.max)])
  func positionsThatAreNotThere(_ line: UInt32, _ column: UInt32) {
    let failure = ScriptFailure(message: "E: x", file: "f.js", line: line, column: column)
    let message = failure.pluginError(source: "one\ntwo").message
    #expect(message.hasPrefix("E: x"))
    #expect(!message.contains("^"))
  }

  @Test func installAndActivate() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    async let install: Void = fixture.supervisor.install()
    guard case .install(let first) = try await worker.next() else { return #expect(Bool(false)) }
    try worker.send(.lifetimeSettled(event: first, failure: ""))
    try await install
    async let activate: Void = fixture.supervisor.activate()
    guard case .activate(let second) = try await worker.next() else { return #expect(Bool(false)) }
    try worker.send(.lifetimeSettled(event: second, failure: "Error: no"))
    do {
      try await activate
      Issue.record("expected an error")
    } catch { #expect("\(error)".contains("Error: no")) }
  }

  @Test func deathDuringStartFailsRun() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let worker = try await fixture.launcher.worker()
    _ = try await worker.next()
    worker.die()
    do {
      _ = try await types
      Issue.record("expected an error")
    } catch { #expect("\(error)".contains("signal 9")) }
  }

  @Test func launchThatFails() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    fixture.launcher.fail("no such file")
    let error = await #expect(throws: PluginError.self) { try await fixture.supervisor.run() }
    #expect(error?.message.contains("no such file") == true)
    // Events are failed after three attempts, their bodies whole.
    let outcome = fixture.fetch("POST", body: .bytes(ByteBuffer(string: "b")))
    #expect(try await outcome.text() == #"workerFailed "b""#)
  }

  @Test func idleWorkerIsStoppedAndStartedAgain() async throws {
    let fixture = try SupervisorFixture { $0.idleTime = .milliseconds(20) }
    defer { fixture.end() }
    let worker = try await fixture.start()
    fixture.clock.run(step: .milliseconds(1))
    guard case .stop = try await worker.next() else { return #expect(Bool(false)) }
    fixture.clock.stand()
    // An event that comes now waits for the next worker; demands share one start.
    let outcomes = [fixture.fetch(), fixture.fetch()]
    worker.die()
    let second = try await fixture.launcher.worker(1)
    try await fixture.ready(second)
    for outcome in outcomes {
      let number = try await fixture.deliver(second)
      try second.send(.respond(event: number, okHead, body: .none))
      #expect(try await outcome.text() == "response 200 none")
    }
    #expect(fixture.launcher.launches == 2)
    #expect(!worker.wasKilled)
    #expect(await fixture.supervisor.status().restarts == 0)
  }

  @Test func workerWithExtendedEventsIsNotIdle() async throws {
    let fixture = try SupervisorFixture {
      $0.idleTime = .milliseconds(20)
      $0.eventTime = .hours(10_000)
    }
    defer { fixture.end() }
    let worker = try await self.startWithExtendedEvent(fixture)
    // Neither is it stopped for being idle, though it answers pings all the time,
    fixture.clock.run(step: .milliseconds(500))
    try await self.answerPings(worker, 10)
    // nor ended while it is retired.
    fixture.supervisor.retire()
    try await self.answerPings(worker, 10)
    #expect(await fixture.supervisor.status().state == "running")
    #expect(!worker.wasKilled)
    try worker.send(.eventsExtended(false))
    try await eventually { worker.wasKilled }
  }

  @Test func extendedEventsKeepAWorkerForTheTimeOfAnEvent() async throws {
    let fixture = try SupervisorFixture {
      $0.idleTime = .milliseconds(20)
      $0.eventTime = .seconds(60)
    }
    defer { fixture.end() }
    let worker = try await self.startWithExtendedEvent(fixture)
    let start = fixture.clock.now()
    fixture.clock.run(step: .seconds(1))
    guard case .stop = try await worker.next() else { return #expect(Bool(false)) }
    fixture.clock.stand()
    #expect(fixture.clock.now() - start >= .seconds(60))
    worker.die()
    // The next process begins without any.
    let again = fixture.fetch()
    let second = try await fixture.launcher.worker(1)
    try await fixture.ready(second)
    let number = try await fixture.deliver(second)
    try second.send(.respond(event: number, okHead, body: .none))
    #expect(try await again.text() == "response 200 none")
    fixture.clock.run(step: .milliseconds(1))
    guard case .stop = try await second.next() else { return #expect(Bool(false)) }
    #expect(!worker.wasKilled)
  }

  /// A worker that has answered its event and goes on with what it gave to `waitUntil()`.
  private func startWithExtendedEvent(_ fixture: SupervisorFixture) async throws -> FakeWorker {
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    try worker.send(.respond(event: event, okHead, body: .none), .eventsExtended(true))
    #expect(try await outcome.text() == "response 200 none")
    return worker
  }

  /// Takes that many pings, and nothing else.
  private func answerPings(_ worker: FakeWorker, _ count: Int) async throws {
    for _ in 0..<count {
      guard case .ping(let number) = try await worker.nextOfAny() else {
        return #expect(Bool(false))
      }
      try worker.send(.pong(number))
    }
  }

  @Test func hangingWorkerIsKilled() async throws {
    let fixture = try SupervisorFixture { configuration in
      configuration.pingInterval = .milliseconds(5)
      configuration.unresponsiveTime = .seconds(6)
    }
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    guard case .fetchEvent = try await worker.next() else { return #expect(Bool(false)) }
    fixture.clock.run(step: .milliseconds(500))
    // No pong.
    #expect(try await outcome.text() == "workerFailed none")
    #expect(worker.wasKilled)
    // It went down with the event, so the event is not sent to another.
    #expect(fixture.launcher.launches == 1)
  }

  @Test func growingWorkerIsKilled() async throws {
    let fixture = try SupervisorFixture { configuration in
      configuration.pingInterval = .milliseconds(5)
      configuration.memoryLimit = 100 << 20
    }
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    _ = try await fixture.deliver(worker)
    fixture.clock.run(step: .milliseconds(1))
    guard case .ping(let number) = try await worker.nextOfAny() else {
      return #expect(Bool(false))
    }
    worker.setResident(101 << 20)
    try worker.send(.pong(number))
    guard case .workerFailed(let error, _) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    #expect("\(error)".contains("101 MiB"))
    #expect(worker.wasKilled)
  }

  @Test func lateEventFailsAndItsWorkerIsKilled() async throws {
    let fixture = try SupervisorFixture { $0.eventTime = .seconds(2) }
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch("POST", body: .bytes(ByteBuffer(string: "b")))
    _ = try await fixture.deliver(worker)
    fixture.clock.run(step: .milliseconds(500))
    #expect(try await outcome.text() == #"workerFailed "b""#)
    try await eventually { worker.wasKilled }
    let status = await fixture.supervisor.status()
    #expect(status.events == 1)
    #expect(status.errors == 1)
  }

  @Test func workerThatClosesItsSocketIsKilled() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    worker.closeSocket()
    try await eventually { worker.wasKilled }
  }

  @Test func terminateFailsWhatIsOpen() async throws {
    let fixture = try SupervisorFixture()
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    _ = try await fixture.deliver(worker)
    fixture.end()
    #expect(try await outcome.text() == "workerFailed none")
    #expect(try await fixture.fetch().text() == "workerFailed none")
    try await eventually { worker.wasKilled }
    await #expect(throws: PluginError.self) { try await fixture.supervisor.install() }
    #expect(fixture.launcher.launches == 1)
  }
}
