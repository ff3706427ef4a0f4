import NIOCore

/// How long to wait before a worker that crashed is started again: nothing after the first crash,
/// then doubling times up to a bound. A worker that ran for long begins anew.
struct BackOff: Sendable {
  /// The wait after the second crash in a row.
  var initial = TimeAmount.milliseconds(200)
  /// The longest wait.
  var maximum = TimeAmount.seconds(10)
  /// After running this long, a crash counts as the first one.
  var resetAfter = TimeAmount.seconds(60)

  private(set) var crashes = 0

  /// - Parameter ranFor: the time between the start and the crash.
  /// - Returns: the wait before the next start.
  mutating func crashed(ranFor: TimeAmount) -> TimeAmount {
    if ranFor >= self.resetAfter { self.crashes = 0 }
    self.crashes += 1
    guard self.crashes > 1 else { return .zero }
    let doublings = min(self.crashes - 2, 20)
    let wait = self.initial.nanoseconds.multipliedReportingOverflow(by: 1 << doublings)
    return wait.overflow ? self.maximum : min(.nanoseconds(wait.partialValue), self.maximum)
  }
}
