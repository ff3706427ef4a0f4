import NIOCore
import Testing

@testable import Proxy

/// Who may open a connection, who waits, and who is next.
@Suite struct ConnectionQuotaTests {
  typealias Quota = ConnectionQuota<String>

  static func quota(
    perOrigin: Int = 2, total: Int = 3, waiting: Int = 3
  ) -> Quota {
    Quota(
      limits: Quota.Limits(
        perOrigin: perOrigin, total: total, waiting: waiting, waitTime: .seconds(15)))
  }

  static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test func oneOriginHasItsBound() {
    var quota = Self.quota()
    #expect(quota.requested("a", at: Self.start) == .open)
    #expect(quota.requested("a", at: Self.start) == .open)
    #expect(quota.requested("a", at: Self.start) == .wait(1))
    #expect(quota.requested("b", at: Self.start) == .open, "another origin is not affected")
    #expect(quota.total == 3)
    #expect(quota.released("a") == 1, "whoever waited opens the next")
    #expect(quota.total == 3)
    #expect(quota.released("a") == nil)
    #expect(quota.total == 2)
  }

  @Test func allTogetherHaveABound() {
    var quota = Self.quota()
    for key in ["a", "b", "c"] { #expect(quota.requested(key, at: Self.start) == .open) }
    #expect(quota.requested("d", at: Self.start) == .wait(1))
    #expect(quota.wantsRoom, "closing any unused connection would help")
    #expect(quota.released("b") == 1)
    #expect(!quota.wantsRoom)
    #expect(quota.isFull)
  }

  @Test func theFirstThatMayGoesFirst() {
    var quota = Self.quota(perOrigin: 1, total: 2)
    #expect(quota.requested("a", at: Self.start) == .open)
    #expect(quota.requested("b", at: Self.start) == .open)
    #expect(quota.requested("a", at: Self.start) == .wait(1))
    #expect(quota.requested("c", at: Self.start) == .wait(2))
    #expect(quota.requested("a", at: Self.start) == .wait(3))
    #expect(quota.released("b") == 2, "1 waits for its own origin still")
    #expect(quota.released("a") == 1)
    #expect(quota.released("a") == 3)
    #expect(!quota.hasWaiting)
  }

  @Test func anUnusedConnectionGoesToWhoWaitsLongest() {
    var quota = Self.quota(perOrigin: 1, total: 9)
    for key in ["a", "b"] { #expect(quota.requested(key, at: Self.start) == .open) }
    #expect(quota.requested("a", at: Self.start) == .wait(1))
    #expect(quota.requested("a", at: Self.start) == .wait(2))
    #expect(quota.becameIdle("b") == nil, "nobody waits for that origin")
    #expect(!quota.wantsRoom, "room alone would help nobody")
    #expect(quota.becameIdle("a") == 1)
    #expect(quota.becameIdle("a") == 2)
    #expect(quota.becameIdle("a") == nil)
    #expect(quota.total == 2)
  }

  @Test func theQueueIsBounded() {
    var quota = Self.quota(perOrigin: 1, total: 1, waiting: 2)
    #expect(quota.requested("a", at: Self.start) == .open)
    #expect(quota.requested("a", at: Self.start) == .wait(1))
    #expect(quota.requested("b", at: Self.start) == .wait(2))
    #expect(quota.requested("a", at: Self.start) == .refused)
    quota.cancelled(1)
    #expect(quota.requested("a", at: Self.start) == .wait(3))
    #expect(quota.released("a") == 2, "1 has left")
    quota.cancelled(99)
    #expect(quota.released("b") == 3)
  }

  @Test func waitingHasAnEnd() {
    var quota = Self.quota(perOrigin: 1, total: 1)
    #expect(quota.requested("a", at: Self.start) == .open)
    #expect(quota.requested("a", at: Self.start) == .wait(1))
    #expect(quota.requested("a", at: Self.start + .seconds(1)) == .wait(2))
    #expect(quota.timePassed(Self.start + .seconds(14)) == [])
    #expect(quota.timePassed(Self.start + .seconds(15)) == [1])
    #expect(quota.timePassed(Self.start + .seconds(99)) == [2])
    #expect(quota.released("a") == nil)
    #expect(quota.total == 0)
    #expect(quota.requested("a", at: Self.start) == .open)
  }

  @Test func whatWasNotCountedIsNotReleased() {
    var quota = Self.quota()
    #expect(quota.released("a") == nil)
    #expect(quota.total == 0)
    #expect(!quota.isFull("a"))
  }
}
