import NIOCore
import Testing

@testable import PluginHost

@Suite struct AllowanceTests {
  private func at(_ milliseconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(0) + .seconds(1_000) + .milliseconds(milliseconds)
  }

  private func at(_ milliseconds: Int64, counting count: inout Int) -> NIODeadline {
    count += 1
    return self.at(milliseconds)
  }

  private func allowance() -> Allowance { Allowance(burst: 100, perSecond: 1_000, now: self.at(0)) }

  @Test func theClockIsAskedOnlyWhereNothingIsLeft() {
    var allowance = self.allowance()
    var asked = 0
    for _ in 0..<100 {
      #expect(allowance.spend(1) { self.at(0, counting: &asked) } == nil)
    }
    #expect(asked == 0)
    #expect(allowance.spend(1) { self.at(0, counting: &asked) } == .milliseconds(1))
    #expect(asked == 1)
  }

  @Test func debtsAreWaitedFor() {
    var allowance = self.allowance()
    #expect(allowance.spend(100) { self.at(0) } == nil)
    #expect(allowance.spend(50) { self.at(0) } == .milliseconds(50))
    #expect(allowance.spend(0) { self.at(20) } == .milliseconds(30))
    #expect(allowance.spend(0) { self.at(50) } == nil)
    // No more is saved up than the burst.
    #expect(allowance.spend(1) { self.at(1_000_000) } == nil)
    #expect(allowance.spend(101) { self.at(1_000_000) } == nil)
    // One thing costs no more than the burst: the wait has a bound.
    #expect(allowance.spend(.max) { self.at(1_000_000) } == .milliseconds(100))
  }

  @Test func whatIsNotThereIsNotTaken() {
    var allowance = self.allowance()
    #expect(allowance.take(60) { self.at(0) })
    #expect(!allowance.take(60) { self.at(0) })
    #expect(allowance.take(40) { self.at(0) })
    #expect(!allowance.take(1) { self.at(0) })
    #expect(allowance.take(1) { self.at(1) })
    #expect(!allowance.take(1) { self.at(1) })
    #expect(allowance.take(.max) { self.at(200) })
  }

  /// A clock that goes back, or asks too often, gives nothing and takes nothing.
  @Test func partsOfUnitsAreNotLost() {
    var allowance = Allowance(burst: 1, perSecond: 10, now: self.at(0))
    #expect(allowance.take(1) { self.at(0) })
    for time in 1..<100 as Range<Int64> { #expect(!allowance.take(1) { self.at(time) }) }
    #expect(allowance.take(1) { self.at(100) })
    #expect(!allowance.take(1) { self.at(0) })
  }
}
