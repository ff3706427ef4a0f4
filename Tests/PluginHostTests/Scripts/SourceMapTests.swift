import Testing

@testable import PluginHost

/// Source maps: where a generated script's places are in its source.
@Suite struct SourceMapTests {
  private func place(_ map: SourceMap?, _ line: Int, _ column: Int) -> String {
    map?.original(.init(line: line, column: column)).map { "\($0.line):\($0.column)" } ?? "none"
  }

  @Test func placesAreThoseOfThePieceBefore() {
    // Line 1: columns 1, 5 and 9 from 1:1, 1:3 and 2:1; line 2 from nowhere; line 3 from 5:2, and
    // back to 1:1 with a name.
    let map = SourceMap(mappings: "AAAA,IAAE,IACF;;AAGC,CAJDA")
    let expected = [
      (1, 1, "1:1"), (1, 4, "1:1"), (1, 5, "1:3"), (1, 8, "1:3"), (1, 9, "2:1"), (1, 900, "2:1"),
      (2, 1, "none"), (3, 1, "5:2"), (3, 2, "1:1"), (4, 1, "none"), (0, 1, "none"), (1, 0, "1:1"),
    ]
    for (line, column, original) in expected {
      #expect(self.place(map, line, column) == original, "\(line):\(column)")
    }
  }

  @Test func aLineThatBeginsWithoutAPieceHasThePlaceOfItsFirst() {
    #expect(self.place(SourceMap(mappings: "IAEC"), 1, 2) == "3:2")
    // One that stands for nothing of the source is left out.
    #expect(self.place(SourceMap(mappings: "A,IAEC"), 1, 1) == "3:2")
  }

  @Test func largeNumbersTakeSeveralDigits() {
    // 16 → gB, 1000 → w+B.
    #expect(self.place(SourceMap(mappings: "gBAgBw+B"), 1, 17) == "17:1001")
  }

  @Test(arguments: [
    "A!AA", "AA", "AAA", "AAAAAA", "g", "AAAg", "DAAA", "AADA", "AAAD", "AAAA ,A", "gggggggggg",
    "+/////D,+/////D", "é",
  ])
  func whatIsMalformedIsNoMap(_ mappings: String) {
    #expect(SourceMap(mappings: mappings) == nil)
  }

  @Test func theMapIsInTheLastLine() {
    let json = #"{"version": 3, "sources": ["a.ts"], "mappings": "AAEA", "names": []}"#
    let comment = "//# sourceMappingURL=data:application/json;base64,"
    let base64 = String(decoding: Base64.encode(Array(json.utf8)), as: UTF8.self)
    for script in ["x\n\(comment)\(base64)", "x\n\(comment)\(base64)\n", "\(comment)\(base64)\r\n"]
    {
      #expect(self.place(SourceMap(in: script), 1, 1) == "3:1")
    }
    for script in [
      "", "x", "\(comment)\(base64)\nx", "\(comment)!", comment, "\(comment)e30=",
      "//# sourceMappingURL=a.map",
    ] {
      #expect(SourceMap(in: script) == nil, "\(script)")
    }
  }
}
