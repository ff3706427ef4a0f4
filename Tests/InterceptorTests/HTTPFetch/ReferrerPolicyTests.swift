import FetchModel
import Testing

@testable import Interceptor

@Suite struct ReferrerPolicyTests {
  /// For each policy: to the own origin, to another one, and to one without TLS.
  @Test(
    arguments: [
      ("no-referrer", nil, nil, nil),
      ("no-referrer-when-downgrade", "full", "full", nil),
      ("same-origin", "full", nil, nil),
      ("origin", "origin", "origin", "origin"),
      ("strict-origin", "origin", "origin", nil),
      ("origin-when-cross-origin", "full", "origin", "origin"),
      ("strict-origin-when-cross-origin", "full", "origin", nil),
      ("unsafe-url", "full", "full", "full"),
    ] as [(String, String?, String?, String?)])
  func policies(_ name: String, _ own: String?, _ other: String?, _ insecure: String?) throws {
    let policy = try #require(ReferrerPolicy(rawValue: name))
    for (url, expected) in [
      ("https://a.test/y", own), ("https://b.test/", other), ("http://b.test/", insecure),
    ] {
      let referrer = policy.referrer(
        from: "https://user:pass@a.test/x?q#f", to: try #require(WebURL(url)))
      let full = expected == "full" ? "https://a.test/x?q" : expected.map { _ in "https://a.test/" }
      #expect(referrer == full, "\(name) \(url)")
    }
  }

  @Test(arguments: [
    "http://localhost/", "http://x.localhost:8/", "http://127.0.0.1/", "http://[::1]/",
  ])
  func thisMachineIsNoDowngrade(_ url: String) throws {
    let referrer = ReferrerPolicy.strictOrigin.referrer(
      from: "https://a.test/x", to: try #require(WebURL(url)))
    #expect(referrer == "https://a.test/")
  }

  @Test func longReferrersAreCut() throws {
    let source = "https://a.test/" + String(repeating: "x", count: 4_090)
    let url = try #require(WebURL("https://a.test/"))
    #expect(ReferrerPolicy.unsafeURL.referrer(from: source, to: url) == "https://a.test/")
  }

  @Test(arguments: ["", "about:client", "data:,x", "blob:https://a.test/x", "no URL"])
  func whatIsNoReferrer(_ source: String) throws {
    let url = try #require(WebURL("https://a.test/"))
    #expect(ReferrerPolicy.unsafeURL.referrer(from: source, to: url) == nil)
  }
}
