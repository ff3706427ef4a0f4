import Synchronization

extension ServiceWorkerRegistry {
  /// *Try Activate*, and *Activate*: the waiting worker takes over the registration's scopes, then
  /// `activate` is fired. Requests wait meanwhile. A failure of the event changes nothing.
  ///
  /// The worker that it replaces ends when its last event is over.
  func tryActivate(_ registration: ServiceWorkerRegistration) {
    let isUsed = self.isUsedByClient(registration)
    guard let activation = registration.step({ $0.tryActivate(isUsed: isUsed) }) else { return }
    activation.replaced?.becameRedundant()
    self.publishScopes()
    registration.publishSnapshots(redundant: activation.replaced.map { [$0] } ?? [])
    activation.replaced?.worker.retire()
    self.writer?.changed(registration)
    Task { await self.activate(activation.worker, in: registration) }
  }

  private func activate(
    _ worker: ServiceWorker, in registration: ServiceWorkerRegistration
  ) async {
    if worker.listens(for: "activate") { try? await worker.worker.activate() }
    guard registration.step({ $0.activateEnded(worker) }) else { return }
    registration.publishSnapshots()
    registration.releaseWaitingEvents()
    self.writer?.changed(registration)
    worker.activation.settle(.success(()))
    // One that was installed meanwhile had to wait for this.
    self.tryActivate(registration)
  }

  /// *No service worker client is using the registration*, negated.
  /// Only asked of those that match by client: for others nobody knows whether an old page is open.
  func isUsedByClient(_ registration: ServiceWorkerRegistration) -> Bool {
    registration.description.match == .client
      && self.clients.withLock { $0.isUsed(registration) }
  }
}
