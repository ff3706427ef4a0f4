import FetchModel
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// A worker that breaks the protocol is killed, its events fail, and the next event has a new one.
@Suite struct SupervisorHostileTests {
  private static let stray = StreamID(kind: .eventResponse, number: 999)

  @Test(arguments: [
    Frame.respond(event: 999, okHead, body: .none),
    .noResponse(event: 0, defaultPrevented: false, bodyUsed: false),
    .respondFailed(event: 7, message: ""),
    .respondRelay(event: 1, fetch: 5),
    .lifetimeSettled(event: 1, failure: ""),
    .eventsExtended(false),
    .ready(listeners: []),
    .startFailed(ScriptFailure(message: "", file: "", line: 0, column: 0)),
    .pong(99),
    .start(WorkerStart(name: "", scriptURL: "", scriptPath: "", scope: "", source: "")),
    .ping(1), .stop, .install(event: 1),
    .callResult(call: 1, errorName: "", message: "", payload: ByteBuffer()),
    .bodyChunk(stray, ByteBuffer(string: "x")), .bodyEnd(stray),
    .bodyCredit(stray, bytes: 1), .bodyCancel(stray),
    .bodyCredit(StreamID(kind: .fetchResponse, number: 4), bytes: 1),
    .abortFetch(fetch: 3), .cloneFetch(fetch: 3),
    .fetch(fetch: 0, requestHead("https://a.test/"), derivedFrom: 0, body: .body(.none)),
    .fetch(fetch: 1, requestHead("https://a.test/"), derivedFrom: 50, body: .body(.none)),
    .fetch(fetch: 1, requestHead("https://a.test/"), derivedFrom: 0, body: .relayEvent(50)),
  ])
  func frameThatMakesNoSense(_ frame: Frame) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    #expect(event == 1)
    // What follows is not believed either.
    try worker.send(frame, .respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "workerFailed none")
    #expect(worker.wasKilled)
    try await self.nextWorkerAnswers(fixture)
  }

  private func nextWorkerAnswers(_ fixture: SupervisorFixture) async throws {
    let outcome = fixture.fetch()
    let second = try await fixture.launcher.worker(1)
    try await fixture.ready(second)
    let event = try await fixture.deliver(second)
    try second.send(.respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
  }

  @Test(
    arguments: [
      [0xFF, 0xFF, 0xFF, 0xFF], [1, 0, 0, 0, 0xEE], [0, 0, 0, 0], [2, 0, 0, 0, 34, 1],
      [6, 0, 0, 0, 43, 0, 0, 0, 0, 9],
    ] as [[UInt8]])
  func bytesThatAreNoFrame(_ bytes: [UInt8]) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch("POST")
    _ = try await fixture.deliver(worker)
    try worker.send(bytes: ByteBuffer(bytes: bytes))
    #expect(try await outcome.text() == "workerFailed none")
    #expect(worker.wasKilled)
  }

  @Test func secondAnswer() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    try worker.send(
      .respond(event: event, okHead, body: .none), .respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
    try await eventually { worker.wasKilled }
  }

  @Test func moreThanItsCredit() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventResponse, number: event)
    try worker.send(.respond(event: event, okHead, body: .stream(length: nil)))
    guard case .response(let response) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    for _ in 0..<12 where !worker.wasKilled {
      try? worker.send(.bodyChunk(stream, ByteBuffer(repeating: 0x61, count: 65_536)))
    }
    try await eventually { worker.wasKilled }
    #expect(try await readAll(response.body).contains("failed:"))
  }

  @Test func moreThanItsLength() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventResponse, number: event)
    try worker.send(
      .respond(event: event, okHead, body: .stream(length: 2)),
      .bodyChunk(stream, ByteBuffer(string: "abc")))
    _ = try await outcome.value()
    try await eventually { worker.wasKilled }
  }

  @Test func relayOfABodyThatItRead() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch("POST")
    let event = try await fixture.deliver(worker)
    try worker.send(
      .fetch(fetch: 1, requestHead("https://a.test/b"), derivedFrom: 0, body: .body(.none)))
    try await fixture.network.request().1(
      .success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(BodyPipe()))))
    guard case .fetchResult = try await worker.next() else { return #expect(Bool(false)) }
    try worker.send(
      .bodyCredit(StreamID(kind: .fetchResponse, number: 1), bytes: 1),
      .respondRelay(event: event, fetch: 1))
    #expect(try await outcome.text() == "workerFailed nil")
    try await eventually { worker.wasKilled }
  }

  @Test func hugeCreditsDoNotOverflow() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let pipe = BodyPipe()
    let outcome = fixture.fetch("POST", body: .stream(pipe))
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventRequest, number: event)
    for _ in 0..<100 { try worker.send(.bodyCredit(stream, bytes: .max)) }
    pipe.write(ByteBuffer(string: "b"))
    pipe.finish()
    guard case .bodyChunk = try await worker.next() else { return #expect(Bool(false)) }
    try worker.send(.respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
  }
}
