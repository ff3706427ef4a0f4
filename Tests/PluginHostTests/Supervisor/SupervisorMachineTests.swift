import NIOCore
import Testing

@testable import PluginHost

@Suite struct BackOffTests {
  @Test func waitsDoubleUpToTheBound() {
    var backOff = BackOff(initial: .milliseconds(100), maximum: .seconds(1))
    let waits = (0..<8).map { _ in backOff.crashed(ranFor: .seconds(1)) }
    #expect(waits == [.zero] + [100, 200, 400, 800, 1000, 1000, 1000].map { .milliseconds($0) })
  }

  @Test func longLifeBeginsAnew() {
    var backOff = BackOff()
    for _ in 0..<100 { _ = backOff.crashed(ranFor: .zero) }
    #expect(backOff.crashed(ranFor: .zero) == .seconds(10))
    #expect(backOff.crashed(ranFor: .seconds(60)) == .zero)
    #expect(backOff.crashed(ranFor: .zero) == .milliseconds(200))
  }
}

@Suite struct CreditWindowTests {
  @Test func readerThatKeepsUp() {
    var window = CreditWindow(size: 100)
    #expect(window.opened() == 100)
    #expect(window.received(20, readerKeepsUp: true) == 0)
    #expect(window.received(10, readerKeepsUp: true) == 30)
    #expect(window.outstanding == 100)
  }

  @Test func readerThatDoesNot() {
    var window = CreditWindow(size: 100)
    _ = window.opened()
    #expect(window.received(60, readerKeepsUp: false) == 0)
    #expect(window.received(40, readerKeepsUp: false) == 0)
    #expect(window.received(1, readerKeepsUp: true) == nil)
    #expect(window.readerCaughtUp() == 100)
    #expect(window.readerCaughtUp() == 0)
    #expect(window.outstanding == 100)
  }

  @Test func nothingBeforeTheFirstCredit() {
    var window = CreditWindow(size: 100)
    #expect(window.received(1, readerKeepsUp: true) == nil)
  }
}

@Suite struct WorkerLifeMachineTests {
  private func at(_ seconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(0) + .seconds(1_000 + seconds)
  }

  private func running() -> WorkerLife {
    var life = WorkerLife()
    #expect(life.demanded(now: self.at(0)) == .launch)
    #expect(life.becameReady(now: self.at(0)) == true)
    return life
  }

  private func tick(
    _ life: inout WorkerLife, _ time: Int64, isBusy: Bool = true, bytes: Int? = nil
  ) -> WorkerLife.Order {
    life.ticked(now: self.at(time), isBusy: isBusy) { bytes }
  }

  /// A tick at which the worker reacts, where it is asked.
  private func pass(_ life: inout WorkerLife, _ time: Int64, isBusy: Bool) {
    if case .ping(let number) = self.tick(&life, time, isBusy: isBusy) {
      #expect(life.ponged(number) == true)
    } else {
      #expect(life.isRunning)
    }
  }

  @Test func demandsShareOneStart() {
    var life = WorkerLife()
    #expect(life.demanded(now: self.at(0)) == .launch)
    #expect(life.demanded(now: self.at(0)) == .none)
    #expect(life.becameReady(now: self.at(1)) == true)
    #expect(life.becameReady(now: self.at(1)) == false)
    #expect(life.demanded(now: self.at(1)) == .none)
  }

  @Test func idleStop() {
    var life = self.running()
    self.pass(&life, 1, isBusy: false)
    self.pass(&life, 20, isBusy: true)
    self.pass(&life, 21, isBusy: false)
    self.pass(&life, 50, isBusy: false)
    #expect(self.tick(&life, 51, isBusy: false) == .stop)
    // Demanded while it stops: launched when it has.
    #expect(life.demanded(now: self.at(52)) == .none)
    #expect(life.exited(now: self.at(52), isWanted: true) == .launch)
    #expect(life.restarts == 0)
  }

  @Test func stopThatIsNotObeyed() {
    var life = self.running()
    self.pass(&life, 0, isBusy: false)
    #expect(self.tick(&life, 30, isBusy: false) == .stop)
    #expect(self.tick(&life, 39, isBusy: false) == .none)
    #expect(self.tick(&life, 40, isBusy: false) == .kill(reason: "it did not stop"))
  }

