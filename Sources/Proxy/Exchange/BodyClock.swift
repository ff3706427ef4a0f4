import NIOCore

/// Holds a client to a least rate for a request's body, so that one that drips bytes cannot keep a
/// connection and its upstream for ever.
///
/// A body starts with some time of grace; every byte earns more. Time in which the proxy itself
/// does not read, because the other side is slower, does not count.
struct BodyClock {
  private let grace: TimeAmount
  /// Bytes for each second; 0 for no limit.
  private let rate: Int
  private var deadline = NIODeadline.distantFuture

  /// A clock that never runs out.
  static let stopped = BodyClock(grace: .zero, rate: 0)

  init(grace: TimeAmount, rate: Int) {
    self.grace = grace
    self.rate = rate
  }

  /// The body begins, or is read on after a pause.
  mutating func resumed(now: NIODeadline) {
    guard self.rate > 0 else { return }
    if self.deadline == .distantFuture || self.deadline < now + self.grace {
      self.deadline = now + self.grace
    }
  }

  /// Nobody reads for now.
  mutating func paused() { self.deadline = .distantFuture }

  mutating func received(_ bytes: Int) {
    guard self.rate > 0, self.deadline != .distantFuture else { return }
    let earned = Int64(bytes).multipliedReportingOverflow(by: 1_000_000_000)
    guard !earned.overflow else { return self.paused() }
    self.deadline = self.deadline + .nanoseconds(earned.partialValue / Int64(self.rate))
  }

  func hasRunOut(now: NIODeadline) -> Bool { now > self.deadline }
}
