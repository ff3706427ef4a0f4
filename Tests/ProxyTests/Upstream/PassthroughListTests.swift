import Testing

@testable import Proxy

@Suite struct PassthroughListTests {
  static func list(_ texts: String...) -> PassthroughList {
    PassthroughList(texts.compactMap { PassthroughList.Pattern($0) })
  }

  @Test func aHostIsThatHostOnly() {
    let list = Self.list("Bank.Example")
    #expect(list.contains("bank.example", port: 443))
    #expect(list.contains("bank.example", port: 8443))
    #expect(list.contains("bank.example.", port: 443))
    #expect(!list.contains("www.bank.example", port: 443))
    #expect(!list.contains("notbank.example", port: 443))
    #expect(!list.contains("bank.example.org", port: 443))
  }

  @Test func anAsteriskIsEverythingBelow() {
    let list = Self.list("*.bank.example")
    #expect(list.contains("www.bank.example", port: 443))
    #expect(list.contains("a.b.bank.example", port: 443))
    #expect(list.contains("a.bank.example.", port: 443))
    #expect(!list.contains("bank.example", port: 443))
    #expect(!list.contains(".bank.example", port: 443))
    #expect(!list.contains("evilbank.example", port: 443))
  }

  @Test func aPortIsThatPortOnly() {
    let list = Self.list("a.example:8443", "*.b.example:993", "[::1]:443", "192.0.2.1")
    #expect(list.contains("a.example", port: 8443))
    #expect(!list.contains("a.example", port: 443))
    #expect(list.contains("x.b.example", port: 993))
    #expect(!list.contains("x.b.example", port: 443))
    #expect(list.contains("::1", port: 443))
    #expect(list.contains("192.0.2.1", port: 1))
  }

  @Test(arguments: [
    "", "*", "*.", ".", "a b", "http://a.example/", "a.example:0", "a.example:99999", "a.example:",
    "*.*.example", "a.*.example", "*.[::1]", "::1", "a.example/path", "user@a.example",
    "*..example",
  ])
  func whatIsNoPattern(text: String) {
    #expect(PassthroughList.Pattern(text) == nil)
  }

  @Test func nothingIsOnAnEmptyList() {
    #expect(!PassthroughList().contains("a.example", port: 443))
  }
}