  /// A script that has answered may loop afterwards.
  @Test func hangWhileIdle() {
    var life = self.running()
    #expect(self.tick(&life, 1, isBusy: false) == .ping(1))
    #expect(self.tick(&life, 10, isBusy: false) == .none)
    #expect(
      self.tick(&life, 11, isBusy: false) == .kill(reason: "it did not react for 10 s"))
  }

  @Test(arguments: [true, false]) func memoryWhateverItDoes(isStopping: Bool) {
    var life = self.running()
    self.pass(&life, 0, isBusy: false)
    if isStopping { #expect(self.tick(&life, 30, isBusy: false) == .stop) }
    #expect(
      self.tick(&life, 31, isBusy: false, bytes: 600 << 20)
        == .kill(reason: "it used 600 MiB, more than 512 MiB of memory"))
    #expect(!life.diedByItself)
  }

  /// While a ping is open the memory is watched as well: what does not react may still grow.
  @Test func memoryWhileItHangs() {
    var life = self.running()
    #expect(self.tick(&life, 1, bytes: 1 << 20) == .ping(1))
    #expect(
      self.tick(&life, 2, bytes: 600 << 20)
        == .kill(reason: "it used 600 MiB, more than 512 MiB of memory"))
  }

  @Test func pingsWhileBusy() {
    var life = self.running()
    #expect(self.tick(&life, 1) == .ping(1))
    #expect(self.tick(&life, 5) == .none)
    #expect(life.ponged(1) == true)
    #expect(life.ponged(1) == false)
    #expect(self.tick(&life, 6) == .ping(2))
    #expect(life.ponged(1) == false)
    #expect(self.tick(&life, 15) == .none)
    #expect(self.tick(&life, 16) == .kill(reason: "it did not react for 10 s"))
    #expect(self.tick(&life, 60) == .none)
    #expect(!life.diedByItself)
  }

  /// Stopped or asleep, the host has read nothing, and looks only once before it does.
  @Test func aStallOfTheHostIsNobodysFault() {
    var life = self.running()
    #expect(self.tick(&life, 1) == .ping(1))
    let clock = SupervisorClock()
    #expect(clock.stall(since: self.at(2), now: self.at(5)) == .zero)
    life.hostStalled(for: clock.stall(since: self.at(2), now: self.at(102)))
    #expect(self.tick(&life, 102) == .none)
    #expect(self.tick(&life, 109) == .none)
    #expect(self.tick(&life, 110) == .kill(reason: "it did not react for 10 s"))
  }

  @Test func hangWhileTheScriptIsEvaluated() {
    var life = WorkerLife()
    #expect(life.demanded(now: self.at(0)) == .launch)
    #expect(self.tick(&life, 1, isBusy: false) == .ping(1))
    #expect(self.tick(&life, 11, isBusy: false) == .kill(reason: "it did not react for 10 s"))
  }

  @Test func memory() {
    var life = self.running()
    #expect(self.tick(&life, 1, bytes: 512 << 20) == .ping(1))
    #expect(life.ponged(1) == true)
    #expect(
      self.tick(&life, 4, bytes: 513 << 20)
        == .kill(reason: "it used 513 MiB, more than 512 MiB of memory"))
  }

  @Test func crashesBackOff() {
    var life = self.running()
    #expect(life.diedByItself)
    #expect(life.exited(now: self.at(1), isWanted: true) == .launchAfter(.zero))
    #expect(life.demanded(now: self.at(1)) == .none)
    #expect(life.backOffEnded(now: self.at(1)) == .launch)
    #expect(life.exited(now: self.at(2), isWanted: true) == .launchAfter(.milliseconds(200)))
    // Nobody wants it any more: the next demand starts it.
    life.abandonedBackOff()
    #expect(life.backOffEnded(now: self.at(3)) == .none)
    #expect(life.demanded(now: self.at(9)) == .launch)
    #expect(life.restarts == 2)
  }

  @Test func lostConnection() {
    var life = self.running()
    #expect(life.lostConnection() == .kill(reason: "it closed its socket"))
    #expect(life.diedByItself)
    #expect(life.lostConnection() == .none)
    #expect(life.condemned("x") == .none)
    #expect(life.exited(now: self.at(1), isWanted: false) == .launchAfter(.zero))
  }

  @Test func terminatedIsForGood() {
    var life = self.running()
    life.terminated()
    #expect(life.exited(now: self.at(1), isWanted: true) == .none)
    #expect(life.demanded(now: self.at(1)) == .none)
    #expect(life.becameReady(now: self.at(1)) == false)
    #expect(self.tick(&life, 99) == .none)
    #expect(life.condemned("x") == .none)
  }
}
