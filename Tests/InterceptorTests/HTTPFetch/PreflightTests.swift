import FetchModel
import NIOCore
import Testing

@testable import Interceptor

@Suite struct PreflightTests {
  private let allowed = [
    ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"),
    ("Access-Control-Allow-Headers", "X-B, x-a"),
  ]

  private func put(_ change: (inout FetchRequest) -> Void = { _ in }) -> FetchTranscript {
    FetchTranscript("PUT", "https://b.test/x#f", [("X-B", "1"), ("x-a", "2")], change)
  }

  @Test func preflightAndRequest() {
    var fetch = self.put()
    #expect(
      fetch.begin()
        == #"OPTIONS https://b.test/x ["Access-Control-Request-Method: PUT", "#
        + #""Access-Control-Request-Headers: x-a,x-b", "Origin: https://a.test"] none"#)
    #expect(
      fetch.answer(204, self.allowed)
        == #"PUT https://b.test/x ["X-B: 1", "x-a: 2", "Origin: https://a.test"] none"#)
    #expect(fetch.answer(200, self.allowed).hasPrefix("cors 200"))
  }

  @Test(arguments: [
    ("GET", []), ("HEAD", []), ("POST", [("Content-Type", "text/plain"), ("Accept", "a/b")]),
  ])
  func simpleRequestsNeedNone(_ method: String, _ fields: [(String, String)]) {
    var fetch = FetchTranscript(method, "https://b.test/", fields)
    #expect(fetch.begin().hasPrefix("\(method) "))
  }

  @Test func atHomeNoneIsNeeded() {
    var fetch = FetchTranscript("PUT", "https://a.test/", [("X", "y")])
    #expect(fetch.begin().hasPrefix("PUT"))
  }

  @Test func aScriptsStreamNeedsOne() {
    var fetch = FetchTranscript("POST", "https://b.test/", body: .stream(BodyPipe())) {
      $0.client?.usesCORSPreflight = true
    }
    #expect(fetch.begin().hasPrefix("OPTIONS"))
    #expect(fetch.answer(200, [("Access-Control-Allow-Origin", "*")]).hasPrefix("POST"))
  }

