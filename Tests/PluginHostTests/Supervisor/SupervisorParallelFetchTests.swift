import FetchModel
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// Fetches that the host makes beside a fetch event.
@Suite struct SupervisorParallelFetchTests {
  private let preload = ParallelFetch.navigationPreload(headerValue: "yes")
  private let url = "https://a.test/x"

  private func dispatch(
    _ fixture: SupervisorFixture, _ parallelFetch: ParallelFetch,
    signal: FetchSignal = FetchSignal()
  ) -> Outcome {
    let outcome = Outcome()
    let request = FetchRequest(
      method: "GET", url: self.url, headers: HeaderList([("X-A", "1")]), signal: signal)
    fixture.supervisor.dispatchFetch(
      FetchEventInit(
        request: request, hidden: HeaderList([("User-Agent", "test")]),
        parallelFetch: parallelFetch)
    ) { outcome.set($0) }
    return outcome
  }

  private func response(_ status: Int = 200, _ text: String = "net") -> FetchResponse {
    FetchResponse(
      status: status, headers: HeaderList(), body: .bytes(ByteBuffer(string: text)))
  }

  /// The script's `fetch(event.request)`.
  private func ownFetch(_ event: UInt32, _ url: String? = nil) -> Frame {
    var head = requestHead(url ?? self.url)
    head.headers = HeaderList([("x-a", "1")])
    return .fetch(fetch: 1, head, derivedFrom: event, body: .body(.none))
  }

  private func take(_ event: UInt32, as number: UInt32 = 1) -> Frame {
    .fetch(fetch: number, requestHead(""), derivedFrom: event, body: .parallelFetch)
  }

  private func result(_ worker: FakeWorker) async throws -> String {
    switch try await worker.next() {
    case .fetchResult(_, _, let head, _, .inline(let bytes)):
      "\(head.status) \(String(buffer: bytes))"
    case .fetchFailed(_, let message): message
    case let other: "\(other)"
    }
  }

  // MARK: Navigation preload

