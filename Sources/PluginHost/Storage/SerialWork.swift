import NIOCore
import NIOPosix
import Synchronization

/// Blocking work that is done off the event loops, one piece after the other in the order in which
/// it was handed in.
final class SerialWork: Sendable {
  private struct State {
    var pieces = CircularBuffer<@Sendable () -> Void>()
    var isRunning = false
  }

  private let state = Mutex(State())

  /// Does work that blocks at the same time as other such work.
  static func runNow(_ work: @escaping @Sendable () -> Void) {
    NIOThreadPool.singleton.submit { _ in work() }
  }

  func add(_ piece: @escaping @Sendable () -> Void) {
    let starts = self.state.withLock { state in
      state.pieces.append(piece)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if starts { self.runNext() }
  }

  private func runNext() {
    // One piece a turn, so that others who use the threads have theirs.
    Self.runNow {
      guard let piece = self.state.withLock({ $0.pieces.popFirst() }) else { return }
      piece()
      let goesOn = self.state.withLock { state in
        state.isRunning = !state.pieces.isEmpty
        return state.isRunning
      }
      if goesOn { self.runNext() }
    }
  }
}
