import FetchModel
import Testing

@Suite struct WebURLHostileInputTests {
  /// Time that grew with the square of these lengths would be minutes.
  static let length = 200_000

  @Test(arguments: [
    ("http://a/", "../", ""), ("http://a/", "b/", "/.."), ("a:", "/..", ""), ("a:", "/", ""),
    ("http://", ".", ""), ("http://", "x.", ""), ("http://", "1.", ""), ("http://", "0x", ""),
    ("http://", "@", "a"), ("http://a", ":", ""), ("http://", "[", ""), ("http://[", ":", "]"),
    ("http://[", "1:", "]"), ("http://", "%41", ""), ("http://", "xn--", ""),
    ("http://", "\u{FC}", ""), ("http://a/", "\t", ""), ("http://a:", "0", "80"),
    ("http://", "9", ""), ("file:///", "C|/", ".."), ("a:", " ", "#"), ("http://a/?", "'", ""),
    ("http://a/", "%2e%2e/", ""),
  ])
  func longInputsHaveAnEnd(start: String, middle: String, end: String) {
    let url = WebURL(start + String(repeating: middle, count: Self.length) + end)
    if let url { #expect(WebURL(url.href) == url) }
  }

  @Test func deepPathsWithAsManyDots() {
    let path = String(repeating: "a/", count: Self.length)
    let dots = String(repeating: "../", count: Self.length)
    #expect(WebURL("http://h/" + path + dots)?.href == "http://h/")
    let base = WebURL("http://h/" + path)
    #expect(WebURL(dots, base: base)?.href == "http://h/")
  }

  /// Whatever the input: no trap, and a URL that is ASCII and stays the same when parsed again.
  @Test(arguments: 0..<8)
  func randomInputsGiveSoundURLs(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let bases = [
      "http://u:p@h:8/a/b?q#f", "file:///C:/a", "foo:/.//a", "foo://h", "data:x", "foo:/",
    ].map { WebURL($0) }
    for _ in 0..<2000 {
      let input = random.text()
      let base = bases.randomElement(using: &random) ?? nil
      guard var url = WebURL(input, base: base) else { continue }
      self.check(url, input)
      for _ in 0..<3 {
        let attribute = WebURL.Attribute.allCases.randomElement(using: &random) ?? .href
        let value = random.text()
        let before = url
        let isTaken = url.set(attribute, to: value)
        #expect(isTaken || url == before)
        self.check(url, "\(before.href) \(attribute) = \(value)")
      }
    }
  }

  private func check(_ url: WebURL, _ message: String) {
    #expect(url.href.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(message)")
    let again = WebURL(url.href)
    #expect(again == url, "\(message)")
    guard let again else { return }
    for attribute in WebURL.Attribute.allCases {
      #expect(again.get(attribute) == url.get(attribute), "\(message)")
    }
    #expect(again.origin == url.origin, "\(message)")
    #expect(again.hasOpaquePath == url.hasOpaquePath, "\(message)")
  }
}

extension SplitMix {
  /// Pieces that mean something in a URL, and sometimes a character that does not.
  private static let pieces = [
    "http:", "https:", "file:", "foo:", "blob:", "ws:", "//", "/", "\\", "?", "#", "@", ":", ".",
    "..",
    "/./", "/../", "%2e", "%2E%2e", "%", "%41", "%zz", "[", "]", "[::1]", "[1:2:3:4:5:6:7:8]",
    "[::ffff:1.2.3.4]", "::", "1", "0x7f", "127.1", "256", "4294967296", "080", "C:", "C|", "c|/",
    "localhost", "example.com", "xn--", "xn--tda", "\u{FC}", "\u{1E9E}", "\u{FF0E}", "\u{AD}",
    "\u{200D}", "\u{5D0}", "a", "b", "Z", "-", "_", "~", " ", "\t", "\n", "\0", "\u{7F}", "'", "\"",
    "<", "^", "|", "`", "{", "&", "=", "+", ";", "65536", "80", "443",
  ]

  mutating func text() -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<9, using: &self) {
      text += Self.pieces.randomElement(using: &self) ?? ""
      if Int.random(in: 0..<12, using: &self) == 0,
        let scalar = Unicode.Scalar(UInt32.random(in: 0..<0x3000, using: &self))
      {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
