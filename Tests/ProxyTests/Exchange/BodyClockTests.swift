import NIOCore
import Testing

@testable import Proxy

@Suite struct BodyClockTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  @Test func graceThenTheRate() {
    var clock = BodyClock(grace: .seconds(60), rate: 100)
    clock.resumed(now: start)
    #expect(!clock.hasRunOut(now: start + .seconds(60)))
    #expect(clock.hasRunOut(now: start + .seconds(61)))
    clock.received(1_000)
    #expect(!clock.hasRunOut(now: start + .seconds(70)))
    #expect(clock.hasRunOut(now: start + .seconds(71)))
  }

  @Test func waitingForTheOtherSideDoesNotCount() {
    var clock = BodyClock(grace: .seconds(60), rate: 100)
    clock.resumed(now: start)
    clock.paused()
    #expect(!clock.hasRunOut(now: start + .hours(1)))
    clock.resumed(now: start + .hours(1))
    #expect(!clock.hasRunOut(now: start + .hours(1) + .seconds(60)))
    #expect(clock.hasRunOut(now: start + .hours(1) + .seconds(61)))
  }

  @Test func resumingDoesNotTakeAwayWhatWasEarned() {
    var clock = BodyClock(grace: .seconds(60), rate: 100)
    clock.resumed(now: start)
    clock.received(100_000)
    clock.resumed(now: start + .seconds(1))
    #expect(!clock.hasRunOut(now: start + .seconds(1_060)))
  }

  @Test func noRateNoLimit() {
    var clock = BodyClock(grace: .seconds(60), rate: 0)
    clock.resumed(now: start)
    clock.received(1)
    #expect(!clock.hasRunOut(now: start + .hours(24)))
    #expect(!BodyClock.stopped.hasRunOut(now: start + .hours(24)))
  }

  @Test func enormousBodiesDoNotOverflow() {
    var clock = BodyClock(grace: .seconds(60), rate: 1)
    clock.resumed(now: start)
    for _ in 0..<100 { clock.received(Int.max) }
    #expect(!clock.hasRunOut(now: start + .hours(24)))
  }
}