  /// Where an origin redirects to another one, that has to allow the request, too.
  @Test func redirectNeedsAnotherOne() {
    var fetch = self.put()
    _ = fetch.run((204, self.allowed))
    #expect(
      fetch.answer(307, self.allowed + [("Location", "https://c.test/")]).hasPrefix(
        "OPTIONS https://c"))
  }

  // MARK: Refusals

  @Test(arguments: [
    (403, "", "", "the status 403"), (302, "", "", "the status 302"),
    (200, "POST", "x-a, x-b", "the method PUT"), (200, "put", "x-a, x-b", "the method PUT"),
    (200, "PUT", "x-a", "the header x-b"), (200, "P(", "x-a, x-b", "no list of names"),
    (200, "PUT", "x-a, x-b;", "no list of names"),
  ])
  func refusals(_ status: Int, _ methods: String, _ names: String, _ reason: String) {
    var fetch = self.put()
    let end = fetch.run(
      (
        status,
        [
          ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", methods),
          ("Access-Control-Allow-Headers", names),
        ]
      ))
    #expect(end.hasPrefix("fail: The preflight for https://b.test/x failed: "))
    #expect(end.contains(reason), "\(end)")
  }

  @Test func anotherOriginIsAllowed() {
    var fetch = self.put()
    #expect(
      fetch.run((200, [("Access-Control-Allow-Origin", "https://c.test")]))
        .contains(#"it allows "https://c.test", not https://a.test"#))
  }

  @Test func wildcards() {
    let all = [
      ("Access-Control-Allow-Origin", "https://a.test"),
      ("Access-Control-Allow-Credentials", "true"), ("Access-Control-Allow-Methods", "*"),
      ("Access-Control-Allow-Headers", "*"),
    ]
    var fetch = self.put()
    #expect(fetch.run((200, all)).hasPrefix("PUT"))
    var credentials = self.put { $0.attributes.credentials = "include" }
    #expect(credentials.run((200, all)).contains("the method PUT"))
    var authorization = FetchTranscript("https://b.test/", [("Authorization", "x")])
    #expect(authorization.run((200, all)).contains("the header authorization"))
    var named = FetchTranscript("https://b.test/", [("Authorization", "x")])
    #expect(
      named.run((200, all + [("Access-Control-Allow-Headers", "Authorization")])).hasPrefix("GET"))
  }

  // MARK: Cache

  @Test func anAnswerIsRemembered() {
    var first = self.put()
    _ = first.run((204, self.allowed + [("Access-Control-Max-Age", "100")]))
    var second = self.put()
    second.cache = first.cache
    second.now = 99_999
    #expect(second.begin().hasPrefix("PUT"))
    for change in [
      { $0.method = "DELETE" }, { $0.headers.append(name: "X-C", value: "") },
      { $0.url = "https://b.test/y" }, { $0.client?.origin = "https://c.test" },
      { $0.attributes.credentials = "include" },
    ] as [(inout FetchRequest) -> Void] {
      var other = self.put(change)
      other.cache = first.cache
      #expect(other.begin().hasPrefix("OPTIONS"))
    }
    second = self.put()
    second.cache = first.cache
    second.now = 100_000
    #expect(second.begin().hasPrefix("OPTIONS"))
  }

  @Test(
    arguments: [
      (nil, 5), ("x", 5), ("-1", 5), ("0", 0), ("9999999", 7_200),
      ("99999999999999999999999999", 7_200),
    ] as [(String?, Int64)])
  func ages(_ value: String?, _ seconds: Int64) {
    var fetch = self.put()
    _ = fetch.run((204, self.allowed + (value.map { [("Access-Control-Max-Age", $0)] } ?? [])))
    let key = CORSPreflightCache.Key(
      origin: "https://a.test", url: "https://b.test/x", hasCredentials: false)
    #expect(fetch.cache.allows(method: "PUT", key, now: seconds * 1_000 - 1) == (seconds > 0))
    #expect(!fetch.cache.allows(method: "PUT", key, now: seconds * 1_000))
  }

  @Test func aFailureForgetsIt() {
    var fetch = self.put()
    _ = fetch.run((204, self.allowed))
    #expect(fetch.cache.count == 1)
    #expect(fetch.answer(200).hasPrefix("fail"))
    #expect(fetch.cache.count == 0)
  }

  @Test func theCacheIsBounded() {
    var cache = CORSPreflightCache()
    for number in 0..<3_000 {
      let key = CORSPreflightCache.Key(
        origin: "https://a.test", url: "https://b.test/\(number)", hasCredentials: false)
      cache.insert(
        methods: (0..<100).map { "M\($0)" }, names: (0..<1_000).map { "n\($0)" }, key,
        age: Int64(number) + 1, now: 0)
    }
    #expect(cache.count == CORSPreflightCache.capacity)
    let last = CORSPreflightCache.Key(
      origin: "https://a.test", url: "https://b.test/2999", hasCredentials: false)
    #expect(cache.allows(method: "M1", last, now: 0))
    #expect(!cache.allows(method: "M99", last, now: 0))
  }

  // MARK: Clients

  /// Fields that a browser has added need no permission; those that it hides are not looked at.
  @Test func requestsOfPages() {
    var fetch = FetchTranscript(
      "PUT", "https://b.test/",
      [("Accept", "*/*"), ("Priority", "u=1"), ("Sec-CH-UA", "\"x\""), ("X-A", "1")],
      client: "https://page.test"
    ) {
      $0.clientFields = HeaderList([
        ("Origin", "https://page.test"), ("User-Agent", "Mozilla/5.0"), ("Cookie", "c"),
        ("Authorization", "Basic x"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "script"),
        ("Sec-Fetch-Site", "cross-site"),
      ])
    }
    #expect(
      fetch.begin()
        == #"OPTIONS https://b.test/ ["Access-Control-Request-Method: PUT", "#
        + #""Access-Control-Request-Headers: x-a", "Origin: https://page.test", "#
        + #""User-Agent: Mozilla/5.0", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "#
        + #""Sec-Fetch-Dest: empty"] none"#)
    #expect(
      fetch.answer(200, self.allowed).hasSuffix(
        #""X-A: 1", "Origin: https://page.test", "User-Agent: Mozilla/5.0", "Cookie: c", "#
          + #""Authorization: Basic x", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: script", "#
          + #""Sec-Fetch-Site: cross-site"] none"#))
  }

  @Test func onlyPermissionIsAskedFor() {
    var cache = CORSPreflightCache()
    var request = FetchRequest(method: "PUT", url: "https://b.test/", headers: HeaderList())
    request.attributes.mode = "cors"
    request.client = RequestClient(origin: "https://a.test", url: "")
    var fetch = HTTPFetch(request, asksOnly: true)
    guard case .send(let preflight) = fetch.begin(&cache, now: 0) else {
      Issue.record("there is no preflight")
      return
    }
    #expect(preflight.method == "OPTIONS")
    let answer = FetchResponse(status: 200, headers: HeaderList(self.allowed))
    guard case .permit = fetch.answered(.success(answer), &cache, now: 0) else {
      Issue.record("it is not permitted")
      return
    }
  }
}
