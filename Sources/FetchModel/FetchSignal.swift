import Synchronization

/// Says once that whoever asked has left: the native half of an `AbortSignal`.
///
/// Safe to use from any thread. A handler runs at most once, on the thread that aborts, or at once
/// where the signal was aborted before.
public final class FetchSignal: Sendable {
  private struct State {
    var isAborted = false
    var handlers: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  public init() {}

  public var isAborted: Bool { self.state.withLock { $0.isAborted } }

  /// Aborts; a second call does nothing.
  public func abort() {
    let handlers = self.state.withLock { state -> [@Sendable () -> Void] in
      guard !state.isAborted else { return [] }
      state.isAborted = true
      defer { state.handlers = [] }
      return state.handlers
    }
    for handler in handlers { handler() }
  }

  /// Asks to be told of the abort.
  public func onAbort(_ handler: @escaping @Sendable () -> Void) {
    let runNow = self.state.withLock { state -> Bool in
      if !state.isAborted { state.handlers.append(handler) }
      return state.isAborted
    }
    if runNow { handler() }
  }

  /// Forgets the handlers: the exchange is over and nobody is left to tell.
  public func disarm() { self.state.withLock { $0.handlers = [] } }
}
