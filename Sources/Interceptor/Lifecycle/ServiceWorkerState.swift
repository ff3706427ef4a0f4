/// The state of a service worker
/// ([Service Workers §2.1](https://w3c.github.io/ServiceWorker/#dfn-state)).
public enum ServiceWorkerState: String, Sendable {
  case parsed
  case installing
  /// Installed and waiting to become the active worker.
  case installed
  case activating
  case activated
  /// Replaced, unregistered, or failed to install.
  case redundant
}

/// The life of one service worker: *Run Service Worker → Install → Activate*, as facts in and
/// permissions out.
///
/// Each method says whether the step may be taken from the present state; a step that comes too
/// late (the plugin was unregistered meanwhile) is refused and changes nothing.
struct ServiceWorkerLifecycle: Sendable {
  private(set) var state = ServiceWorkerState.parsed
  /// The *skip waiting flag*.
  private(set) var skipsWaiting = false

  /// *Install*, from its first step to the `install` event.
  mutating func installBegan() -> Bool { self.advance(from: .parsed, to: .installing) }

  /// All promises that extended the `install` event were fulfilled.
  mutating func installSucceeded() -> Bool { self.advance(from: .installing, to: .installed) }

  /// *Activate*: the worker becomes the active one. There is no older active worker and no client
  /// is bound to one, so *Try Activate* does not have to wait.
  mutating func activateBegan() -> Bool { self.advance(from: .installed, to: .activating) }

  /// The `activate` event is over. Its failures do not keep the worker from becoming activated.
  mutating func activateEnded() -> Bool { self.advance(from: .activating, to: .activated) }

  /// `self.skipWaiting()`.
  mutating func skipWaitingCalled() { self.skipsWaiting = true }

  /// The installation failed, or the plugin was unregistered.
  mutating func becameRedundant() { self.state = .redundant }

  /// Whether this is the active worker, the only one that may call `clients.claim()`.
  var isActive: Bool { self.state == .activating || self.state == .activated }

  private mutating func advance(from: ServiceWorkerState, to: ServiceWorkerState) -> Bool {
    guard self.state == from else { return false }
    self.state = to
    return true
  }
}
