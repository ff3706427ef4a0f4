import Testing

@testable import Proxy

@Suite struct ConnectionCounterTests {
  @Test func boundsAClientAndAll() {
    let counter = ConnectionCounter(total: 3, perClient: 2)
    #expect(counter.enter("a"))
    #expect(counter.enter("a"))
    #expect(!counter.enter("a"))
    #expect(counter.enter("b"))
    #expect(!counter.enter("c"))
    #expect(counter.count == 3)
    counter.leave("a")
    #expect(counter.enter("c"))
    #expect(!counter.enter("a"))
  }
}
