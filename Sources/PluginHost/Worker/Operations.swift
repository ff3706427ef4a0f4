import Synchronization

/// The native operations of a worker that have begun and whose result no script has seen.
///
/// Every operation that ``start(isShort:_:)`` has given a number finishes exactly once: its result is
/// in one of the lists that ``takeFinished()`` returns. Those are delivered on the script's thread
/// only, each in a turn of the worker's loop, so that a result never comes while a script runs.
final class Operations<Result: Sendable>: Sendable {
  typealias Work = @Sendable () -> Result

  private let threads: BackgroundThreads
  private let finished = FinishedOperations<Result>()
  private let wake: @Sendable () -> Void
  private let limit: Int
  /// Only the thread of the script uses these.
  private let counters = Mutex((last: UInt32(0), pending: 0))

  /// - Parameters:
  ///   - threads: how many operations may run at a time.
  ///   - limit: how many may be unfinished at a time.
  ///   - wake: lets the worker's loop have a turn; called on any thread.
  init(threads: Int, limit: Int, wake: @escaping @Sendable () -> Void) {
    self.threads = BackgroundThreads(limit: threads)
    self.limit = limit
    self.wake = wake
  }

  /// Begins an operation.
  ///
  /// - Parameters:
  ///   - isShort: whether a thread would cost more than the work: then it is done now.
  ///   - work: is called once, on another thread unless it is short.
  /// - Returns: the operation's number, or `nil` where there are too many or no thread.
  func start(isShort: Bool = false, _ work: @escaping Work) -> UInt32? {
    let number = self.counters.withLock { counters -> UInt32? in
      guard counters.pending < self.limit else { return nil }
      counters.pending += 1
      counters.last &+= 1
      return counters.last
    }
    guard let number else { return nil }
    if isShort {
      if self.finished.add(number, work()) { self.wake() }
      return number
    }
    let isRunning = self.threads.run { [finished, wake] in
      if finished.add(number, work()) { wake() }
    }
    if isRunning { return number }
    self.counters.withLock { $0.pending -= 1 }
    return nil
  }

  /// What has finished since it was last asked.
  func takeFinished() -> [(number: UInt32, result: Result)] {
    let all = self.finished.takeAll()
    if !all.isEmpty { self.counters.withLock { $0.pending -= all.count } }
    return all
  }
}

/// Results on their way to the script's thread.
private final class FinishedOperations<Result: Sendable>: Sendable {
  private let results = Mutex<[(number: UInt32, result: Result)]>([])

  /// Returns whether the list was empty, which is when the loop has to be woken.
  func add(_ number: UInt32, _ result: Result) -> Bool {
    self.results.withLock { results in
      results.append((number, result))
      return results.count == 1
    }
  }

  func takeAll() -> [(number: UInt32, result: Result)] {
    self.results.withLock { results in
      defer { if !results.isEmpty { results = [] } }
      return results
    }
  }
}
