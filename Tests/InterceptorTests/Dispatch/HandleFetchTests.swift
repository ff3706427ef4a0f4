import FetchModel
import Interceptor
import NIOCore
import Testing

@Suite struct HandleFetchTests {
  private let url = "https://a.test/x"

  /// What comes of a request when the plugin does that with it.
  private func outcome(
    _ request: FetchRequest, policy: FailurePolicy = .networkError,
    listensTo eventTypes: Set<String> = ["fetch"],
    _ fetch: @escaping @Sendable (FetchRequest) -> FetchDispatchResult
  ) async throws -> (outcome: String, plugin: FakePlugin) {
    let registry = ServiceWorkerRegistry()
    let plugin = FakePlugin { behaviour in
      behaviour.eventTypes = eventTypes
      behaviour.fetch = fetch
    }
    try await registry.register("p", ["https://a.test/"], plugin, policy: policy)
    let claim = try #require(registry.claim(request.url))
    return (await handle(claim, request), plugin)
  }

  private static let answer: @Sendable (FetchRequest) -> FetchDispatchResult = { _ in
    .response(
      FetchResponse(
        status: 200, headers: HeaderList([("X-A", "1")]),
        body: .bytes(ByteBuffer(string: "hello"))))
  }

  @Test func answerOfTheScript() async throws {
    let result = try await self.outcome(get(self.url), Self.answer)
    #expect(result.outcome == #"respond 200 ["X-A: 1"] "hello""#)
  }

  @Test func noListenerNeedsNoWorker() async throws {
    let result = try await self.outcome(
      post(self.url, body: "b"), listensTo: ["install"], Self.answer)
    #expect(result.outcome == #"fallBack "b""#)
    #expect(result.plugin.calls == ["run", "install"])
  }

  @Test(arguments: [
    [("Service-Worker", "script")], [("Sec-Fetch-Dest", "serviceworker")],
    [("Sec-Fetch-Dest", "embed")], [("Sec-Fetch-Dest", "object")],
    [("Sec-Fetch-Mode", "websocket")], [("Upgrade", "WebSocket")],
    [("Sec-Fetch-Mode", "navigate"), ("Cache-Control", "no-cache"), ("Pragma", "no-cache")],
    [("Accept", "text/html"), ("cache-control", "No-Cache"), ("PRAGMA", "no-cache")],
  ])
  func requestsThatServiceWorkersDoNotSee(_ fields: [(String, String)]) async throws {
    let result = try await self.outcome(get(self.url, fields), Self.answer)
    #expect(result.outcome == "fallBack none")
    #expect(!result.plugin.calls.contains("fetch"))
  }

  @Test func preflightIsNotSeen() async throws {
    let fields = [("Access-Control-Request-Method", "PUT")]
    var request = get(self.url, fields)
    request.method = "OPTIONS"
    let result = try await self.outcome(request, Self.answer)
    #expect(result.outcome == "fallBack none")
    request.headers = HeaderList()
    #expect(try await self.outcome(request, Self.answer).outcome.hasPrefix("respond 200"))
  }

  /// A reload of the page and an uncached fetch of a script are seen.
  @Test(arguments: [
    [("Sec-Fetch-Mode", "navigate"), ("Cache-Control", "max-age=0")],
    [("Sec-Fetch-Mode", "cors"), ("Cache-Control", "no-cache"), ("Pragma", "no-cache")],
    [("Cache-Control", "no-cache")], [("Upgrade", "h2c")],
  ])
  func requestsThatAreSeen(_ fields: [(String, String)]) async throws {
    let result = try await self.outcome(get(self.url, fields), Self.answer)
    #expect(result.outcome.hasPrefix("respond 200"))
  }

  @Test func noRespondWithFallsBack() async throws {
    let result = try await self.outcome(post(self.url, body: "b")) {
      .noResponse(defaultPrevented: false, bodyUsed: false, body: $0.body)
    }
    #expect(result.outcome == #"fallBack "b""#)
  }

  @Test func preventDefaultIsANetworkError() async throws {
    let result = try await self.outcome(get(self.url)) { _ in
      .noResponse(defaultPrevented: true, bodyUsed: false, body: .none)
    }
    #expect(result.outcome.contains("preventDefault()"))
    #expect(result.outcome.hasPrefix("error plugin_failed: The plugin p: "))
  }

  @Test func usedBodyCannotFallBack() async throws {
    let result = try await self.outcome(post(self.url, body: "b")) { _ in
      .noResponse(defaultPrevented: false, bodyUsed: true, body: .none)
    }
    #expect(result.outcome.contains("read the request's body"))
  }

  @Test func rejectionIsANetworkErrorWhateverThePolicy() async throws {
    let result = try await self.outcome(get(self.url), policy: .failOpen) { _ in
      .failed(FetchError(.pluginFailed, .plugin, "rejected"))
    }
    #expect(result.outcome == "error plugin_failed: rejected")
  }

