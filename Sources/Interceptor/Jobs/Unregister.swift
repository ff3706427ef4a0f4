import Synchronization

extension ServiceWorkerRegistry {
  /// *Clear Registration* of the plugin of that name. Returns whether there was one.
  func clear(name: String) -> Bool {
    guard let registration = self.getRegistration(name: name) else { return false }
    self.clear(registration)
    return true
  }

  /// *Clear Registration*: it leaves the map and its workers end, the active one when its events are
  /// over. Fetch events that wait go to the network.
  func clear(_ registration: ServiceWorkerRegistration) {
    let active = registration.active
    let workers = registration.step { $0.cleared() }
    self.removeFromMap(registration)
    self.clients.withLock { $0.release(registration) }
    for worker in workers { worker.becameRedundant() }
    registration.releaseWaitingEvents()
    registration.publishSnapshots(redundant: workers)
    for worker in workers {
      if worker === active { worker.worker.retire() } else { worker.worker.terminate() }
    }
    self.writer?.removed(name: registration.pluginName)
  }
}
