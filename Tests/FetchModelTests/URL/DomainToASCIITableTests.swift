import CICU
import FetchModel
import Testing

@Suite struct DomainToASCIITableTests {
  /// Rows that an ICU with older tables than the ones named cannot pass, by the version of Unicode
  /// (major × 100 + minor) that they need.
  static let neededUnicode: [String: Int32] = [
    // UTS #46 of Unicode 16 wants a decoded label not to begin with "xn--" again.
    #"xn--xn--a--gua.pt"#: 1600,
    #"xn--xn---epa"#: 1600,
    // U+32931 and U+32B9A are CJK unified ideographs of Unicode 17.
    #"\u{00032931}20.\u{97F3}.\u{A866}1."#: 1700,
    #"xn--20-9802c.xn--0w5a.xn--1-eg4e."#: 1700,
    #"\u{00032B9A}9\u{A369}\u{17D3}.ss"#: 1700,
    #"\u{00032B9A}9\u{A369}\u{17D3}.SS"#: 1700,
    #"xn--9-i0j5967eg3qz.ss"#: 1700,
  ]

  /// - Parameter empty: how many rows are the empty string, which no URL has as its host.
  @Test(arguments: [("toascii", 87, 0), ("IdnaTestV2", 2671, 1)])
  func convertsAsTheTableSays(table: String, count: Int, empty: Int) throws {
    let rows = try WebPlatformTable.rows(table)
    #expect(rows.count == count)
    #expect(rows.count { $0.string("input") == "" } == empty)
    let unicode = valor_icu_unicode_version()
    for row in rows where row.string("input") != "" {
      let input = try #require(row.string("input"))
      let expected = row.string("output")
      let url = WebURL("https://\(input)/x")
      var other = try #require(WebURL("https://x/x"))
      other.set(.host, to: input)
      let passes = url?.host == expected && other.get(.host) == expected ?? "x"
      let name = row.escaped("input")
      let canPass = unicode >= Self.neededUnicode[name] ?? 0
      #expect(
        passes == canPass,
        "\(name) is \(url?.host ?? "a failure"), expected \(row.escaped("output"))")
    }
  }

  /// The time of the conversion grows with the square of the length, so there is a limit.
  @Test func longDomainsBeyondASCIIAreRefused() {
    let domain = String(repeating: "\u{FC}.", count: 1365)
    #expect(WebURL("http://\(domain)/") != nil)
    #expect(WebURL("http://\(domain)\u{FC}/") == nil)
    #expect(WebURL("http://\(String(repeating: "a", count: 5000))/") != nil)
  }

  @Test func percentEncodedDomainsAreDecodedFirst() {
    #expect(WebURL("http://%C3%BC.example/")?.host == "xn--tda.example")
    #expect(WebURL("http://%78n--tda.example/")?.host == "xn--tda.example")
    #expect(WebURL("http://%FF.example/") == nil)
    #expect(WebURL("http://\u{AD}/") == nil)
  }
}
