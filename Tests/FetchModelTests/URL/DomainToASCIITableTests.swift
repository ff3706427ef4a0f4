import CICU
import FetchModel
import Testing

@Suite struct DomainToASCIITableTests {
  @Test(arguments: [("toascii", 87), ("IdnaTestV2", 2671)])
  func convertsAsTheTableSays(table: String, count: Int) throws {
    let rows = try WebPlatformTable.rows(table)
    #expect(rows.count == count)
    for row in rows {
      let input = try #require(row.string("input"))
      let url = WebURL("https://\(input)/x")
      let passes = url?.host == row.string("output")
      #expect(passes, "\(row.escaped("input")) is \(url?.host ?? "a failure"), not \(row.escaped("output"))")
    }
  }
}
