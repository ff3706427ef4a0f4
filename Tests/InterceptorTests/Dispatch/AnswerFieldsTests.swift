import FetchModel
import Interceptor
import NIOCore
import Testing

/// What a proxy adds to a script's answers because there is a browser's network stack before it.
@Suite struct AnswerFieldsTests {
  private func outcome(
    _ fields: [(String, String)], method: String = "GET", answer: [(String, String)] = [],
    status: Int = 200, body: FetchBody = .bytes(ByteBuffer(string: "b")), relayed: Bool = false,
    _ change: (inout FetchResponse) -> Void = { _ in }
  ) async throws -> String {
    let registry = ServiceWorkerRegistry()
    var changed = FetchResponse(
      status: status, headers: HeaderList(answer), body: body, urlList: ["https://a.test/x"])
    change(&changed)
    let response = changed
    let plugin = FakePlugin { behaviour in
      behaviour.fetch = { _ in relayed ? .relayed(response) : .response(response) }
    }
    try await registry.register("p", ["https://a.test/"], plugin)
    var request = get("https://a.test/x", fields)
    request.method = method
    return await handle(try #require(registry.claim(request.url)), request)
  }

  // MARK: Cross-origin requests

  private func cross(_ mode: String, site: String = "cross-site") -> [(String, String)] {
    [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Site", site), ("Origin", "https://b.test")]
  }

  @Test(arguments: ["cross-site", "same-site"])
  func aPageOfAnotherOriginMayReadTheAnswer(_ site: String) async throws {
    #expect(
      try await self.outcome(
        self.cross("cors", site: site),
        answer: [("X-A", "1"), ("x-a", "2"), ("Access-Control-Allow-Origin", "*")])
        == #"respond 200 ["X-A: 1", "x-a: 2", "Access-Control-Allow-Origin: https://b.test", "#
        + #""Access-Control-Allow-Credentials: true", "Access-Control-Expose-Headers: X-A"] "b""#)
  }

  @Test func aPageOfAnotherOriginMayEmbedTheAnswer() async throws {
    #expect(
      try await self.outcome(self.cross("no-cors"))
        == #"respond 200 ["Cross-Origin-Resource-Policy: cross-origin"] "b""#)
  }

  @Test(arguments: [
    [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin"), ("Origin", "https://a.test")],
    [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Site", "cross-site")],
    [("Origin", "https://b.test")], [],
  ])
  func othersAreLeftAsTheyAre(_ fields: [(String, String)]) async throws {
    #expect(try await self.outcome(fields) == #"respond 200 [] "b""#)
  }

  /// What the network says of its own answers, the browser has to see.
  @Test func theNetworksAnswersAreLeftAsTheyAre() async throws {
    for allowed in ["https://b.test", "*"] {
      let fields = [("Access-Control-Allow-Origin", allowed)]
      #expect(
        try await self.outcome(self.cross("cors"), answer: fields, relayed: true) {
          $0.type = .cors
        } == #"respond 200 ["Access-Control-Allow-Origin: \#(allowed)"] "b""#)
    }
    #expect(
      try await self.outcome(self.cross("no-cors"), relayed: true) { $0.type = .basic }
        == #"respond 200 [] "b""#)
  }

  /// What the script has fetched of its own origin, or may read of another one, a page may read.
  @Test func whatAScriptMayReadAPageMayRead() async throws {
    let permission =
      #""Access-Control-Allow-Origin: https://b.test", "Access-Control-Allow-Credentials: true""#
    #expect(
      try await self.outcome(self.cross("cors"), answer: [("X-A", "1")], relayed: true) {
        $0.type = .basic
        $0.urlList = ["https://a.test/other"]
      } == #"respond 200 ["X-A: 1", \#(permission), "Access-Control-Expose-Headers: X-A"] "b""#)
    let own = [
      ("Access-Control-Allow-Origin", "https://a.test"), ("X-A", "1"), ("X-B", "2"),
      ("Access-Control-Expose-Headers", "x-b"),
    ]
    #expect(
      try await self.outcome(self.cross("cors"), answer: own, relayed: true) {
        $0.type = .cors
        $0.urlList = ["https://c.test/"]
      }
        == #"respond 200 ["X-A: 1", "X-B: 2", \#(permission), "#
        + #""Access-Control-Expose-Headers: X-B"] "b""#)
  }

  /// In a browser the cookies of another server's answer would be that server's.
  @Test func otherServersSetNothingForTheOrigin() async throws {
    let fields = [
      ("Set-Cookie", "a=b"), ("Clear-Site-Data", "*"), ("Strict-Transport-Security", "max-age=1"),
      ("X", "y"),
    ]
    for url in ["https://c.test/", "https://a.test/other"] {
      let outcome = try await self.outcome([], answer: fields, relayed: true) {
        $0.type = .opaque
        $0.urlList = [url]
      }
      #expect(outcome.contains("Set-Cookie") == (url == "https://a.test/other"), "\(outcome)")
      #expect(outcome.contains("X: y"))
    }
  }

  @Test func opaqueAnswersKeepStatusAndBody() async throws {
    let fields = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Site", "same-origin")]
    let opaque = { (response: inout FetchResponse) in
      response.type = .opaque
      response.urlList = ["https://c.test/"]
    }
    #expect(
      try await self.outcome(fields, answer: [("X", "y")], status: 404, relayed: true, opaque)
        == #"respond 404 ["X: y"] "b""#)
    // A part that was not asked for.
    #expect(
      try await self.outcome(fields, status: 206, relayed: true, opaque)
        .hasPrefix("error plugin_failed"))
    #expect(
      try await self.outcome(
        fields + [("Range", "bytes=0-")], status: 206, relayed: true, opaque
      ).hasPrefix("respond 206"))
  }

  /// Browsers do not say what kind of request it is where the origin has no TLS.
  @Test func plainPages() async throws {
    let browser = [("User-Agent", "Mozilla/5.0"), ("Origin", "https://b.test")]
    #expect(try await self.outcome(browser).contains("Access-Control-Allow-Origin: https://b.test"))
    #expect(
      try await self.outcome([("User-Agent", "curl/8"), ("Origin", "https://b.test")])
        == #"respond 200 [] "b""#)
    #expect(
      try await self.outcome(browser + [("Accept", "text/html")]) == #"respond 200 [] "b""#)
  }

  // MARK: Revalidations

  @Test(arguments: [
    (#""v1""#, #""v1""#), (#"W/"v1""#, #""v1""#), (#""v1""#, #""x", W/"v1""#),
    (#""a,b""#, #""x","a,b""#), (#"v1"#, "x, v1"),
  ])
  func aBrowserNeedNotLoadAgainWhatItHas(_ tag: String, _ condition: String) async throws {
    for relayed in [true, false] {
      let outcome = try await self.outcome(
        [("If-None-Match", condition), ("If-Modified-Since", "never")],
        answer: [("ETag", tag), ("Content-Length", "1"), ("Cache-Control", "max-age=1")],
        relayed: relayed)
      #expect(outcome == "respond 304 \(["ETag: \(tag)", "Cache-Control: max-age=1"]) none")
    }
  }

  @Test func modificationDates() async throws {
    let date = "Wed, 21 Oct 2015 07:28:00 GMT"
    #expect(
      try await self.outcome([("If-Modified-Since", date)], answer: [("Last-Modified", date)])
        .hasPrefix("respond 304"))
    #expect(
      try await self.outcome(
        [("If-Modified-Since", "Wed, 21 Oct 2015 07:28:01 GMT")], answer: [("Last-Modified", date)]
      ).hasPrefix("respond 200"))
  }

  @Test(arguments: [
    // Another tag, none, a part of one; a date does not count beside a tag.
    [("If-None-Match", #""v2""#)], [("If-None-Match", #""v""#)], [("If-None-Match", "")],
    [("If-None-Match", #""v2""#), ("If-Modified-Since", "now")],
    // The page's own condition, which the script sees.
    [("If-None-Match", #""v1""#), ("Pragma", "no-cache"), ("Cache-Control", "no-cache")],
  ])
  func whatHasChangedIsLoaded(_ fields: [(String, String)]) async throws {
    #expect(
      try await self.outcome(fields, answer: [("ETag", #""v1""#), ("Last-Modified", "now")])
        .hasPrefix("respond 200"))
  }

  @Test(arguments: [("POST", 200), ("GET", 404), ("GET", 206)])
  func onlyForWhatCachesKeep(_ method: String, _ status: Int) async throws {
    #expect(
      try await self.outcome(
        [("If-None-Match", #""v1""#)], method: method, answer: [("ETag", #""v1""#)], status: status
      ).hasPrefix("respond \(status)"))
  }

  // MARK: HEAD

  @Test func anAnswerToHEADSaysTheLengthOfItsBody() async throws {
    #expect(
      try await self.outcome([], method: "HEAD") == #"respond 200 ["Content-Length: 1"] none"#)
    #expect(try await self.outcome([], method: "HEAD", body: .none) == "respond 200 [] none")
    #expect(
      try await self.outcome([], method: "HEAD", answer: [("Content-Length", "9")], body: .none)
        == #"respond 200 ["Content-Length: 9"] none"#)
  }
}
