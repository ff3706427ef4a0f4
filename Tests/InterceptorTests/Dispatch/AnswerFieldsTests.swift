import FetchModel
import Interceptor
import NIOCore
import Testing

/// What a proxy adds to a script's answers because there is a browser's network stack before it.
@Suite struct AnswerFieldsTests {
  private func outcome(
    _ fields: [(String, String)], method: String = "GET", answer: [(String, String)] = [],
    status: Int = 200, body: FetchBody = .bytes(ByteBuffer(string: "b")), relayed: Bool = false
  ) async throws -> String {
    let registry = ServiceWorkerRegistry()
    let response = FetchResponse(status: status, headers: HeaderList(answer), body: body)
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
    #expect(try await self.outcome(self.cross("cors"), relayed: true) == #"respond 200 [] "b""#)
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
