import FetchModel
import NIOCore
import Testing

@testable import Interceptor

@Suite struct RedirectTests {
  private func location(_ url: String) -> [(String, String)] { [("Location", url)] }

  @Test func relativeLocation() {
    var fetch = FetchTranscript("https://a.test/d/1#old")
    _ = fetch.begin()
    #expect(fetch.answer(302, self.location("2?q#f")) == "GET https://a.test/d/2?q [] none")
    #expect(
      fetch.answer(200) == #"basic 200 ["https://a.test/d/1#old", "https://a.test/d/2?q#f"]"#)
  }

  @Test func fragmentIsCarriedOver() {
    var fetch = FetchTranscript("https://a.test/1#f")
    _ = fetch.run((301, self.location("/2")))
    #expect(fetch.answer(200).contains("https://a.test/2#f"))
  }

  @Test func locationInUTF8() {
    var fetch = FetchTranscript("https://a.test/")
    // The bytes of a snowman, as fields have them.
    #expect(
      fetch.run((302, self.location("/\u{e2}\u{98}\u{83}"))).hasPrefix(
        "GET https://a.test/%E2%98%83"))
  }

  @Test func redirectModes() {
    for (mode, end) in [
      ("manual", #"opaqueredirect 301 ["https://a.test/"]"#),
      ("error", #"fail: https://a.test/ redirects, and the request's redirect mode is "error"."#),
    ] {
      var fetch = FetchTranscript("https://a.test/") { $0.attributes.redirect = mode }
      #expect(fetch.run((301, self.location("/x"))) == end)
      var nowhere = FetchTranscript("https://a.test/") { $0.attributes.redirect = mode }
      #expect(nowhere.run((301, [])) == end)
      var none = FetchTranscript("https://a.test/") { $0.attributes.redirect = mode }
      #expect(none.run((304, self.location("/x"))).hasPrefix("basic 304"))
    }
  }

  @Test func withoutLocationItIsAnAnswer() {
    var fetch = FetchTranscript("https://a.test/")
    #expect(fetch.run((302, [])) == #"basic 302 ["https://a.test/"]"#)
  }

  @Test(arguments: ["ftp://a.test/", "data:,x", "http://a b/", "http://[::1", "about:blank"])
  func locationThatIsNoHTTPURL(_ location: String) {
    var fetch = FetchTranscript("https://a.test/")
    #expect(fetch.run((302, self.location(location))).contains("no http(s) URL"))
  }

  @Test func twoLocations() {
    var fetch = FetchTranscript("https://a.test/")
    #expect(fetch.run((302, self.location("/1") + self.location("/2"))).hasPrefix("fail"))
    var same = FetchTranscript("https://a.test/")
    #expect(same.run((302, self.location("/1") + self.location("/1"))).hasPrefix("GET"))
  }

  @Test func twentyRedirectsAndNoMore() {
    var fetch = FetchTranscript("https://a.test/0")
    _ = fetch.begin()
    for number in 1...20 {
      #expect(fetch.answer(307, self.location("/\(number)")).hasPrefix("GET"))
    }
    #expect(
      fetch.answer(307, self.location("/21"))
        == "fail: More than 20 redirects from https://a.test/0 on.")
  }

  // MARK: Methods and bodies

  @Test(arguments: [
    (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (303, "PUT", "GET"),
    (303, "HEAD", "HEAD"), (301, "PUT", "PUT"), (307, "POST", "POST"), (308, "POST", "POST"),
  ])
  func methodAndBody(_ status: Int, _ method: String, _ expected: String) {
    let fields = [("Content-Type", "a/b"), ("Content-Encoding", "x"), ("X", "y")]
    var fetch = FetchTranscript(
      method, "https://a.test/1", fields, body: .bytes(ByteBuffer(string: "b")))
    let next = fetch.run((status, self.location("/2")))
    let origin = ["GET", "HEAD"].contains(expected) ? "" : #", "Origin: https://a.test""#
    let kept = #"["Content-Type: a/b", "Content-Encoding: x", "X: y"\#(origin)] "b""#
    #expect(
      next == "\(expected) https://a.test/2 " + (expected == method ? kept : #"["X: y"] none"#))
  }

  @Test func streamsCannotBeSentAgain() {
    for (status, isFine) in [(308, false), (307, false), (301, false), (303, true)] {
      var fetch = FetchTranscript("POST", "https://a.test/1", body: .stream(BodyPipe()))
      #expect(fetch.run((status, self.location("/2"))).hasPrefix(isFine ? "GET" : "fail"))
    }
  }

  // MARK: Other origins

  @Test func credentialsStayWithTheirOrigin() {
    var fetch = FetchTranscript("https://a.test/", [("Authorization", "x"), ("X", "y")]) {
      $0.attributes.mode = "navigate"
      $0.clientFields = HeaderList([
        ("Cookie", "c"), ("User-Agent", "B"), ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-User", "?1"), ("Origin", "https://a.test"),
      ])
    }
    let same = fetch.run((307, self.location("/same")))
    #expect(same.contains(#""Authorization: x", "X: y", "Cookie: c", "User-Agent: B""#))
    let other = fetch.answer(307, self.location("https://b.test/"))
    #expect(
      other
        == #"GET https://b.test/ ["X: y", "User-Agent: B", "Sec-Fetch-Site: cross-site"] none"#)
  }

  @Test func aRedirectElsewhereNeedsPermission() {
    var fetch = FetchTranscript("https://a.test/")
    #expect(
      fetch.run((302, self.location("https://b.test/")))
        == #"GET https://b.test/ ["Origin: https://a.test"] none"#)
    #expect(fetch.answer(200).hasPrefix("fail"))
  }

  /// Both hops of a way abroad are checked, and back at home it stays a CORS response.
  @Test func backAtHome() {
    let allowed = ("Access-Control-Allow-Origin", "https://a.test")
    var refused = FetchTranscript("https://b.test/")
    #expect(refused.run((302, self.location("https://a.test/"))).hasPrefix("fail"))
    var fetch = FetchTranscript("https://b.test/")
    let next = fetch.run((302, self.location("https://a.test/") + [allowed]))
    // From a foreign origin to the own one is a hop between two that are foreign to each other, but
    // not to the request.
    #expect(next == #"GET https://a.test/ ["Origin: null"] none"#)
    #expect(
      fetch.answer(200, [("Access-Control-Allow-Origin", "null")]).hasPrefix("cors 200"))
  }

  @Test func taintedOrigin() {
    let allowed = ("Access-Control-Allow-Origin", "*")
    var fetch = FetchTranscript("https://b.test/")
    #expect(
      fetch.run((302, self.location("https://b.test/2") + [allowed]))
        == #"GET https://b.test/2 ["Origin: https://a.test"] none"#)
    #expect(
      fetch.answer(302, self.location("https://c.test/") + [allowed])
        == #"GET https://c.test/ ["Origin: null"] none"#)
    #expect(
      fetch.answer(200, [("Access-Control-Allow-Origin", "https://a.test")]).hasPrefix("fail"))
  }

  @Test func locationsWithCredentials() {
    let there = ("Access-Control-Allow-Origin", "*")
    var own = FetchTranscript("https://a.test/")
    #expect(
      own.run((302, self.location("https://u:p@a.test/x"))) == "GET https://a.test/x [] none")
    var other = FetchTranscript("https://a.test/")
    #expect(other.run((302, self.location("https://u@b.test/"))).contains("with credentials"))
    var tainted = FetchTranscript("https://b.test/")
    #expect(
      tainted.run((302, self.location("https://:p@b.test/") + [there])).contains("with credentials")
    )
    var opaque = FetchTranscript("https://b.test/") { $0.attributes.mode = "no-cors" }
    #expect(opaque.run((302, self.location("https://u:p@b.test/x"))).hasPrefix("GET"))
  }

  @Test func noCORSStaysOpaque() {
    var fetch = FetchTranscript("https://b.test/") { $0.attributes.mode = "no-cors" }
    #expect(
      fetch.run((302, self.location("https://a.test/")), (200, [])).hasPrefix("opaque 200"))
  }

  // MARK: Referrers

  @Test func theReferrerPolicyOfARedirectCounts() {
    func referrer(_ fetch: FetchTranscript) -> String? {
      fetch.fetch.networkRequest.headers.first("Referer")
    }
    var fetch = FetchTranscript("https://a.test/")
    _ = fetch.begin()
    #expect(referrer(fetch) == "https://a.test/sw.js?q")
    _ = fetch.answer(302, self.location("/2") + [("Referrer-Policy", "nonsense, origin, ")])
    #expect(referrer(fetch) == "https://a.test/")
    _ = fetch.answer(302, self.location("/3") + [("Referrer-Policy", "nonsense")])
    #expect(referrer(fetch) == "https://a.test/")
    _ = fetch.answer(302, self.location("/4") + [("Referrer-Policy", "No-Referrer")])
    #expect(referrer(fetch) == nil)
  }
}
