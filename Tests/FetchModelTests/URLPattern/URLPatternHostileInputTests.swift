import FetchModel
import Testing

@Suite struct URLPatternHostileInputTests {
  /// Time that grew with the square of these lengths would be minutes.
  @Test(arguments: [
    "(", "(a", "(?", "{", "}", ":", ":a", "*", "*?", "\\", "[", "{a", "(a(?:", "\u{FC}", ":\u{FC}",
    "/:",
    "?", "@", "#", ":a@", "{a}?", "/*", "(?:a)", "\0",
  ])
  func longPatternsHaveAnEnd(piece: String) {
    let text = String(repeating: piece, count: 20_000)
    for string in ["https://a.test/" + text, "https://" + text, text, text + "://a"] {
      _ = try? URLPattern(string, baseURL: "https://a.test/")
    }
    for component in URLPatternComponent.allCases {
      var initializer = URLPatternInit()
      initializer[component] = text
      _ = try? URLPattern(initializer)
      _ = URLPattern.components(initializer)
    }
  }

  @Test func tooLongPatternsAreRefused() {
    let text = String(repeating: "a", count: URLPattern.maximumLength + 1)
    #expect(throws: URLPatternError.self) { try URLPattern("https://a.test/" + text) }
    var initializer = URLPatternInit()
    initializer[.pathname] = text
    #expect(throws: URLPatternError.self) { try URLPattern(initializer) }
    #expect(throws: URLPatternError.self) {
      let long = String(repeating: "a", count: URLPatternMatcher.maximumLength)
      return try URLPatternMatcher(URLPattern("https://a.test/" + long))
    }
  }

  @Test func tenThousandGroups() throws {
    let string = (0..<10_000).map { "/:n\($0)" }.joined()
    var initializer = URLPatternInit()
    initializer[.pathname] = string
    let pattern = try URLPattern(initializer)
    #expect(pattern[.pathname].groupNames.count == 10_000)
    #expect(pattern[.pathname].patternString == string)
  }

  /// Patterns on which an engine that goes back would take longer than the universe has been there.
  @Test(arguments: ["{*a}+{*a}+{*a}+b", "*a*a*a*a*a*a*a*a*b", "{a*}*{a*}*{a*}*b", "{a}*{a}*{a}*b"])
  func matchingHasAnEnd(path: String) throws {
    let matcher = try URLPatternMatcher(URLPattern("https://a.test/" + path))
    let url = "https://a.test/" + String(repeating: "a", count: 60_000)
    func matches(_ url: String) -> Bool {
      Array(url.utf8).withUnsafeBufferPointer { matcher.matches(serialized: $0.span) }
    }
    #expect(!matches(url))
    #expect(matches(url + "b"))
  }
}