  @Test(arguments: [
    (FailurePolicy.networkError, true, "error plugin_failed: died"),
    (.failOpen, true, #"fallBack "b""#),
    (.failOpen, false, "error plugin_failed: died"),
  ])
  func workerFailureByPolicy(
    _ policy: FailurePolicy, _ bodyIsWhole: Bool, _ expected: String
  ) async throws {
    let result = try await self.outcome(post(self.url, body: "b"), policy: policy) {
      .workerFailed(
        FetchError(.pluginFailed, .plugin, "died"), body: bodyIsWhole ? $0.body : nil)
    }
    #expect(result.outcome == expected)
  }

  /// HTTP fetch, the step after Handle Fetch: a navigation does not follow redirects.
  @Test func redirectedAnswerToANavigation() async throws {
    let answer: @Sendable (FetchRequest) -> FetchDispatchResult = { _ in
      .relayed(
        FetchResponse(
          status: 200, headers: HeaderList(),
          urlList: ["https://a.test/1", "https://a.test/2"]))
    }
    let navigation = get(self.url, [("Sec-Fetch-Mode", "navigate")])
    #expect(try await self.outcome(navigation, answer).outcome.contains("redirected response"))
    #expect(try await self.outcome(get(self.url), answer).outcome.hasPrefix("respond 200"))
  }

  @Test func relayedAnswerStaysAsItIs() async throws {
    let fields = [("Content-Encoding", "gzip"), ("Set-Cookie", "a=b"), ("Content-Length", "5")]
    let result = try await self.outcome(get(self.url)) { _ in
      .relayed(
        FetchResponse(
          status: 200, headers: HeaderList(fields), body: .bytes(ByteBuffer(string: "12345"))))
    }
    #expect(
      result.outcome
        == #"respond 200 ["Content-Encoding: gzip", "Set-Cookie: a=b", "Content-Length: 5"] "12345""#
    )
  }

  private func answered(
    _ response: FetchResponse, method: String = "GET"
  ) async throws -> String {
    var request = get(self.url)
    request.method = method
    return try await self.outcome(request) { _ in .response(response) }.outcome
  }

  @Test func fieldsOfTheConnectionAndTheCodingAreRemoved() async throws {
    let fields = [
      ("Content-Encoding", "br"), ("transfer-encoding", "chunked"), ("Connection", "X-Hop"),
      ("Keep-Alive", "1"), ("Upgrade", "x"), ("Trailer", "x"), ("TE", "x"), ("Content-Length", "9"),
      ("Set-Cookie", "a=b"), ("Proxy-Authenticate", "x"), ("X-Kept", "yes"),
    ]
    let response = FetchResponse(
      status: 200, headers: HeaderList(fields), body: .bytes(ByteBuffer(string: "abc")))
    #expect(try await self.answered(response) == #"respond 200 ["X-Kept: yes"] "abc""#)
  }

  @Test func answerToHEADKeepsItsLengthAndLosesItsBody() async throws {
    let response = FetchResponse(
      status: 200, headers: HeaderList([("Content-Length", "9")]),
      body: .bytes(ByteBuffer(string: "abc")))
    #expect(
      try await self.answered(response, method: "HEAD")
        == #"respond 200 ["Content-Length: 9"] none"#)
    var wrong = response
    wrong.headers = HeaderList([("Content-Length", "9, 9")])
    #expect(
      try await self.answered(wrong, method: "HEAD")
        == #"respond 200 ["Content-Length: 3"] none"#)
  }

  @Test(arguments: [204, 205, 304]) func nullBodyStatus(_ status: Int) async throws {
    let response = FetchResponse(
      status: status, headers: HeaderList(), body: .bytes(ByteBuffer(string: "abc")))
    #expect(try await self.answered(response) == "respond \(status) [] none")
  }

  @Test(arguments: [0, 100, 101, 199, 600, 65_535]) func impossibleStatus(_ status: Int)
    async throws
  {
    let response = FetchResponse(status: status, headers: HeaderList())
    #expect(try await self.answered(response).contains("has the status \(status)"))
  }

  @Test(arguments: [
    ("A", "b\r\nEvil: 1"), ("A", "b\n"), ("A", "\0"), ("A b", "c"), ("", "c"), ("A:", "c"),
    ("A\r\nB", "c"), ("\u{E9}", "c"),
  ])
  func invalidField(_ name: String, _ value: String) async throws {
    let response = FetchResponse(status: 200, headers: HeaderList([(name, value)]))
    #expect(try await self.answered(response).contains("invalid field"))
  }

  @Test func invalidStatusText() async throws {
    let response = FetchResponse(
      status: 200, statusText: "OK\r\nEvil: 1", headers: HeaderList())
    #expect(try await self.answered(response).contains("status text"))
  }
}
