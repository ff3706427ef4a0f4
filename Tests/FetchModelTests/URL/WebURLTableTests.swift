import FetchModel
import Testing

/// Each row of the tables is tested; a row that fails is named.
@Suite struct WebURLTableTests {
  @Test(arguments: [("urltestdata", 871), ("urltestdata-javascript-only", 1)])
  func parsesAsTheTableSays(table: String, count: Int) throws {
    let rows = try WebPlatformTable.rows(table)
    #expect(rows.count == count)
    for row in rows {
      let failures = self.failures(of: row)
      #expect(failures.isEmpty, "\(row.escaped("input")) base \(row.escaped("base"))")
    }
  }

  private func failures(of row: WebPlatformTable.Row) -> [String] {
    guard let input = row.string("input") else { return ["no input"] }
    var base: WebURL?
    if let text = row.string("base") {
      base = WebURL(text)
      if base == nil { return row["failure"] == nil ? ["base"] : [] }
    }
    let url = WebURL(input, base: base)
    if row["failure"] != nil { return url.map { [$0.href] } ?? [] }
    guard let url else { return ["failure"] }
    var failures: [String] = []
    for attribute in WebURL.Attribute.allCases
    where row.string(attribute.rawValue) != url.get(attribute) {
      failures.append("\(attribute): \(url.get(attribute))")
    }
    if let origin = row.string("origin"), origin != url.origin {
      failures.append("origin: \(url.origin)")
    }
    if let text = row.string("searchParams") {
      let serialized = FormURLEncoded.serialize(FormURLEncoded.parse(url.query ?? ""))
      if serialized != text { failures.append("searchParams: \(serialized)") }
    }
    // The serialisation is the URL: parsing it again changes nothing.
    if WebURL(url.href) != url { failures.append("does not parse again") }
    return failures
  }

  @Test func setsAsTheTableSays() throws {
    let tables = try WebPlatformTable.object("setters_tests")
    var count = 0
    for (name, rows) in tables {
      let attribute = try #require(WebURL.Attribute(rawValue: name))
      for row in rows {
        count += 1
        let value = try #require(row.string("new_value"))
        let href = try #require(row.string("href"))
        var url = try #require(WebURL(href))
        url.set(attribute, to: value)
        let expected = try #require(row["expected"] as? [String: String])
        for (name, text) in expected {
          let attribute = try #require(WebURL.Attribute(rawValue: name))
          #expect(url.get(attribute) == text, "\(href): \(attribute) = \(row.escaped("new_value"))")
        }
        #expect(WebURL(url.href) == url)
      }
    }
    #expect(count == 274)
  }

  @Test func percentEncodesAsTheTableSays() throws {
    let rows = try WebPlatformTable.rows("percent-encoding")
    #expect(rows.count == 6)
    for row in rows {
      let outputs = try #require(row["output"] as? [String: String])
      let expected = try #require(outputs["utf-8"])
      let input = try #require(row.string("input"))
      let url = try #require(WebURL("https://test.invalid/?\(input)#\(input)"))
      #expect(url.query == expected, "\(row.escaped("input"))")
    }
  }
}
