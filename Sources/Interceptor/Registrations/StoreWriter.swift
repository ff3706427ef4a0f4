import Synchronization

/// Keeps a ``RegistrationStore`` up to date: one write at a time, and each of what is true when it
/// begins.
final class StoreWriter: Sendable {
  private struct State {
    /// What has to be written, in that order; `nil` where the registration is gone.
    var pending: [(name: String, registration: ServiceWorkerRegistration?)] = []
    var isWriting = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  let store: any RegistrationStore
  private let state = Mutex(State())

  init(_ store: any RegistrationStore) { self.store = store }

  /// The registration has changed.
  func changed(_ registration: ServiceWorkerRegistration) {
    self.note(registration.pluginName, registration)
  }

  /// The registration of that name is gone.
  func removed(name: String) { self.note(name, nil) }

  private func note(_ name: String, _ registration: ServiceWorkerRegistration?) {
    let starts = self.state.withLock { state in
      state.pending.removeAll { $0.name == name }
      state.pending.append((name, registration))
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if starts { Task { await self.write() } }
  }

  private func write() async {
    while let (name, registration) = self.next() {
      if let registration {
        if let stored = registration.stored { await self.store.save(stored) }
      } else {
        await self.store.remove(name: name)
      }
    }
  }

  private func next() -> (name: String, registration: ServiceWorkerRegistration?)? {
    let (next, waiters) = self.state.withLock { state in
      guard state.pending.isEmpty else {
        return (
          Optional(state.pending.removeFirst()), [CheckedContinuation<Void, Never>]()
        )
      }
      state.isWriting = false
      defer { state.waiters = [] }
      return (nil, state.waiters)
    }
    for waiter in waiters { waiter.resume() }
    return next
  }

  /// Returns when all that was noted has been written.
  func flush() async {
    await withCheckedContinuation { continuation in
      let isIdle = self.state.withLock { state in
        if state.isWriting { state.waiters.append(continuation) }
        return !state.isWriting
      }
      if isIdle { continuation.resume() }
    }
  }
}
