import Synchronization

extension ServiceWorkerRegistry {
  /// *Update* of the registration that has the job's name.
  func update(_ job: Job) async throws(PluginError) -> JobResult {
    guard let registration = self.getRegistration(name: job.name) else {
      throw PluginError(name: "TypeError", message: "There is no plugin named \(job.name).")
    }
    return try await self.update(job, registration)
  }

  /// *Update*: fetches the script; where it or what it imports differs in a byte from the newest
  /// worker's, a new worker is made, run, and installed.
  ///
  /// - Throws: ``PluginError``. The workers that were there are as before; a registration that has
  ///   none is removed.
  func update(
    _ job: Job, _ registration: ServiceWorkerRegistration
  ) async throws(PluginError) -> JobResult {
    var made: ServiceWorker?
    do throws(PluginError) {
      let newest = registration.step { $0.newest }
      var resources = try await registration.factory.fetchScript()
      guard !registration.step({ $0.isUnregistered }) else {
        throw self.unregisteredMeanwhile(registration)
      }
      registration.state.withLock { $0.lastUpdateCheck = self.now() }
      if let current = newest?.resources,
        !(await self.differs(&resources, from: current, registration.factory))
      {
        self.writer?.changed(registration)
        return .unchanged
      }
      let worker = registration.makeWorker(resources, isInstalled: false)
      made = worker
      worker.setEventTypes(try await worker.worker.run())
      try await self.install(worker, in: registration, job: job)
      self.tryActivate(registration)
      return .installed(worker)
    } catch {
      made?.setState(.redundant)
      made?.becameRedundant()
      made?.worker.terminate()
      if registration.step({ $0.newest == nil && !$0.isUnregistered }) { self.clear(registration) }
      throw error
    }
  }

  /// Whether the script or one of its imports has changed. What the scripts that it had imported are
  /// now is added to the new resources.
  private func differs(
    _ resources: inout ScriptResources, from current: ScriptResources,
    _ factory: any PluginWorkerFactory
  ) async -> Bool {
    guard resources.kind == current.kind, resources.main == current.main else { return true }
    var hasChanged = false
    for (url, bytes) in current.imported {
      // An answer that is none is ignored.
      guard let fetched = await factory.fetchImportedScript(url) else { continue }
      resources.imported[url] = fetched
      if fetched != bytes { hasChanged = true }
    }
    return hasChanged
  }
}
