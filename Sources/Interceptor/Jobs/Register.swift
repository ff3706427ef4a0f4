import Synchronization

extension ServiceWorkerRegistry {
  /// *Register*: the registration is made, or taken from the store, and its script brought up to
  /// date.
  func register(
    _ job: Job, _ description: PluginDescription, _ factory: any PluginWorkerFactory
  ) async throws(PluginError) -> JobResult {
    let registration = ServiceWorkerRegistration(description, factory: factory, registry: self)
    try self.setRegistration(registration)
    // One of that name may just have been removed.
    await self.writer?.flush()
    if let stored = await self.writer?.store.load(name: description.name),
      stored.scriptURL == description.scriptURL
    {
      self.restore(registration, stored)
    }
    return try await self.update(job, registration)
  }

  /// What the specification does when the program ends is done when it begins again: an installing
  /// worker is gone, one that waits is activated. No process is started for a worker that has nothing
  /// to do.
  private func restore(_ registration: ServiceWorkerRegistration, _ stored: StoredRegistration) {
    let restored = { (worker: StoredRegistration.Worker) -> ServiceWorker in
      let restored = registration.makeWorker(worker.resources, isInstalled: true)
      restored.setEventTypes(worker.eventTypes)
      if let routes = worker.routes {
        // They were valid when they were stored.
        try? restored.addRoutes(routes, scriptURL: stored.scriptURL)
      }
      return restored
    }
    let active = stored.active.map(restored)
    let waiting = stored.waiting.map(restored)
    active?.activation.settle(.success(()))
    registration.state.withLock { state in
      state.workers.restored(waiting: waiting, active: active)
      state.navigationPreload = stored.navigationPreload
      state.lastUpdateCheck = stored.lastUpdateCheck
    }
    registration.publishSnapshots()
    self.publishScopes()
    self.tryActivate(registration)
  }
}
