import FetchModel
import Testing

@testable import Interceptor

@Suite struct HiddenFieldsTests {
  private let hidden = HeaderList([
    ("Host", "a.test"), ("Connection", "close"), ("Cookie", "a=b"), ("Authorization", "Basic x"),
    ("User-Agent", "curl"), ("Accept-Encoding", "br, gzip;q=0.5"), ("Referer", "https://a.test/"),
    ("If-None-Match", "\"1\""), ("Cache-Control", "no-store"),
  ])

  private func restored(
    to url: String, _ fields: [(String, String)] = [], credentials: String = "include",
    derived: Bool = true, change: (inout FetchRequest) -> Void = { _ in }
  ) -> [String] {
    var request = FetchRequest(method: "GET", url: url, headers: HeaderList(fields))
    request.attributes.credentials = credentials
    request.attributes.referrer = "about:client"
    change(&request)
    let restored = restoreHiddenFields(
      of: derived ? self.hidden : nil, derivedFrom: "https://a.test/x?y", to: request)
    #expect((restored.clientFields == nil) == !derived)
    return text(restored.headers) + (restored.clientFields.map { text($0) } ?? [])
  }

  @Test func sameOriginGetsTheClientsFields() {
    #expect(
      self.restored(to: "https://a.test/other") == [
        "Cookie: a=b", "Authorization: Basic x", "User-Agent: curl",
        "Accept-Encoding: br, gzip;q=0.5", "Referer: https://a.test/", "Cache-Control: no-store",
      ])
  }

  @Test(arguments: [
    "https://b.test/", "http://a.test/", "https://a.test:444/", "https://a.test.evil/",
    "https://a.test@evil/",
  ])
  func otherOriginsGetNoSecrets(_ url: String) {
    #expect(self.restored(to: url) == ["User-Agent: curl", "Accept-Encoding: br, gzip;q=0.5"])
  }

  @Test func omittedCredentials() {
    let fields = self.restored(to: "https://a.test/", credentials: "omit")
    #expect(!fields.contains { $0.hasPrefix("Cookie") || $0.hasPrefix("Authorization") })
    #expect(fields.contains("User-Agent: curl"))
  }

  /// The client's referrer goes along as long as the script chooses no other.
  @Test func referrers() {
    let referrer = "Referer: https://a.test/"
    let restored = { (change: (inout FetchRequest) -> Void) in
      self.restored(to: "https://a.test/", change: change).contains(referrer)
    }
    #expect(restored { $0.attributes.referrer = "https://a.test/" })
    #expect(!restored { $0.attributes.referrer = "https://a.test/other" })
    #expect(!restored { $0.attributes.referrer = "" })
    #expect(!restored { $0.attributes.referrerPolicy = "no-referrer" })
  }

  @Test func fieldsOfTheScriptStay() {
    let fields = self.restored(
      to: "https://a.test/", [("user-agent", "mine"), ("Cache-Control", "max-age=5")])
    #expect(fields.prefix(2) == ["user-agent: mine", "Cache-Control: max-age=5"])
    #expect(!fields.contains("User-Agent: curl"))
  }

  @Test func fetchFromNoEventGetsNothing() {
    #expect(self.restored(to: "https://a.test/", [("A", "b")], derived: false) == ["A: b"])
  }

  @Test func fieldsOfTheConnectionAreTakenOut() {
    let fields = [
      ("Host", "evil"), ("Transfer-Encoding", "chunked"), ("Content-Length", "3"), ("TE", "x"),
      ("Connection", "x"), ("Upgrade", "x"), ("Proxy-Authorization", "x"), ("Expect", "x"),
    ]
    #expect(self.restored(to: "https://a.test/", fields, derived: false) == [])
  }

  @Test(arguments: [
    ("gzip, deflate, br, zstd", "gzip, deflate, br"), ("zstd", "identity"), ("", "identity"),
    ("GZIP;q=1.0 ,identity;q=0", "GZIP;q=1.0 , identity;q=0"), ("*", "identity"),
  ])
  func codings(_ value: String, _ expected: String) {
    #expect(restrictCodings(value) == expected)
  }
}
