import FetchModel
import Testing

@Suite struct FormURLEncodedTests {
  typealias Pair = FormURLEncoded.Pair

  @Test(arguments: [
    ("", []),
    ("a=b&c=d", [Pair("a", "b"), Pair("c", "d")]),
    ("&&a&&=b&=&", [Pair("a", ""), Pair("", "b"), Pair("", "")]),
    ("a=b=c", [Pair("a", "b=c")]),
    ("a+b=%2B+%20", [Pair("a b", "+  ")]),
    ("%zz=%", [Pair("%zz", "%")]),
    ("a=%FF%C3%BC", [Pair("a", "\u{FFFD}\u{FC}")]),
    ("%EF%BB%BFa=%EF%BB%BF", [Pair("\u{FEFF}a", "\u{FEFF}")]),
    ("?a=b", [Pair("?a", "b")]),
  ])
  func parses(input: String, pairs: [Pair]) {
    #expect(FormURLEncoded.parse(input) == pairs)
  }

  @Test func serializes() {
    let pairs = [Pair("a b", "~*-._"), Pair("", "\u{FC}&="), Pair("c", "")]
    #expect(FormURLEncoded.serialize(pairs) == "a+b=%7E*-._&=%C3%BC%26%3D&c=")
    #expect(FormURLEncoded.serialize([]) == "")
  }

  @Test func whatIsSerializedParsesAgain() {
    let all = String(String.UnicodeScalarView((1...0x2FF).compactMap { Unicode.Scalar($0) }))
    let pairs = [Pair(all, all), Pair("", all)]
    #expect(FormURLEncoded.parse(FormURLEncoded.serialize(pairs)) == pairs)
  }
}
