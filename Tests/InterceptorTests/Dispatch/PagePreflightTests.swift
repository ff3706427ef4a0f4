import FetchModel
import NIOCore
import Testing

@testable import Interceptor

/// Preflights of pages: answered here, and made where the request goes on to the network.
@Suite struct PagePreflightTests {
  private let page = [
    ("Origin", "https://page.test"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Dest", "empty"),
  ]

  private func outcome(
    _ method: String, _ fields: [(String, String)], network: CannedFetcher = CannedFetcher([:]),
    listensTo eventTypes: Set<String> = ["fetch"], body: FetchBody = .none,
    _ result: @escaping @Sendable (FetchRequest) -> FetchDispatchResult = {
      .noResponse(defaultPrevented: false, bodyUsed: false, body: $0.body)
    }
  ) async throws -> (outcome: String, plugin: FakePlugin) {
    let registry = ServiceWorkerRegistry(fetcher: HTTPFetcher(canned: network))
    let plugin = FakePlugin { behaviour in
      behaviour.eventTypes = eventTypes
      behaviour.fetch = result
    }
    try await registry.register("p", ["https://a.test/"], plugin)
    var request = get("https://a.test/x", fields)
    request.method = method
    request.body = body
    let claim = try #require(registry.claim(request.url))
    return (await handle(claim, request), plugin)
  }

  // MARK: Answers

  @Test func aPreflightIsAnsweredHere() async throws {
    let network = CannedFetcher([:])
    let (outcome, plugin) = try await self.outcome(
      "OPTIONS",
      self.page + [
        ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-a,x-b"),
      ], network: network)
    #expect(
      outcome == #"respond 204 ["Access-Control-Allow-Origin: https://page.test", "#
        + #""Access-Control-Allow-Credentials: true", "Access-Control-Allow-Methods: PUT", "#
        + #""Access-Control-Allow-Headers: x-a,x-b", "#
        + #""Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"] none"#)
    #expect(!plugin.calls.contains("fetch"))
    #expect(network.asked == [])
  }

  /// There is nothing to answer for where no script would see the request, and where it is no preflight.
  @Test func othersGoToTheNetwork() async throws {
    let method = ("Access-Control-Request-Method", "PUT")
    #expect(
      try await self.outcome("OPTIONS", self.page + [method], listensTo: ["install"]).outcome
        == "fallBack none")
    #expect(try await self.outcome("OPTIONS", [method]).outcome == "fallBack none")
  }

  // MARK: Requests that go on

  @Test func aSimpleRequestGoesOn() async throws {
    let network = CannedFetcher([:])
    let (outcome, _) = try await self.outcome("GET", self.page, network: network)
    #expect(outcome == "fallBack none")
    #expect(network.asked == [])
  }

  @Test func theServerIsAskedFirst() async throws {
    let network = CannedFetcher([
      "OPTIONS https://a.test/x": (
        204,
        [
          ("Access-Control-Allow-Origin", "https://page.test"),
          ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "X-A"),
        ]
      )
    ])
    let (outcome, _) = try await self.outcome(
      "PUT", self.page + [("X-A", "1"), ("Priority", "u=1"), ("User-Agent", "B")],
      network: network, body: .bytes(ByteBuffer(string: "b")))
    #expect(outcome == #"fallBack "b""#)
    let asked = try #require(network.requests.first)
    #expect(network.asked == ["OPTIONS https://a.test/x"])
    #expect(asked.headers.first("Origin") == "https://page.test")
    #expect(asked.headers.first("Access-Control-Request-Method") == "PUT")
    #expect(asked.headers.first("Access-Control-Request-Headers") == "x-a")
    #expect(asked.headers.first("User-Agent") == "B")
  }

  @Test func whatTheServerRefusesIsNotSent() async throws {
    for answers in [[:], ["OPTIONS https://a.test/x": (200, [])]]
      as [[String: CannedFetcher.Answer]]
    {
      let (outcome, _) = try await self.outcome(
        "DELETE", self.page, network: CannedFetcher(answers))
      #expect(outcome.hasPrefix("error"), "\(outcome)")
    }
  }

  /// The server of a request that a script answers is never asked.
  @Test func answersNeedNoPermission() async throws {
    let network = CannedFetcher([:])
    let (outcome, _) = try await self.outcome("PUT", self.page, network: network) { _ in
      .response(FetchResponse(status: 200, headers: HeaderList()))
    }
    #expect(outcome.hasPrefix("respond 200"))
    #expect(network.asked == [])
  }

  @Test(arguments: [
    [], [("Origin", "https://page.test"), ("User-Agent", "curl/8")],
    [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin"), ("Origin", "https://a.test")],
    [
      ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Site", "cross-site"),
      ("Origin", "https://p.test"),
    ],
  ])
  func othersNeedNoPermission(_ fields: [(String, String)]) async throws {
    let network = CannedFetcher([:])
    #expect(try await self.outcome("DELETE", fields, network: network).outcome == "fallBack none")
    #expect(network.asked == [])
  }

  // MARK: Origins

  @Test func whoseFetchesAScriptMakes() async throws {
    for (fields, origin) in [
      (self.page, "https://page.test"), ([], "https://a.test"),
      ([("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Site", "cross-site")], "https://a.test"),
    ] {
      let (_, plugin) = try await self.outcome("GET", fields)
      #expect(plugin.events.first?.origin == origin)
    }
  }
}
