import FetchModel
import Testing

@Suite struct PercentEncodingTests {
  @Test(arguments: [
    (PercentEncodeSet.fragment, #" "<>`"#),
    (.query, ##" "#<>"##),
    (.specialQuery, ##" "#<>'"##),
    (.path, ##" "#<>?^`{}"##),
    (.userinfo, ##" "#<>?^`{}/:;=@[\]|"##),
    (.component, ##" "#<>?^`{}/:;=@[\]|$%&+,"##),
    (.formURLEncoded, ##" "#<>?^`{}/:;=@[\]|$%&+,!'()~"##),
  ])
  func eachSetHasItsCharacters(set: PercentEncodeSet, characters: String) {
    for byte in UInt8.min...UInt8.max {
      let expected = byte < 0x20 || byte > 0x7E || characters.utf8.contains(byte)
      #expect(set.contains(byte) == expected, "\(byte)")
    }
  }

  @Test func encodes() {
    #expect("a b\u{20AC}/?".percentEncoded(.path) == "a%20b%E2%82%AC/%3F")
    #expect("a b".percentEncoded(.formURLEncoded, spaceAsPlus: true) == "a+b")
    #expect("".percentEncoded(.path) == "")
  }

  @Test func decodesWhatIsWellFormed() {
    #expect("%41%e2%82%AC".percentDecoded() == Array("A\u{20AC}".utf8))
    #expect("%".percentDecoded() == Array("%".utf8))
    #expect("%4".percentDecoded() == Array("%4".utf8))
    #expect("%%34%zz%1".percentDecoded() == Array("%4%zz%1".utf8))
    #expect("%FF".percentDecoded() == [0xFF])
  }
}
