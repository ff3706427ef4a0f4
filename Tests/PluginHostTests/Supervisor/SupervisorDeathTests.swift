import FetchModel
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// What becomes of requests when the worker is killed from outside.
@Suite struct SupervisorDeathTests {
  /// Twenty requests, the worker has read five of them when it dies: the other fifteen had not
  /// reached it and are answered by the next worker, POST or not, once each.
  @Test func requestsThatHadNotReachedItAreNotLost() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let first = try await fixture.start()
    let outcomes = (0..<20).map { number in
      fixture.fetch(
        "POST", "https://a.test/\(number)", body: .bytes(ByteBuffer(string: "\(number)")))
    }
    for _ in 0..<5 { _ = try await fixture.deliver(first) }
    first.die()

    let second = try await fixture.launcher.worker(1)
    try await fixture.ready(second)
    for number in 5..<20 {
      guard case .fetchEvent(let event, let head, .inline(let body)) = try await second.next()
      else { return #expect(Bool(false)) }
      #expect(head.url == "https://a.test/\(number)")
      #expect(String(buffer: body) == "\(number)")
      try second.send(.respond(event: event, okHead, body: .none))
    }
    for (number, outcome) in outcomes.enumerated() {
      let expected = number < 5 ? #"workerFailed "\#(number)""# : "response 200 none"
      #expect(try await outcome.text() == expected)
    }
    #expect(await fixture.supervisor.status().restarts == 1)
  }

  /// A frame of which only a part was read had not reached it.
  @Test func requestReadInPartIsSentAgain() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let first = try await fixture.start()
    let outcome = fixture.fetch("POST", body: .bytes(ByteBuffer(string: "b")))
    try await first.readBytes(10)
    first.die()
    let second = try await fixture.launcher.worker(1)
    try await fixture.ready(second)
    let event = try await fixture.deliver(second)
    try second.send(.respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
  }

  @Test func idempotentRequestIsRetriedOnce() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let first = try await fixture.start()
    let outcome = fixture.fetch("PUT", body: .bytes(ByteBuffer(string: "b")))
    _ = try await fixture.deliver(first)
    first.die()
    let second = try await fixture.launcher.worker(1)
    try await fixture.ready(second)
    _ = try await fixture.deliver(second)
    #expect(!outcome.isSet)
    second.die()
    #expect(try await outcome.text() == #"workerFailed "b""#)
  }

  /// A fetch made from the event may have had effects already.
  @Test func acknowledgedRequestIsNotRetried() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    try worker.send(
      .fetch(
        fetch: 1, requestHead("https://a.test/x"), derivedFrom: event, body: .body(.none)))
    let (request, complete) = try await fixture.network.request()
    worker.die()
    #expect(try await outcome.text() == "workerFailed none")
    // The fetch of the dead worker was aborted, and a late answer harms nobody.
    try await eventually { request.signal.isAborted }
    let pipe = BodyPipe()
    let cancelled = Outcome()
    pipe.setProducer(
      onWritable: {},
      onCancel: { cancelled.set(.workerFailed(.init(.aborted, .plugin, ""), body: nil)) })
    complete(
      .success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe))))
    _ = try await cancelled.value()
  }

  /// What the worker had sent before it died counts.
  @Test func answersBeforeTheDeathAreDelivered() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcomes = [fixture.fetch("POST"), fixture.fetch("POST")]
    let first = try await fixture.deliver(worker)
    let second = try await fixture.deliver(worker)
    try worker.send(
      .respond(event: first, okHead, body: .inline(ByteBuffer(string: "1"))),
      .respond(event: second, okHead, body: .stream(length: nil)))
    worker.die()
    #expect(try await outcomes[0].text() == #"response 200 "1""#)
    guard case .response(let response) = try await outcomes[1].value() else {
      return #expect(Bool(false))
    }
    #expect(try await readAll(response.body).contains("failed: the plugin's worker ended"))
  }

  @Test func partOfTheBodyThatWasSentComesBack() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let pipe = BodyPipe()
    pipe.write(ByteBuffer(string: "hello "))
    let outcome = fixture.fetch("POST", body: .stream(pipe))
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventRequest, number: event)
    try worker.send(.bodyCredit(stream, bytes: 4))
    guard case .bodyChunk(stream, let chunk) = try await worker.next() else {
      return #expect(Bool(false))
    }
    #expect(String(buffer: chunk) == "hell")
    worker.die()
    guard case .workerFailed(_, let body?) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    pipe.write(ByteBuffer(string: "world"))
    pipe.finish()
    #expect(try await readAll(body) == "hello world")
  }

  @Test func moreThanAMegabyteDoesNotComeBack() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let pipe = BodyPipe()
    let size = (1 << 20) + 1
    pipe.write(ByteBuffer(repeating: 0x61, count: size))
    let outcome = fixture.fetch("POST", body: .stream(pipe))
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventRequest, number: event)
    try worker.send(.bodyCredit(stream, bytes: UInt32(size)))
    var received = 0
    while received < size {
      guard case .bodyChunk(stream, let chunk) = try await worker.next() else {
        return #expect(Bool(false))
      }
      received += chunk.readableBytes
    }
    worker.die()
    #expect(try await outcome.text() == "workerFailed nil")
  }

  /// The process is gone, but the end of its socket has not been read yet.
  @Test func requestThatComesAtTheMomentOfDeath() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let first = try await fixture.start()
    // Both are done in one turn of the loop, before it looks at the socket.
    let outcome = try await fixture.eventLoop.submit {
      first.die()
      return fixture.eventLoop.submit { fixture.fetch("POST") }
    }.flatMap { $0 }.get()
    let second = try await fixture.launcher.worker(1)
    try await fixture.ready(second)
    let event = try await fixture.deliver(second)
    try second.send(.respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
  }

  @Test func queueSurvivesDeathsDuringStart() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let first = try await fixture.start()
    first.die()
    let outcome = fixture.fetch("POST")
    let second = try await fixture.launcher.worker(1)
    _ = try await second.next()
    second.die()
    let third = try await fixture.launcher.worker(2)
    try await fixture.ready(third)
    let event = try await fixture.deliver(third)
    try third.send(.respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
  }
}

extension FakeWorker {
  /// Takes that many bytes off the socket.
  func readBytes(_ count: Int) async throws {
    for _ in 0..<count {
      try await eventually { self.discard(1) == 1 }
    }
  }
}
