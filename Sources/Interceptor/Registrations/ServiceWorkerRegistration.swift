import FetchModel
import Synchronization

/// A registration: one plugin with its scopes, and the workers that are the versions of its script.
final class ServiceWorkerRegistration: Claim, Sendable {
  /// What was registered, the scopes serialised.
  let description: PluginDescription
  let factory: any PluginWorkerFactory
  private let registryReference: Weak<ServiceWorkerRegistry>

  struct State {
    var workers = RegistrationState()
    var navigationPreload = NavigationPreloadState()
    /// The *last update check time*, in milliseconds since 1970.
    var lastUpdateCheck: Int64 = 0
    /// When a request last was the reason for a check, in the same unit.
    var lastSoftUpdate: Int64 = 0
    /// Fetch events that came while the active worker was activating.
    var waitingEvents: [@Sendable (ServiceWorker?) -> Void] = []
  }

  let state = Mutex(State())

  init(
    _ description: PluginDescription, factory: any PluginWorkerFactory,
    registry: ServiceWorkerRegistry
  ) {
    self.description = description
    self.factory = factory
    self.registryReference = Weak(registry)
  }

  var pluginName: String { self.description.name }
  var registry: ServiceWorkerRegistry? { self.registryReference.value }

  /// Makes the worker of a version and tells it what it belongs to.
  func makeWorker(_ resources: ScriptResources, isInstalled: Bool) -> ServiceWorker {
    let number = self.state.withLock { $0.workers.nextNumber() }
    let worker = ServiceWorker(
      number: number, worker: self.factory.makeWorker(resources, isInstalled: isInstalled),
      registration: self)
    worker.worker.setDelegate(worker)
    if isInstalled { worker.setResources(resources) }
    let viaCache = self.description.updateViaCache
    let snapshot = self.state.withLock {
      $0.workers.snapshot(for: worker, updateViaCache: viaCache)
    }
    worker.worker.registrationChanged(snapshot)
    return worker
  }

  /// Takes a step of the lifecycle.
  func step<Result: Sendable>(
    _ body: (inout RegistrationState) -> sending Result
  ) -> Result {
    self.state.withLock { body(&$0.workers) }
  }

  /// The active worker, activating or activated.
  var active: ServiceWorker? { self.state.withLock { $0.workers.active } }

  /// Tells the scripts of all workers how the registration is now.
  ///
  /// - Parameter redundant: workers that are no longer part of it and are told too.
  func publishSnapshots(redundant: [ServiceWorker] = []) {
    let viaCache = self.description.updateViaCache
    let all = self.state.withLock { state -> [(ServiceWorker, RegistrationSnapshot)] in
      let workers = state.workers
      let current = [workers.installing, workers.waiting, workers.active].compactMap { $0 }
      return (current + redundant).map { ($0, workers.snapshot(for: $0, updateViaCache: viaCache)) }
    }
    for (worker, snapshot) in all { worker.worker.registrationChanged(snapshot) }
  }

  /// Lets the events go on that waited for the end of `activating`.
  func releaseWaitingEvents() {
    let (worker, waiting) = self.state.withLock { state in
      guard state.workers.active?.state != .activating else {
        return (ServiceWorker?.none, [@Sendable (ServiceWorker?) -> Void]())
      }
      defer { state.waitingEvents = [] }
      return (state.workers.active, state.waitingEvents)
    }
    for resume in waiting { resume(worker) }
  }

  /// What is stored of it: an installing worker is not. `nil` where nothing is left to store.
  var stored: StoredRegistration? {
    self.state.withLock { state in
      var waiting = state.workers.waiting?.stored
      var active = state.workers.active?.stored
      if waiting == nil, state.workers.active?.state == .activating {
        // Where the program ends before its `activate` is over, it is activated again.
        (waiting, active) = (active, nil)
      }
      guard !state.workers.isUnregistered, waiting != nil || active != nil else { return nil }
      return StoredRegistration(
        name: self.pluginName, scriptURL: self.description.scriptURL,
        scopes: self.description.scopes, waiting: waiting, active: active,
        navigationPreload: state.navigationPreload, lastUpdateCheck: state.lastUpdateCheck)
    }
  }
}

extension ServiceWorker {
  /// Keeps what it was installed from.
  func setResources(_ resources: ScriptResources) {
    self.withRecord { $0.resources = resources }
  }

  /// Appends router rules.
  func addRoutes(_ text: String, scriptURL: String) throws(PluginError) {
    let failure = self.withRecord { record -> PluginError? in
      do throws(PluginError) {
        try record.routes.add(
          text, baseURL: scriptURL, hasFetchHandler: record.listensForFetch)
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
  }

  fileprivate var stored: StoredRegistration.Worker? {
    self.withRecord { record in
      record.resources.map {
        StoredRegistration.Worker(
          eventTypes: record.eventTypes, resources: $0,
          routes: record.routes.isEmpty ? nil : record.routes.text)
      }
    }
  }
}
