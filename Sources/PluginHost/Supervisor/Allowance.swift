import NIOCore

/// What a worker may cost the host in a time: a bucket of units that fills steadily. It knows no
/// clock, and asks for the time only when the bucket is empty.
struct Allowance: Sendable {
  /// As much as is there at the beginning, and the most that is saved up.
  let burst: Int
  let perSecond: Int
  private var left: Int
  private var filledAt: NIODeadline

  init(burst: Int, perSecond: Int, now: NIODeadline) {
    self.burst = burst
    self.perSecond = max(1, perSecond)
    self.left = burst
    self.filledAt = now
  }

  /// Takes what something has cost already; the bucket may be in debt afterwards.
  ///
  /// - Returns: how long to wait until it is not; `nil` for not at all.
  mutating func spend(_ cost: Int, now: () -> NIODeadline) -> TimeAmount? {
    self.left -= min(cost, self.burst)
    guard self.left < 0 else { return nil }
    self.fill(now())
    guard self.left < 0 else { return nil }
    let nanoseconds = Double(-self.left) / Double(self.perSecond) * 1e9
    return .nanoseconds(max(1_000_000, Int64(nanoseconds)))
  }

  /// Takes what something will cost, where that is there. Returns whether it is.
  mutating func take(_ cost: Int, now: () -> NIODeadline) -> Bool {
    let cost = min(cost, self.burst)
    if self.left < cost { self.fill(now()) }
    guard self.left >= cost else { return false }
    self.left -= cost
    return true
  }

  private mutating func fill(_ now: NIODeadline) {
    guard now > self.filledAt else { return }
    let nanoseconds = (now - self.filledAt).nanoseconds
    let units = Double(nanoseconds) / 1e9 * Double(self.perSecond)
    // Less than a unit: it stays in the time.
    guard units >= 1 else { return }
    self.left = units >= Double(self.burst) ? self.burst : min(self.burst, self.left + Int(units))
    self.filledAt = now
  }
}
