import FetchModel
import Synchronization

/// What to do with a request when the worker that should have answered it could not: it did not
/// start, died, hung, or ran out of memory.
public enum FailurePolicy: String, Sendable {
  /// A network error, as the specification says. The default.
  case networkError = "error"
  /// The request goes to the network, as long as its body is still whole; else a network error.
  case failOpen = "fail-open"
}

/// A registration and its only worker: one plugin with its scopes.
final class ServiceWorkerRegistration: Claim, Sendable {
  let pluginName: String
  let scriptURL: String
  /// Serialised URLs.
  let scopes: [String]
  let worker: any PluginWorker
  let failurePolicy: FailurePolicy

  struct State {
    var lifecycle = ServiceWorkerLifecycle()
    /// The *set of event types to handle*, recorded when the script was first evaluated.
    var eventTypes: Set<String> = []
    /// Fetch events that came while the worker was activating.
    var waiting: [@Sendable (ServiceWorkerState) -> Void] = []
  }

  let state = Mutex(State())

  init(
    pluginName: String, scriptURL: String, scopes: [String], worker: any PluginWorker,
    failurePolicy: FailurePolicy
  ) {
    self.pluginName = pluginName
    self.scriptURL = scriptURL
    self.scopes = scopes
    self.worker = worker
    self.failurePolicy = failurePolicy
  }

  /// Takes a step of the lifecycle.
  ///
  /// - Throws: ``PluginError`` where it is refused: the plugin was unregistered meanwhile.
  func advance(_ step: (inout ServiceWorkerLifecycle) -> Bool) throws(PluginError) {
    let allowed = self.state.withLock { step(&$0.lifecycle) }
    guard allowed else {
      throw PluginError(
        name: "AbortError", message: "The plugin \(self.pluginName) was unregistered meanwhile.")
    }
    self.releaseWaiting()
  }

  /// The worker becomes redundant and ends; events that wait for it are told.
  func becomeRedundant() {
    self.state.withLock { $0.lifecycle.becameRedundant() }
    self.releaseWaiting()
    self.worker.terminate()
  }

  /// Lets the events go on that waited for the end of `activating`.
  private func releaseWaiting() {
    let (state, waiting) = self.state.withLock { state in
      guard state.lifecycle.state != .activating else {
        return (ServiceWorkerState.activating, [@Sendable (ServiceWorkerState) -> Void]())
      }
      defer { state.waiting = [] }
      return (state.lifecycle.state, state.waiting)
    }
    for resume in waiting { resume(state) }
  }
}

extension ServiceWorkerRegistration: PluginWorkerDelegate {
  /// *skipWaiting()*: sets the flag. *Try Activate*, which would follow, has nothing to do: a worker
  /// that is installed is activated at once here, because no older one holds clients back.
  func pluginWorkerSkipsWaiting(_ worker: any PluginWorker) async {
    self.state.withLock { $0.lifecycle.skipWaitingCalled() }
  }

  /// *clients.claim()*: every request to a claimed URL reaches the active worker already, whichever
  /// client makes it, so only the error is left of the algorithm.
  func pluginWorkerClaimsClients(_ worker: any PluginWorker) async throws(PluginError) {
    guard self.state.withLock({ $0.lifecycle.isActive }) else {
      throw PluginError(
        name: "InvalidStateError", message: "Only the active worker can claim clients.")
    }
  }
}