  @Test func preloadBeginsWhileTheWorkerStarts() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let worker = try await fixture.launcher.worker()
    let outcome = self.dispatch(fixture, self.preload)
    let (request, complete) = try await fixture.network.request()
    #expect(request.headers.first("Service-Worker-Navigation-Preload") == "yes")
    #expect(request.headers.first("X-A") == "1")
    complete(.success(self.response()))
    try await fixture.ready(worker)
    _ = try await types
    guard case .fetchEventDetails(let event, let details) = try await worker.next() else {
      return #expect(Bool(false))
    }
    #expect(details.hasPreload)
    guard case .fetchEvent(event, _, _) = try await worker.next() else {
      return #expect(Bool(false))
    }
    try worker.send(self.take(event))
    #expect(try await self.result(worker) == "200 net")
    try worker.send(.respondRelay(event: event, fetch: 1))
    #expect(try await outcome.text() == #"relayed 200 "net""#)
    #expect(fixture.network.count == 1)
  }

  @Test func takenPreloadOutlivesItsEvent() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, self.preload)
    guard case .fetchEventDetails(let event, _) = try await worker.next() else {
      return #expect(Bool(false))
    }
    _ = try await worker.next()
    try worker.send(self.take(event), .respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
    let (request, complete) = try await fixture.network.request()
    #expect(!request.signal.isAborted)
    complete(.failure(FetchError(.dnsError, .upstream, "no name")))
    #expect(try await self.result(worker) == "no name")
  }

  @Test func preloadThatNobodyTakesIsAborted() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, self.preload)
    guard case .fetchEventDetails(let event, _) = try await worker.next() else {
      return #expect(Bool(false))
    }
    _ = try await worker.next()
    let (request, _) = try await fixture.network.request()
    try worker.send(.respond(event: event, okHead, body: .none), self.take(event))
    #expect(try await outcome.text() == "response 200 none")
    #expect(request.signal.isAborted)
    #expect(try await self.result(worker) == "The event is over.")
  }

  @Test func preloadEndsWithItsClient() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let signal = FetchSignal()
    let outcome = self.dispatch(fixture, self.preload, signal: signal)
    let (request, _) = try await fixture.network.request()
    signal.abort()
    #expect(try await outcome.text() == "failed aborted")
    try await eventually { request.signal.isAborted }
  }

  /// The worker dies with the preload: the next one gets another.
  @Test func preloadOfAnEventThatGoesAgain() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, self.preload)
    guard case .fetchEventDetails(let event, _) = try await worker.next() else {
      return #expect(Bool(false))
    }
    _ = try await worker.next()
    let (first, complete) = try await fixture.network.request()
    try worker.send(self.take(event))
    complete(.success(self.response(200, "lost")))
    #expect(try await self.result(worker) == "200 lost")
    worker.die()
    try await eventually { first.signal.isAborted }
    let next = try await fixture.launcher.worker(1)
    try await fixture.ready(next)
    _ = try await next.next()
    _ = try await next.next()
    try next.send(self.take(event))
    try await fixture.network.request(1).1(.success(self.response()))
    #expect(try await self.result(next) == "200 net")
    try next.send(.respondRelay(event: event, fetch: 1))
    #expect(try await outcome.text() == #"relayed 200 "net""#)
  }

  // MARK: Races

  @Test func networkWins() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, .race)
    let event = try await fixture.deliver(worker)
    try await fixture.network.request().1(.success(self.response()))
    #expect(try await outcome.text() == #"relayed 200 "net""#)
    // The script's own fetch gets the same response, and its answer is of no interest.
    try worker.send(self.ownFetch(event))
    #expect(try await self.result(worker) == "200 net")
    try worker.send(.respondRelay(event: event, fetch: 1))
    let (head, second) = (requestHead("https://b.test/"), UInt32(2))
    try worker.send(.fetch(fetch: second, head, derivedFrom: 0, body: .body(.none)))
    _ = try await fixture.network.request(1)
    #expect(fixture.network.count == 2)
  }

  /// The worker is done with the response before the client is.
  @Test(arguments: [true, false])
  func theClientKeepsWhatTheNetworkHasWon(_ fetches: Bool) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, .race)
    let event = try await fixture.deliver(worker)
    if fetches { try worker.send(self.ownFetch(event)) }
    let (request, complete) = try await fixture.network.request()
    let pipe = BodyPipe()
    complete(.success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe))))
    guard case .relayed(let response) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    if fetches { try worker.send(.abortFetch(fetch: 1)) }
    try worker.send(.noResponse(event: event, defaultPrevented: false, bodyUsed: false))
    try worker.send(
      .fetch(fetch: 2, requestHead("https://b.test/"), derivedFrom: 0, body: .body(.none)))
    _ = try await fixture.network.request(1)
    #expect(!request.signal.isAborted)
    pipe.write(ByteBuffer(string: "all of it"))
    pipe.finish()
    #expect(try await readAll(response.body) == "all of it")
  }

  /// Both read the one response, each at its own pace.
  @Test func networkWinsWithAStream() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, .race)
    let event = try await fixture.deliver(worker)
    try worker.send(self.ownFetch(event))
    let (_, complete) = try await fixture.network.request()
    let pipe = BodyPipe()
    complete(.success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe))))
    guard case .relayed(let response) = try await outcome.value(),
      case .fetchResult(1, _, _, _, .stream) = try await worker.next()
    else { return #expect(Bool(false)) }
    pipe.write(ByteBuffer(string: "one "))
    try worker.send(.bodyCredit(StreamID(kind: .fetchResponse, number: 1), bytes: 100))
    guard case .bodyChunk(_, let chunk) = try await worker.next() else {
      return #expect(Bool(false))
    }
    #expect(String(buffer: chunk) == "one ")
    pipe.write(ByteBuffer(string: "two"))
    pipe.finish()
    #expect(try await readAll(response.body) == "one two")
  }

  @Test(arguments: [404, 500, 302])
  func anAnswerThatIsNotOKLoses(_ status: Int) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, .race)
    let event = try await fixture.deliver(worker)
    try await fixture.network.request().1(.success(self.response(status)))
    try worker.send(self.ownFetch(event))
    #expect(try await self.result(worker) == "\(status) net")
    #expect(!outcome.isSet)
    try worker.send(.respond(event: event, okHead, body: .inline(ByteBuffer(string: "script"))))
    #expect(try await outcome.text() == #"response 200 "script""#)
    #expect(fixture.network.count == 1)
  }

  @Test func theScriptWins() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, .race)
    let event = try await fixture.deliver(worker)
    let (request, complete) = try await fixture.network.request()
    try worker.send(.respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
    #expect(request.signal.isAborted)
    complete(.success(self.response()))
  }

  @Test(arguments: [true, false])
  func withoutAnAnswerTheNetworkIsWaitedFor(_ succeeds: Bool) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = self.dispatch(fixture, .race)
    let event = try await fixture.deliver(worker)
    let (request, complete) = try await fixture.network.request()
    try worker.send(.noResponse(event: event, defaultPrevented: false, bodyUsed: false))
    try worker.send(self.ownFetch(0, "https://b.test/"))
    _ = try await fixture.network.request(1)
    #expect(!outcome.isSet && !request.signal.isAborted)
    complete(
      succeeds
        ? .success(self.response(404)) : .failure(FetchError(.dnsError, .upstream, "no name")))
    #expect(
      try await outcome.text() == (succeeds ? #"relayed 404 "net""# : "none false false none"))
  }

  /// Only the same request gets the raced response.
  @Test func anotherRequestIsFetched() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    _ = self.dispatch(fixture, .race)
    let event = try await fixture.deliver(worker)
    try worker.send(self.ownFetch(event, "https://a.test/y"))
    #expect(try await fixture.network.request(1).0.url == "https://a.test/y")
  }
}
