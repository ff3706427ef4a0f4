import NIOCore
import Testing

@testable import PluginHost

/// The host's side of `BroadcastChannel`.
@Suite struct BroadcastHubTests {
  private func next(_ worker: FakeWorker) async throws -> String {
    switch try await worker.next() {
    case .callResult(_, let name, _, _): return "answer \(name)"
    case .broadcast(let message): return String(buffer: message)
    case let frame: return "\(frame)"
    }
  }

  private func post(_ worker: FakeWorker, _ text: String) async throws {
    try worker.send(.call(call: 2, kind: .broadcast, payload: ByteBuffer(string: text)))
    #expect(try await self.next(worker) == "answer ")
  }

  @Test func messagesReachTheWorkersOfTheOriginThatListen() async throws {
    let hub = BroadcastHub()
    let fixtures = try (0..<4).map { index in
      try SupervisorFixture {
        $0.broadcasts = hub
        if index == 3 { $0.scriptURL = "https://b.test/hello.js" }
      }
    }
    defer { for fixture in fixtures { fixture.end() } }
    var workers: [FakeWorker] = []
    for fixture in fixtures { workers.append(try await fixture.start()) }
    // The third one has no channel, the fourth one is of another origin.
    for index in [0, 1, 3] {
      try workers[index].send(.call(call: 1, kind: .openBroadcasts, payload: ByteBuffer()))
      #expect(try await self.next(workers[index]) == "answer ")
    }
    try await self.post(workers[0], "one")
    #expect(try await self.next(workers[1]) == "one")
    try await self.post(workers[1], "two")
    #expect(try await self.next(workers[0]) == "two")
    // Nothing came to the others: what they get next is something else.
    for index in [2, 3] {
      try await self.post(workers[index], "three")
    }
    #expect(try await self.next(workers[0]) == "three")
  }

  @Test func whatIsTooLongIsRefused() async throws {
    let fixture = try SupervisorFixture { $0.broadcasts = BroadcastHub() }
    defer { fixture.end() }
    let worker = try await fixture.start()
    let long = ByteBuffer(repeating: 0, count: BroadcastHub.maximumLength + 1)
    try worker.send(.call(call: 1, kind: .broadcast, payload: long))
    #expect(try await self.next(worker) == "answer DataCloneError")
  }
}
