import FetchModel
import Testing

@Suite struct HeaderListTests {
  @Test func keepsOrderCaseAndDuplicates() {
    let list = HeaderList([("Set-Cookie", "a=1"), ("X-One", "1"), ("set-cookie", "b=2")])
    #expect(list.count == 3)
    #expect(list.all("SET-COOKIE") == ["a=1", "b=2"])
    #expect(list.name(at: 2) == "set-cookie")
    #expect(list.first("x-one") == "1")
    #expect(list.first("x-two") == nil)
  }

  @Test func setReplacesEveryFieldOfTheName() {
    var list = HeaderList([("A", "1"), ("B", "2"), ("a", "3")])
    list.set("a", to: "4")
    #expect(list.all("A") == ["4"])
    #expect(list.first("B") == "2")
  }

  @Test func valuesAreLatin1() {
    let list = HeaderList([("X", "caf\u{E9}"), ("Y", "\u{20AC}")])
    #expect(list.ranges[0].valueLength == 4)
    #expect(list.first("X") == "caf\u{E9}")
    #expect(list.first("Y") == "?")
  }
}
