import Synchronization

/// A value that comes later, or an error; whoever waits for it gets it.
final class Promise<Value: Sendable>: Sendable {
  private struct State {
    var result: Result<Value, PluginError>?
    var waiters: [CheckedContinuation<Result<Value, PluginError>, Never>] = []
  }

  private let state = Mutex(State())

  var isSettled: Bool { self.state.withLock { $0.result != nil } }

  /// Gives it its value. Only the first one counts.
  func settle(_ result: Result<Value, PluginError>) {
    let waiters = self.state.withLock { state in
      guard state.result == nil else {
        return [CheckedContinuation<Result<Value, PluginError>, Never>]()
      }
      state.result = result
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: result) }
  }

  /// Waits for it.
  func value() async throws(PluginError) -> Value {
    let result = await withCheckedContinuation { continuation in
      let result = self.state.withLock { state in
        if state.result == nil { state.waiters.append(continuation) }
        return state.result
      }
      if let result { continuation.resume(returning: result) }
    }
    return try result.get()
  }
}
