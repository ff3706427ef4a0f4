#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The time since a worker started, by a clock that never goes back.
struct WorkerClock {
  private let start = WorkerClock.read(CLOCK_MONOTONIC)
  /// When the worker started, in milliseconds since 1970
  /// ([HR-Time §4](https://w3c.github.io/hr-time/#sec-time-origin)).
  let timeOrigin = Double(WorkerClock.read(CLOCK_REALTIME) / 1_000) / 1_000

  func nanoseconds() -> UInt64 { Self.read(CLOCK_MONOTONIC) &- self.start }

  /// Milliseconds, no finer than 5 µs as in browsers.
  func milliseconds() -> Double { Double(self.nanoseconds() / 5_000) / 200 }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
