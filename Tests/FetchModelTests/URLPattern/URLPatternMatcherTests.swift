import FetchModel
import Foundation
import Testing

@Suite struct URLPatternMatcherTests {
  private func matcher(_ string: String, ignoresCase: Bool = false) throws -> URLPatternMatcher {
    try URLPatternMatcher(try URLPattern(string, ignoresCase: ignoresCase))
  }

  private func matches(_ matcher: URLPatternMatcher, _ url: String) -> Bool {
    Array(url.utf8).withUnsafeBufferPointer { matcher.matches(serialized: $0.span) }
  }

  @Test(arguments: [
    ("https://*.example.com/v1/*", "https://a.example.com/v1/x?q", true),
    ("https://*.example.com/v1/*", "https://a.b.example.com/v1/", true),
    ("https://*.example.com/v1/*", "https://example.com/v1/", false),
    ("https://*.example.com/v1/*", "https://a.example.com/v1", false),
    ("https://*.example.com/v1/*", "https://a.example.com:8443/v1/", false),
    ("https://*.example.com/v1/*", "http://a.example.com/v1/", false),
    ("https://*.example.com/v1/*", "https://evil.test/.example.com/v1/", false),
    ("http{s}?://:sub.example.com:*/", "http://a.example.com:81/", true),
    ("http{s}?://:sub.example.com:*/", "http://a.b.example.com:81/", false),
    ("https://a.test/:x/:y?", "https://a.test/1", true),
    ("https://a.test/:x/:y?", "https://a.test/1/2", true),
    ("https://a.test/:x/:y?", "https://a.test/1/2/3", false),
    ("https://a.test/x/:rest+", "https://a.test/x/1/2/3", true),
    ("https://a.test/x/:rest+", "https://a.test/x/1//3", false),
    ("https://a.test/x{.:part}*", "https://a.test/x.1.2", true),
    ("https://a.test/{a:x-b}+", "https://a.test/a1-ba2-b", true),
    ("https://a.test/{a:x-b}+", "https://a.test/a1-ba2-", false),
    ("https://a.test/*b*c", "https://a.test/abbcbc", true),
    ("https://a.test/{*a}b", "https://a.test/aaab", true),
    ("https://a.test/\\*", "https://a.test/*", true),
    ("https://a.test/\\*", "https://a.test/x", false),
    ("https://a.test/*\\?q=:v", "https://a.test/x?q=1", true),
    ("https://a.test/*\\?q=:v", "https://a.test/x?p=1", false),
    ("https://a.test/x#frag", "https://a.test/x", false),
    ("http://[\\:\\:1]:80/*", "http://[::1]/x", true),
    ("https://a.test/", "https:/", false), ("https://a.test/", "", false),
    ("*://*:*/*", "https://", false), ("*://*:*/*", "//", false),
  ])
  func requestsMatch(pattern: String, url: String, expected: Bool) throws {
    #expect(self.matches(try self.matcher(pattern), url) == expected)
  }

  @Test func caseOfThePathCanBeIgnored() throws {
    let matcher = try self.matcher("https://a.test/Foo/:x.HTML?Q=*", ignoresCase: true)
    #expect(self.matches(matcher, "https://a.test/fOO/1.html?q=1"))
    #expect(!self.matches(matcher, "https://A.test/foo/1.html?q=1"))
  }

  @Test func originsThatCanMatch() throws {
    let matcher = try self.matcher("https://*.example.com:{8443}?/v1/:x")
    func canMatch(_ origin: String) -> Bool {
      Array(origin.utf8).withUnsafeBufferPointer { matcher.canMatch(origin: $0.span) }
    }
    #expect(canMatch("https://a.example.com"))
    #expect(canMatch("https://a.example.com:8443"))
    #expect(!canMatch("https://a.example.com:8444"))
    #expect(!canMatch("http://a.example.com"))
    #expect(!canMatch("https://a.example.org"))
    #expect(!canMatch("https:"))
  }

  @Test func regularExpressionsAreRefused() throws {
    #expect(throws: URLPatternError.self) { try self.matcher("https://a.test/:x(\\d+)") }
    #expect(throws: URLPatternError.self) { try URLPattern("(https?)://a.test/") }
    // These two are wildcards, written as regular expressions.
    _ = try self.matcher("https://a.test/(.*)/([^\\/]+?)")
  }

  /// The port of a pattern whose protocol has another default stays.
  @Test func otherDefaultPortsStay() throws {
    #expect(try URLPattern("http://a.test:443/")[.port].patternString == "443")
    #expect(try URLPattern("https://a.test:443/")[.port].patternString == "")
  }

  /// Random patterns against the regular expressions that the standard has for them.
  @Test(arguments: 0..<4)
  func matchesAsTheRegularExpressionDoes(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let pieces = [
      "a", "b", "/", "*", ":x", ":y", "{a}?", "{a/}*", "{b}+", "{/:z}?", "{a*b}+", "/:w+", "/*?",
      "{a:v/}*", "{*}+",
    ]
    var matches = 0
    for _ in 0..<400 {
      let string = (0..<Int.random(in: 1..<6, using: &random))
        .compactMap { _ in pieces.randomElement(using: &random) }.joined()
      var initializer = URLPatternInit()
      initializer[.pathname] = string
      guard let pattern = try? URLPattern(initializer) else { continue }
      let matcher = try URLPatternMatcher(pattern)
      let expression = try NSRegularExpression(pattern: pattern[.pathname].regularExpression)
      for _ in 0..<40 {
        let text = (0..<Int.random(in: 0..<8, using: &random))
          .compactMap { _ in ["a", "b", "/"].randomElement(using: &random) }.joined()
        let range = NSRange(location: 0, length: text.utf16.count)
        let expected = expression.firstMatch(in: text, range: range) != nil
        #expect(matcher.matches(.pathname, text) == expected, "\(string) on '\(text)'")
        if expected { matches += 1 }
      }
    }
    #expect(matches > 500)
  }
}
