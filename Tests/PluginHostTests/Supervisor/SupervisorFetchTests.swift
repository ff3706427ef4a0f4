import FetchModel
import Interceptor
import NIOCore
import Synchronization
import Testing

@testable import PluginHost

@Suite struct SupervisorFetchTests {
  // MARK: Events and answers

  @Test func eventCarriesTheRequest() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch("POST", body: .bytes(ByteBuffer(string: "b")))
    guard case .fetchEvent(let event, let head, .inline(let body)) = try await worker.next() else {
      return #expect(Bool(false))
    }
    #expect(head.method == "POST")
    #expect(head.url == "https://a.test/x")
    #expect(head.headers.first("X-A") == "1")
    #expect(String(buffer: body) == "b")
    try worker.send(
      .respond(event: event, okHead, body: .inline(ByteBuffer(string: "answer"))))
    #expect(try await outcome.text() == #"response 200 "answer""#)
  }

  @Test func everyKindOfAnswer() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let none = fixture.fetch("POST", body: .bytes(ByteBuffer(string: "b")))
    let first = try await fixture.deliver(worker)
    try worker.send(.noResponse(event: first, defaultPrevented: false, bodyUsed: false))
    #expect(try await none.text() == #"none false false "b""#)
    let failed = fixture.fetch()
    let second = try await fixture.deliver(worker)
    try worker.send(.respondFailed(event: second, message: "TypeError: x"))
    #expect(try await failed.text() == "failed plugin_failed")
  }

  @Test func clientThatLeavesAbortsTheEvent() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let signal = FetchSignal()
    let outcome = fixture.fetch(signal: signal)
    let event = try await fixture.deliver(worker)
    signal.abort()
    guard case .abortEvent(event) = try await worker.next() else { return #expect(Bool(false)) }
    #expect(try await outcome.text() == "failed aborted")
    // The worker's answer comes all the same; its body is not wanted.
    try worker.send(.respond(event: event, okHead, body: .stream(length: nil)))
    let stream = StreamID(kind: .eventResponse, number: event)
    guard case .bodyCancel(stream) = try await worker.next() else { return #expect(Bool(false)) }
    try worker.send(.bodyChunk(stream, ByteBuffer(string: "late")), .bodyEnd(stream))
    try await self.answersStill(fixture, worker)
  }

  @Test func clientThatLeavesBeforeTheStart() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    async let types = fixture.supervisor.run()
    let worker = try await fixture.launcher.worker()
    let signal = FetchSignal()
    let outcome = fixture.fetch(signal: signal)
    signal.abort()
    #expect(try await outcome.text() == "failed aborted")
    try await fixture.ready(worker)
    _ = try await types
    try await self.answersStill(fixture, worker)
  }

  /// The worker was not killed and answers the next event.
  private func answersStill(_ fixture: SupervisorFixture, _ worker: FakeWorker) async throws {
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    try worker.send(.respond(event: event, okHead, body: .none))
    #expect(try await outcome.text() == "response 200 none")
    #expect(!worker.wasKilled)
  }

  // MARK: Bodies

  @Test func responseStreamsWithCredit() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventResponse, number: event)
    try worker.send(.respond(event: event, okHead, body: .stream(length: nil)))
    guard case .response(let response) = try await outcome.value(),
      case .bodyCredit(stream, let first) = try await worker.next()
    else { return #expect(Bool(false)) }
    #expect(first == 262_144)
    // Nobody reads: 128 KiB fill the pipe, and no further credit comes for them.
    for _ in 0..<2 {
      try worker.send(.bodyChunk(stream, ByteBuffer(repeating: 0x61, count: 65_536)))
    }
    try worker.send(.bodyEnd(stream))
    let text = try await readAll(response.body)
    #expect(text.utf8.count == 131_072)
    try await self.answersStill(fixture, worker)
  }

  @Test func creditFollowsTheReader() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventResponse, number: event)
    try worker.send(.respond(event: event, okHead, body: .stream(length: 1 << 20)))
    guard case .response(let response) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    let size = 1 << 20
    async let text = readAll(response.body)
    var credit = 0
    var sent = 0
    while sent < size {
      if credit == 0 {
        guard case .bodyCredit(stream, let more) = try await worker.next() else {
          return #expect(Bool(false))
        }
        credit = Int(more)
      }
      let count = min(credit, 32_768, size - sent)
      try worker.send(.bodyChunk(stream, ByteBuffer(repeating: 0x61, count: count)))
      credit -= count
      sent += count
    }
    try worker.send(.bodyEnd(stream))
    #expect(try await text.utf8.count == size)
  }

  @Test func readerThatLeavesCancelsTheStream() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventResponse, number: event)
    try worker.send(.respond(event: event, okHead, body: .stream(length: nil)))
    guard case .response(let response) = try await outcome.value(),
      case .bodyCredit = try await worker.next()
    else { return #expect(Bool(false)) }
    response.body.cancel()
    guard case .bodyCancel(stream) = try await worker.next() else { return #expect(Bool(false)) }
    try await self.answersStill(fixture, worker)
  }

  @Test(arguments: [nil, 5] as [UInt64?]) func brokenResponseBody(_ length: UInt64?) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    let stream = StreamID(kind: .eventResponse, number: event)
    try worker.send(
      .respond(event: event, okHead, body: .stream(length: length)),
      .bodyChunk(stream, ByteBuffer(string: "abc")),
      length == nil ? .bodyFailed(stream, message: "boom") : .bodyEnd(stream))
    guard case .response(let response) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    let expected = length == nil ? "boom" : "The plugin's body ended before its length."
    #expect(try await readAll(response.body) == "abc failed: \(expected)")
  }

  @Test func requestStreamsAsTheWorkerAsks() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let pipe = BodyPipe(length: 10)
    let outcome = fixture.fetch("POST", body: .stream(pipe))
    guard case .fetchEvent(let event, _, .stream(length: 10)) = try await worker.next() else {
      return #expect(Bool(false))
    }
    let stream = StreamID(kind: .eventRequest, number: event)
    try worker.send(.bodyCredit(stream, bytes: 100))
    pipe.write(ByteBuffer(string: "hello"))
    guard case .bodyChunk(stream, let first) = try await worker.next() else {
      return #expect(Bool(false))
    }
    pipe.write(ByteBuffer(string: "world"))
    pipe.finish()
    guard case .bodyChunk(stream, let second) = try await worker.next(),
      case .bodyEnd(stream) = try await worker.next()
    else { return #expect(Bool(false)) }
    #expect(String(buffer: first) + String(buffer: second) == "helloworld")
    // What was read comes back where the worker leaves the request to the network.
    try worker.send(.noResponse(event: event, defaultPrevented: false, bodyUsed: false))
    guard case .noResponse(false, false, let body) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    #expect(try await readAll(body) == "helloworld")
  }

  @Test func untouchedRequestBodyIsHandedBackAsItIs() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let pipe = BodyPipe()
    let outcome = fixture.fetch("POST", body: .stream(pipe))
    let event = try await fixture.deliver(worker)
    try worker.send(.noResponse(event: event, defaultPrevented: false, bodyUsed: false))
    guard case .noResponse(_, _, .stream(let same)) = try await outcome.value() else {
      return #expect(Bool(false))
    }
    #expect(same === pipe)
  }

  // MARK: The plugin's own fetches

  @Test func fetchGetsTheHiddenFieldsOfItsEvent() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch(hidden: HeaderList([("Cookie", "a=b"), ("Host", "a.test")]))
    let event = try await fixture.deliver(worker)
    try worker.send(
      .fetch(fetch: 1, requestHead("https://a.test/x#f"), derivedFrom: event, body: .body(.none)),
      .fetch(fetch: 2, requestHead("https://b.test/"), derivedFrom: event, body: .body(.none)),
      .fetch(fetch: 3, requestHead("https://a.test/"), derivedFrom: 0, body: .body(.none)),
      .respond(event: event, okHead, body: .none),
      .fetch(fetch: 4, requestHead("https://a.test/x"), derivedFrom: event, body: .body(.none)))
    let cookies = try await [0, 1, 2, 3].asyncMap { number in
      let (request, _) = try await fixture.network.request(number)
      return "\(request.url) \(request.headers.first("Cookie") ?? "-")"
    }
    #expect(
      cookies == [
        "https://a.test/x a=b", "https://b.test/ -", "https://a.test/ -", "https://a.test/x a=b",
      ])
    _ = try await outcome.value()
  }

  @Test func responseOfAFetchIsReadByTheWorker() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    try worker.send(
      .fetch(fetch: 1, requestHead("https://a.test/b"), derivedFrom: 0, body: .body(.none)),
      .fetch(fetch: 2, requestHead("https://a.test/c"), derivedFrom: 0, body: .body(.none)))
    let pipe = BodyPipe()
    try await fixture.network.request(0).1(
      .success(FetchResponse(status: 201, headers: HeaderList(), body: .stream(pipe))))
    guard case .fetchResult(1, _, let head, _, .stream(nil)) = try await worker.next() else {
      return #expect(Bool(false))
    }
    #expect(head.status == 201)
    let stream = StreamID(kind: .fetchResponse, number: 1)
    try worker.send(.bodyCredit(stream, bytes: 3))
    pipe.write(ByteBuffer(string: "abcdef"))
    guard case .bodyChunk(stream, let chunk) = try await worker.next() else {
      return #expect(Bool(false))
    }
    #expect(String(buffer: chunk) == "abc")
    pipe.fail(FetchError(.connectionTerminated, .upstream, "cut"))
    try worker.send(.bodyCredit(stream, bytes: 100))
    guard case .bodyChunk = try await worker.next(),
      case .bodyFailed(stream, "cut") = try await worker.next()
    else { return #expect(Bool(false)) }
    try await fixture.network.request(1).1(.failure(FetchError(.dnsError, .upstream, "no name")))
    guard case .fetchFailed(2, "no name") = try await worker.next() else {
      return #expect(Bool(false))
    }
  }

  /// `respondWith(fetch(event.request))`: neither body enters the worker.
  @Test func untouchedBodiesAreRelayed() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let up = BodyPipe()
    let outcome = fixture.fetch("POST", body: .stream(up))
    let event = try await fixture.deliver(worker)
    try worker.send(
      .fetch(
        fetch: 1, requestHead("https://a.test/x", method: "POST"), derivedFrom: event,
        body: .relayEvent(event)))
    let (request, complete) = try await fixture.network.request()
    guard case .stream(let relayedUp) = request.body else { return #expect(Bool(false)) }
    #expect(relayedUp === up)
    let down = BodyPipe()
    complete(.success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(down))))
    guard case .fetchResult(1, _, _, _, .stream) = try await worker.next() else {
      return #expect(Bool(false))
    }
    try worker.send(.respondRelay(event: event, fetch: 1))
    guard case .relayed(let response) = try await outcome.value(),
      case .stream(let relayedDown) = response.body
    else { return #expect(Bool(false)) }
    #expect(relayedDown === down)
    #expect(!request.signal.isAborted)
  }

  @Test func abortedFetchIsAborted() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    try worker.send(
      .fetch(fetch: 1, requestHead("https://a.test/b"), derivedFrom: 0, body: .body(.none)))
    let (request, complete) = try await fixture.network.request()
    try worker.send(.abortFetch(fetch: 1))
    try await eventually { request.signal.isAborted }
    complete(.failure(FetchError(.aborted, .plugin, "aborted")))
    try await self.answersStill(fixture, worker)
  }

  @Test(arguments: ["ftp://a.test/", "not a url", "", "data:x", "blob:https://a.test/x"])
  func fetchOfNoHTTPURL(_ url: String) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    try worker.send(.fetch(fetch: 1, requestHead(url), derivedFrom: 0, body: .body(.none)))
    guard case .fetchFailed(1, _) = try await worker.next() else { return #expect(Bool(false)) }
    #expect(fixture.network.count == 0)
  }

  /// What a script cannot read does not reach its process.
  @Test func opaqueResponseStaysWithTheHost() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    try worker.send(
      .fetch(fetch: 1, requestHead("https://b.test/"), derivedFrom: 0, body: .body(.none)))
    try await fixture.network.request(0).1(
      .success(
        FetchResponse(
          status: 203, headers: HeaderList([("X-Secret", "s")]),
          body: .bytes(ByteBuffer(string: "secret")))))
    guard case .fetchResult(1, .opaque, let head, "", .none) = try await worker.next() else {
      return #expect(Bool(false))
    }
    #expect(head.status == 0)
    #expect(head.headers.isEmpty)
    #expect(head.urlList == [])
    try worker.send(.respondRelay(event: event, fetch: 1))
    #expect(try await outcome.text() == #"relayed 203 "secret""#)
  }

  /// Both of two clones get the body, whoever takes it first and whatever becomes of the other.
  @Test(arguments: [true, false]) func aClonedOpaqueResponse(bothAreUsed: Bool) async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcomes = [fixture.fetch(), fixture.fetch(), fixture.fetch()]
    var events: [UInt32] = []
    for _ in outcomes { events.append(try await fixture.deliver(worker)) }
    try worker.send(
      .fetch(fetch: 1, requestHead("https://b.test/"), derivedFrom: 0, body: .body(.none)))
    let (request, complete) = try await fixture.network.request(0)
    let pipe = BodyPipe(length: nil)
    complete(.success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe))))
    guard case .fetchResult(1, .opaque, _, _, .none) = try await worker.next() else {
      return #expect(Bool(false))
    }
    try worker.send(.cloneFetch(fetch: 1), .respondRelay(event: events[0], fetch: 1))
    guard case .relayed(let first) = try await outcomes[0].value() else {
      return #expect(Bool(false))
    }
    var second: FetchResponse?
    if bothAreUsed {
      try worker.send(.respondRelay(event: events[1], fetch: 1))
      guard case .relayed(let response) = try await outcomes[1].value() else {
        return #expect(Bool(false))
      }
      second = response
    } else {
      try worker.send(.abortFetch(fetch: 1))
    }
    // It is gone now, for whoever else asks.
    try worker.send(.respondRelay(event: events[2], fetch: 1))
    #expect(try await outcomes[2].text().hasPrefix("failed"))
    #expect(!request.signal.isAborted)
    _ = pipe.write(ByteBuffer(string: "opaque"))
    pipe.finish()
    #expect(try await readAll(first.body) == "opaque")
    if let second { #expect(try await readAll(second.body) == "opaque") }
  }

  /// What a script keeps without using it is bounded, and costs only itself.
  @Test func aCloneThatIsLeftBehindFails() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcomes = [fixture.fetch(), fixture.fetch()]
    var events: [UInt32] = []
    for _ in outcomes { events.append(try await fixture.deliver(worker)) }
    try worker.send(
      .fetch(fetch: 1, requestHead("https://b.test/"), derivedFrom: 0, body: .body(.none)))
    let size = SupervisorCore.cloneLead(open: 1) + 1
    let body = ByteBuffer(repeating: 0x61, count: size)
    let pipe = BodyPipe(length: nil)
    try await fixture.network.request(0).1(
      .success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe))))
    _ = try await worker.next()
    try worker.send(.cloneFetch(fetch: 1), .respondRelay(event: events[0], fetch: 1))
    guard case .relayed(let first) = try await outcomes[0].value() else {
      return #expect(Bool(false))
    }
    for _ in 0..<2 { _ = pipe.write(body) }
    pipe.finish()
    #expect(try await readAll(first.body).utf8.count == 2 * size)
    try worker.send(.respondRelay(event: events[1], fetch: 1))
    guard case .relayed(let second) = try await outcomes[1].value() else {
      return #expect(Bool(false))
    }
    #expect(try await readAll(second.body).contains("failed: "))
  }

  @Test func whatAScriptCanReadIsNotClonedHere() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    try worker.send(
      .fetch(fetch: 1, requestHead("https://a.test/b"), derivedFrom: 0, body: .body(.none)))
    try await fixture.network.request(0).1(
      .success(FetchResponse(status: 200, headers: HeaderList(), body: .none)))
    _ = try await worker.next()
    try worker.send(.cloneFetch(fetch: 1))
    try await eventually { worker.wasKilled }
  }

  /// A plugin is at home where it claims URLs.
  @Test func whoseFetchItIs() async throws {
    let fixture = try SupervisorFixture { $0.homeOrigins = ["https://h.test"] }
    defer { fixture.end() }
    let worker = try await fixture.start()
    for (number, (url, origin)) in [
      ("https://a.test/", nil), ("https://h.test/", nil), ("https://b.test/", "https://a.test"),
    ].enumerated() {
      var head = requestHead(url)
      head.attributes.mode = "cors"
      try worker.send(
        .fetch(fetch: UInt32(number + 1), head, derivedFrom: 0, body: .body(.none)))
      let (request, _) = try await fixture.network.request(number)
      #expect(request.headers.first("Origin") == origin)
    }
  }

  @Test func fetchThatWouldSplitTheRequest() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let worker = try await fixture.start()
    var head = requestHead("https://a.test/")
    head.headers = HeaderList([("A", "b\r\nEvil: 1")])
    try worker.send(
      .fetch(fetch: 1, head, derivedFrom: 0, body: .body(.none)),
      .fetch(
        fetch: 2, requestHead("https://a.test/", method: "G T"), derivedFrom: 0,
        body: .body(.none)))
    for number in [1, 2] as [UInt32] {
      guard case .fetchFailed(number, _) = try await worker.next() else {
        return #expect(Bool(false))
      }
    }
    #expect(fixture.network.count == 0)
  }

  // MARK: Calls

  private final class Delegate: PluginWorkerDelegate {
    func pluginWorkerSkipsWaiting(_ worker: any PluginWorker) async {}
    func pluginWorkerClaimsClients(_ worker: any PluginWorker) async throws(PluginError) {
      throw PluginError(name: "InvalidStateError", message: "not active")
    }
    func pluginWorker(_ worker: any PluginWorker, client id: String) async -> ClientDescription? {
      nil
    }
    func pluginWorker(
      _ worker: any PluginWorker, clientsMatching query: ClientQuery
    ) async -> [ClientDescription] { [] }
    func pluginWorker(
      _ worker: any PluginWorker, addsRoutes rules: String
    ) async throws(PluginError) {}
    func pluginWorkerUpdates(_ worker: any PluginWorker) async throws(PluginError) {}
    func pluginWorkerUnregisters(_ worker: any PluginWorker) async -> Bool { true }
    func pluginWorker(
      _ worker: any PluginWorker, changesNavigationPreload change: NavigationPreloadChange?
    ) async throws(PluginError) -> NavigationPreloadState {
      NavigationPreloadState(isEnabled: change == .enable, headerValue: "x")
    }
  }

  @Test func callsReachTheRegistration() async throws {
    let fixture = try SupervisorFixture()
    defer { fixture.end() }
    let delegate = Delegate()
    fixture.supervisor.setDelegate(delegate)
    let worker = try await fixture.start()
    try worker.send(.call(call: 1, kind: .skipWaiting, payload: ByteBuffer()))
    guard case .callResult(1, "", "", _) = try await worker.next() else {
      return #expect(Bool(false))
    }
    try worker.send(.call(call: 2, kind: .claimClients, payload: ByteBuffer()))
    guard case .callResult(2, "InvalidStateError", "not active", _) = try await worker.next()
    else {
      return #expect(Bool(false))
    }
    withExtendedLifetime(delegate) {}
  }
}

extension Array where Element: Sendable {
  func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
    var result: [T] = []
    for element in self { result.append(try await transform(element)) }
    return result
  }
}
