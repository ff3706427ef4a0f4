import FetchModel
import NIOCore
import Testing

@testable import Interceptor

@Suite struct MainFetchTests {
  // MARK: Modes and types

  @Test func sameOrigin() {
    var fetch = FetchTranscript("https://a.test/x#f")
    #expect(fetch.begin() == "GET https://a.test/x [] none")
    #expect(fetch.answer(200) == #"basic 200 ["https://a.test/x#f"]"#)
  }

  @Test func crossOriginNeedsPermission() {
    var fetch = FetchTranscript("https://b.test/x")
    #expect(fetch.begin() == #"GET https://b.test/x ["Origin: https://a.test"] none"#)
    #expect(
      fetch.answer(200, [("Access-Control-Allow-Origin", "*")]) == #"cors 200 ["https://b.test/x"]"#
    )
    var refused = FetchTranscript("https://b.test/x")
    #expect(
      refused.run((200, []))
        == "fail: https://b.test/x must not be read by https://a.test: "
        + "it sends no Access-Control-Allow-Origin.")
  }

  @Test func noCORSIsOpaque() {
    var fetch = FetchTranscript("https://b.test/x") { $0.attributes.mode = "no-cors" }
    #expect(fetch.begin() == "GET https://b.test/x [] none")
    #expect(fetch.answer(404) == #"opaque 404 ["https://b.test/x"]"#)
    for redirect in ["error", "manual"] {
      var fetch = FetchTranscript("https://b.test/x") {
        $0.attributes.mode = "no-cors"
        $0.attributes.redirect = redirect
      }
      #expect(fetch.begin().contains("has to follow redirects"))
    }
  }

  @Test func noCORSOfTheOwnOriginIsBasic() {
    var fetch = FetchTranscript("https://a.test/x") { $0.attributes.mode = "no-cors" }
    #expect(fetch.run((200, [])).hasPrefix("basic"))
  }

  @Test func modeSameOriginGoesNowhereElse() {
    var fetch = FetchTranscript("https://b.test/x") { $0.attributes.mode = "same-origin" }
    #expect(fetch.begin().contains(#"mode is "same-origin""#))
    var redirected = FetchTranscript("https://a.test/") { $0.attributes.mode = "same-origin" }
    #expect(redirected.run((302, [("Location", "https://b.test/")])).hasPrefix("fail"))
  }

  @Test func navigationsAreBasic() {
    var fetch = FetchTranscript("https://b.test/x") { $0.attributes.mode = "navigate" }
    #expect(fetch.run((200, [])).hasPrefix("basic"))
  }

  /// The other ports, schemes and hosts are other origins; an opaque one is the same as none.
  @Test(arguments: [
    "http://a.test/", "https://a.test:444/", "https://www.a.test/",
  ])
  func otherOrigins(_ url: String) {
    var fetch = FetchTranscript(url)
    #expect(fetch.begin().contains("Origin: https://a.test"))
    var opaque = FetchTranscript("https://a.test/", client: "null")
    #expect(opaque.begin().contains("Origin: null"))
  }

  // MARK: Schemes and ports

  @Test func dataURLs() {
    var fetch = FetchTranscript("data:text/html;charset=x,a%20b#f")
    #expect(fetch.begin() == #"basic 200 ["data:text/html;charset=x,a%20b#f"]"#)
    var broken = FetchTranscript("data:x")
    #expect(broken.begin() == "fail: The data: URL is not valid.")
    var sameOrigin = FetchTranscript("data:,x") { $0.attributes.mode = "same-origin" }
    #expect(sameOrigin.begin().hasPrefix("basic"))
  }

  @Test func theBodyOfADataURL() {
    var cache = CORSPreflightCache()
    for (method, body) in [("GET", "a b"), ("HEAD", nil)] {
      var fetch = HTTPFetch(
        FetchRequest(method: method, url: "data:;base64,YSBi", headers: HeaderList()))
      guard case .deliver(let response) = fetch.begin(&cache, now: 0) else {
        Issue.record("nothing was delivered")
        continue
      }
      #expect(text(response.headers) == ["Content-Type: text/plain;charset=US-ASCII"])
      #expect(describe(response.body) == (body.map { "\"\($0)\"" } ?? "none"))
    }
  }

  @Test(arguments: [
    "about:blank", "blob:https://a.test/x", "file:///etc/passwd", "ftp://a.test/", "ws://a.test/",
    "javascript:1", "nonsense:x", "no URL",
  ])
  func otherSchemes(_ url: String) {
    for mode in ["cors", "no-cors", "navigate"] {
      var fetch = FetchTranscript(url) { $0.attributes.mode = mode }
      #expect(fetch.begin().hasPrefix("fail"))
    }
  }

  @Test func portsOfOtherProtocols() {
    for port in [1, 22, 25, 6000, 6667, 10080] {
      var fetch = FetchTranscript("http://a.test:\(port)/")
      #expect(fetch.begin() == "fail: The port of http://a.test:\(port)/ is blocked.")
    }
    var fetch = FetchTranscript("https://a.test:8443/")
    #expect(fetch.begin().hasPrefix("GET"))
    var redirected = FetchTranscript("https://a.test/")
    #expect(redirected.run((302, [("Location", "https://a.test:25/")])).contains("is blocked"))
  }

  // MARK: What goes over the wire

  private func wire(_ change: (inout FetchRequest) -> Void) -> [String] {
    var request = FetchRequest(method: "GET", url: "https://a.test/x", headers: HeaderList())
    request.client = RequestClient(origin: "https://a.test", url: "https://a.test/sw.js")
    change(&request)
    let fields = text(HTTPFetch(request).networkRequest.headers)
    let agent = "User-Agent: \(HTTPFetch.userAgent)"
    #expect(fields.contains(agent) == (request.clientFields == nil))
    return fields.filter { $0 != agent }
  }

  @Test func whatAScriptLeavesOut() {
    #expect(self.wire { _ in } == ["Accept: */*", "Accept-Language: *"])
    let own = self.wire { $0.headers = HeaderList([("accept", "a/b"), ("Accept-Language", "de")]) }
    #expect(own == ["accept: a/b", "Accept-Language: de"])
  }

  @Test func methodsThatChangeSomethingNameTheirOrigin() {
    for method in ["POST", "PUT", "DELETE"] {
      #expect(self.wire { $0.method = method }.contains("Origin: https://a.test"))
    }
    #expect(!self.wire { $0.method = "HEAD" }.contains { $0.hasPrefix("Origin") })
    let hidden = self.wire {
      $0.method = "POST"
      $0.attributes.referrerPolicy = "no-referrer"
    }
    #expect(hidden.contains("Origin: null"))
  }

  @Test(arguments: [
    ("default", []), ("force-cache", []), ("no-cache", ["Cache-Control: max-age=0"]),
    ("no-store", ["Pragma: no-cache", "Cache-Control: no-cache"]),
    ("reload", ["Pragma: no-cache", "Cache-Control: no-cache"]),
  ])
  func cacheModes(_ mode: String, _ expected: [String]) {
    #expect(Array(self.wire { $0.attributes.cache = mode }.dropFirst(2)) == expected)
    let own = self.wire {
      $0.attributes.cache = mode
      $0.headers.append(name: "cache-control", value: "x")
      $0.headers.append(name: "PRAGMA", value: "y")
    }
    #expect(own == ["cache-control: x", "PRAGMA: y", "Accept: */*", "Accept-Language: *"])
  }

  @Test func conditionsOfAScriptAreForTheServer() {
    let fields = self.wire { $0.headers.append(name: "If-None-Match", value: "x") }
    #expect(fields.suffix(2) == ["Pragma: no-cache", "Cache-Control: no-cache"])
  }

  @Test func onlyIfCached() {
    var fetch = FetchTranscript("https://a.test/") {
      $0.attributes.mode = "same-origin"
      $0.attributes.cache = "only-if-cached"
    }
    #expect(fetch.begin().contains("There is no HTTP cache"))
  }

  @Test func rangesAreNotCoded() {
    let fields = self.wire { $0.headers.append(name: "Range", value: "bytes=1-") }
    #expect(fields.contains("Accept-Encoding: identity"))
  }

  @Test func credentialsOfAURLStayHere() {
    let request = FetchRequest(
      method: "GET", url: "https://u:p@a.test/x#f", headers: HeaderList())
    #expect(HTTPFetch(request).networkRequest.url == "https://a.test/x")
  }

  /// A request that stands for a client's describes itself as the client did.
  @Test func requestsOfClients() {
    let fields = self.wire {
      $0.method = "POST"
      $0.headers = HeaderList([("Accept", "text/html"), ("If-Range", "x")])
      $0.clientFields = HeaderList([("User-Agent", "curl"), ("Cookie", "a=b")])
      $0.attributes.referrer = ""
    }
    #expect(fields == ["Accept: text/html", "If-Range: x", "User-Agent: curl", "Cookie: a=b"])
  }

  // MARK: Resource policies

  @Test(arguments: [
    ("https://b.test", "same-origin", true), ("https://b.test", "same-site", true),
    ("https://b.test", "cross-origin", false), ("https://b.test", "nonsense", false),
    ("https://x.a.test", "same-site", false), ("https://x.a.test", "same-origin", true),
    ("https://127.0.0.1", "same-site", true),
  ])
  func resourcePolicies(_ origin: String, _ policy: String, _ isBlocked: Bool) {
    var fetch = FetchTranscript("\(origin)/", client: "https://a.test") {
      $0.attributes.mode = "no-cors"
    }
    let end = fetch.run((200, [("Cross-Origin-Resource-Policy", policy)]))
    #expect(end.hasPrefix(isBlocked ? "fail" : "opaque"))
  }

  // MARK: Integrity

  /// "body" in SHA-256.
  private static let digest: [UInt8] = [1, 2, 3, 4]

  @Test func integrity() {
    let own = FetchTranscript("https://a.test/") { $0.attributes.integrity = "sha256-AQIDBA==" }
    var fetch = own
    #expect(fetch.run((200, [])) == "digest sha256")
    #expect(fetch.digested(Self.digest) == #"basic 200 ["https://a.test/"]"#)
    var wrong = own
    _ = wrong.run((200, []))
    #expect(wrong.digested([1, 2, 3]).contains("does not match its integrity"))
  }

  @Test func integrityOfWhatCannotBeRead() {
    var opaque = FetchTranscript("https://b.test/") {
      $0.attributes.mode = "no-cors"
      $0.attributes.integrity = "sha256-AQIDBA=="
    }
    #expect(opaque.run((200, [])).contains("it is opaque"))
    var unknown = FetchTranscript("https://b.test/") {
      $0.attributes.mode = "no-cors"
      $0.attributes.integrity = "md5-AQIDBA=="
    }
    #expect(unknown.run((200, [])).hasPrefix("opaque"))
    var empty = FetchTranscript("https://a.test/") { $0.attributes.integrity = "sha512-x" }
    _ = empty.begin()
    #expect(empty.answer(204, body: .none).contains("it has no body"))
  }

  @Test(
    arguments: [
      ("", nil), ("sha1-AA==", nil), ("sha256", nil), ("x", nil),
      ("sha256-AQ==", "sha256 AQ=="), ("SHA384-AQ==?opt", "sha384 AQ=="),
      ("sha256-AA== sha512-AQ==\tsha384-Ag==\n sha512-Aw==", "sha512 AQ== Aw=="),
      ("sha256-a-b_", "sha256 a+b/"), ("  sha256-AQ== md5-x ", "sha256 AQ=="),
    ] as [(String, String?)])
  func metadata(_ text: String, _ expected: String?) {
    let metadata = IntegrityMetadata(text)
    #expect(
      metadata.map { "\($0.algorithm) \($0.digests.joined(separator: " "))" } == expected)
  }

  // MARK: Errors

  @Test func failuresOfTheNetwork() {
    var fetch = FetchTranscript("https://a.test/")
    _ = fetch.begin()
    #expect(fetch.fail("Nobody is there.") == "fail: Nobody is there.")
  }

  /// A driver that does not keep to the order gets errors.
  @Test func nothingHappensTwice() {
    var fetch = FetchTranscript("https://a.test/")
    #expect(fetch.answer(200) == "fail: There is an answer to nothing.")
    var other = FetchTranscript("https://a.test/")
    _ = other.run((200, []))
    #expect(other.begin().hasPrefix("fail"))
    #expect(other.answer(200).hasPrefix("fail"))
    #expect(other.digested([]).hasPrefix("fail"))
  }
}
