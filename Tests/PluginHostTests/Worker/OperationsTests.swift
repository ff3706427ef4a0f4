import Foundation
import Synchronization
import Testing

@testable import PluginHost

@Suite struct OperationsTests {
  /// A loop that waits for a wake-up, as the worker's does.
  private final class Waiter: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func wake() { self.semaphore.signal() }
    func wait() -> Bool { self.semaphore.wait(timeout: .now() + 30) == .success }
  }

  @Test func everyOperationFinishesOnce() {
    let waiter = Waiter()
    let operations = Operations<Int>(threads: 2, limit: 1_000) { waiter.wake() }
    var expected: [UInt32: Int] = [:]
    for index in 0..<500 {
      let number = operations.start(isShort: index % 3 == 0) { index * 2 }
      guard let number else {
        Issue.record("no number")
        return
      }
      #expect(expected.updateValue(index * 2, forKey: number) == nil)
    }
    while !expected.isEmpty {
      guard waiter.wait() else {
        Issue.record("nothing came of \(expected.count) operations")
        return
      }
      for (number, result) in operations.takeFinished() {
        #expect(expected.removeValue(forKey: number) == result)
      }
    }
    #expect(operations.takeFinished().isEmpty)
  }

  @Test func moreThanTheLimitIsRefusedUntilResultsAreTaken() {
    let operations = Operations<Int>(threads: 1, limit: 2) {}
    #expect(operations.start(isShort: true) { 1 } != nil)
    #expect(operations.start(isShort: true) { 2 } != nil)
    #expect(operations.start(isShort: true) { 3 } == nil)
    #expect(operations.takeFinished().map { $0.result } == [1, 2])
    #expect(operations.start(isShort: true) { 4 } != nil)
  }

  @Test func longWorkLeavesTheCallersThread() {
    let waiter = Waiter()
    let caller = ObjectIdentifier(Thread.current)
    let operations = Operations<Bool>(threads: 2, limit: 8) { waiter.wake() }
    #expect(operations.start { ObjectIdentifier(Thread.current) == caller } != nil)
    #expect(waiter.wait())
    #expect(operations.takeFinished().map { $0.result } == [false])
  }

  @Test func whatHasNotBegunEndsWithItsOwner() {
    let gate = DispatchSemaphore(value: 0)
    let began = DispatchSemaphore(value: 0)
    let ran = Atomic(0)
    let dropped = DropCounter()
    do {
      let operations = Operations<Int>(threads: 1, limit: 8) {}
      _ = operations.start {
        began.signal()
        gate.wait()
        return 0
      }
      #expect(began.wait(timeout: .now() + 30) == .success)
      let guardian = DropCounter.Item(dropped)
      _ = operations.start { [guardian] in
        _ = guardian
        return ran.add(1, ordering: .relaxed).newValue
      }
    }
    gate.signal()
    #expect(dropped.wait())
    #expect(ran.load(ordering: .relaxed) == 0)
  }

  private final class DropCounter: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func wait() -> Bool { self.semaphore.wait(timeout: .now() + 30) == .success }

    final class Item: Sendable {
      private let counter: DropCounter
      init(_ counter: DropCounter) { self.counter = counter }
      deinit { self.counter.semaphore.signal() }
    }
  }
}
