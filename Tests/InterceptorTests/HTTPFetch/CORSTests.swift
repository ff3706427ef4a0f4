import FetchModel
import NIOCore
import Testing

@testable import Interceptor

@Suite struct CORSTests {
  // MARK: CORS check

  @Test(
    arguments: [
      ("*", nil, "omit", true), ("*", nil, "same-origin", true), ("*", "true", "include", false),
      ("https://a.test", nil, "same-origin", true), ("https://a.test", nil, "include", false),
      ("https://a.test", "true", "include", true), ("https://a.test", "TRUE", "include", false),
      ("https://A.test", nil, "omit", false), ("https://a.test/", nil, "omit", false),
      ("null", nil, "omit", false), ("", nil, "omit", false),
      ("https://a.test, *", nil, "omit", false),
    ] as [(String, String?, String, Bool)])
  func check(_ origin: String, _ allows: String?, _ credentials: String, _ passes: Bool) {
    var fields = [("Access-Control-Allow-Origin", origin)]
    if let allows { fields.append(("Access-Control-Allow-Credentials", allows)) }
    let failure = corsFailure(
      HeaderList(fields), origin: "https://a.test", credentials: credentials)
    #expect((failure == nil) == passes, "\(failure ?? "")")
  }

  @Test func twoFieldsAllowNothing() {
    let field = ("Access-Control-Allow-Origin", "https://a.test")
    #expect(
      corsFailure(HeaderList([field, field]), origin: "https://a.test", credentials: "omit") != nil)
  }

  // MARK: Safelists

  @Test(arguments: [
    ("Accept", "text/html, */*;q=0.8"), ("Accept", "a\tb"), ("accept-language", "de, en;q=0.5, *"),
    ("Content-Language", "de-AT"), ("Content-Type", "text/plain;charset=UTF-8"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("Content-Type", "multipart/form-data; boundary=x"), ("Range", "bytes=0-"),
    ("Range", "bytes=5-10"), ("Range", "bytes=010-9999999999999999999999"),
  ])
  func safelistedHeaders(_ name: String, _ value: String) {
    #expect(HeaderList([(name, value)]).corsUnsafeNames == [])
  }

  @Test(arguments: [
    ("X-A", ""), ("Accept", "a(b"), ("Accept", "\u{1}"), ("Accept", "\"x\""),
    ("Accept-Language", "de_AT"), ("Content-Language", "d\u{e9}"), ("Content-Type", "text/html"),
    ("Content-Type", "text/plain; x=\"y\""), ("Content-Type", "nonsense"), ("Content-Type", ""),
    ("Range", "bytes=-5"), ("Range", "bytes= 0-"), ("Range", "bytes=0-1,2-3"),
    ("Range", "bytes=6-5"), ("Range", "items=0-"), ("Range", "bytes=0"),
    ("Authorization", "x"), ("Accept", String(repeating: "a", count: 129)),
  ])
  func unsafeHeaders(_ name: String, _ value: String) {
    #expect(HeaderList([(name, value)]).corsUnsafeNames == [name.lowercased()])
  }

  /// Many safe values together may carry what no single one may.
  @Test func safeValuesHaveALimit() {
    let field = ("Accept", String(repeating: "a", count: 128))
    #expect(
      HeaderList(Array(repeating: field, count: 8) + [("X", "")]).corsUnsafeNames == ["x"])
    #expect(
      HeaderList(Array(repeating: field, count: 8) + [("X", ""), ("Accept", "a")]).corsUnsafeNames
        == ["accept", "x"])
  }

  // MARK: Exposed headers

  private func visible(
    _ exposed: String?, credentials: String = "same-origin", type: ResponseType = .cors
  ) -> [String] {
    var fields = [
      ("Content-Type", "a/b"), ("X-A", "1"), ("x-b", "2"), ("Set-Cookie", "c"), ("*", "3"),
    ]
    if let exposed { fields.append(("Access-Control-Expose-Headers", exposed)) }
    var response = FetchResponse(status: 200, headers: HeaderList(fields))
    response.type = type
    return text(response.filtered(credentials: credentials).headers)
  }

  @Test func exposedHeaders() {
    #expect(self.visible(nil) == ["Content-Type: a/b"])
    #expect(self.visible("x-a, Set-Cookie") == ["Content-Type: a/b", "X-A: 1"])
    #expect(self.visible("X-A,, X-B") == ["Content-Type: a/b", "X-A: 1", "x-b: 2"])
    #expect(
      self.visible("*") == [
        "Content-Type: a/b", "X-A: 1", "x-b: 2", "*: 3", "Access-Control-Expose-Headers: *",
      ])
    #expect(self.visible("*", credentials: "include") == ["Content-Type: a/b", "*: 3"])
    #expect(self.visible("x-a, \"b\"") == ["Content-Type: a/b"])
  }

  @Test func filteredResponses() {
    #expect(
      self.visible(nil, type: .basic) == ["Content-Type: a/b", "X-A: 1", "x-b: 2", "*: 3"])
    #expect(self.visible(nil, type: .opaque) == [])
    var response = FetchResponse(
      status: 302, statusText: "Found", headers: HeaderList([("A", "b")]),
      body: .bytes(ByteBuffer(string: "x")), urlList: ["https://b.test/"])
    for (type, urls) in [(ResponseType.opaque, []), (.opaqueredirect, ["https://b.test/"])] {
      response.type = type
      let filtered = response.filtered(credentials: "omit")
      #expect(filtered.status == 0)
      #expect(filtered.statusText == "")
      #expect(filtered.headers.isEmpty)
      #expect(filtered.urlList == urls)
      #expect(describe(filtered.body) == "none")
    }
  }
}
