import FetchModel
import Testing

@Suite struct MIMETypeTableTests {
  @Test(arguments: ["mime-types", "generated-mime-types"])
  func parsesAndSerialises(_ table: String) throws {
    let rows = try WebPlatformTable.rows(table)
    #expect(rows.count > 20)
    for row in rows {
      let input = try #require(row.string("input"))
      #expect(
        MIMEType(input)?.serialized == row.string("output"), "\(row.escaped("input"))")
    }
  }

  @Test func extractsTheTypeOfSeveralFields() throws {
    let rows = try WebPlatformTable.rows("content-types")
    #expect(rows.count > 5)
    for row in rows {
      let values = row["contentType"] as? [String] ?? row.string("contentType").map { [$0] } ?? []
      let joined = values.joined(separator: ", ")
      #expect(
        MIMEType.extract(fromContentType: joined)?.serialized == row.string("mimeType"),
        "\(joined)")
    }
  }

  @Test func dataURLs() throws {
    let rows = try WebPlatformTable.tuples("data-urls")
    #expect(rows.count > 50)
    for row in rows {
      let input = try #require(row[0] as? String)
      let data = WebURL(input).flatMap { DataURL($0) }
      #expect(data?.type.serialized == row[1] as? String, "\(input)")
      if row.count > 2 { #expect(data?.body == row[2] as? [UInt8], "\(input)") }
    }
  }

  @Test func base64() throws {
    for row in try WebPlatformTable.tuples("base64") {
      let input = try #require(row[0] as? String)
      #expect(forgivingBase64Decode(Array(input.utf8)) == row[1] as? [UInt8], "\(input)")
    }
  }

  @Test func decodesAndSplits() {
    #expect(decodeAndSplit("a, \"b,c\" d ,,e") == ["a", "\"b,c\" d", "", "e"])
    #expect(decodeAndSplit("\"open, end") == ["\"open, end"])
    #expect(decodeAndSplit("") == [""])
  }
}
