import NIOCore

/// The time by which a supervisor lives.
struct SupervisorClock: Sendable {
  /// How often it looks whether a limit has been passed.
  var tick = TimeAmount.seconds(1)
  /// A look that comes this long after the one before comes late.
  var late = TimeAmount.seconds(3)
  /// What time it is.
  var now: @Sendable () -> NIODeadline = { .now() }

  /// How much of the time between two looks the host itself did not run: stopped, asleep, or short of
  /// processors. No worker is blamed for it.
  func stall(since last: NIODeadline, now: NIODeadline) -> TimeAmount {
    let passed = now - last
    return passed > self.late ? passed - self.tick : .zero
  }
}
