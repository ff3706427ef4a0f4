extension ServiceWorkerRegistry {
  /// *Install*: fires `install`, which the script may extend; then the worker waits.
  ///
  /// - Throws: ``PluginError`` where it failed; the worker is redundant then, and other workers of
  ///   the registration are as they were.
  func install(
    _ worker: ServiceWorker, in registration: ServiceWorkerRegistration, job: Job
  ) async throws(PluginError) {
    guard registration.step({ $0.installBegan(worker) }) else {
      throw self.unregisteredMeanwhile(registration)
    }
    registration.publishSnapshots()
    job.promise.settle(.success(()))
    do throws(PluginError) {
      if worker.listens(for: "install") { try await worker.worker.install() }
    } catch {
      if registration.step({ $0.installFailed(worker) }) {
        registration.publishSnapshots(redundant: [worker])
      }
      throw error
    }
    // What was imported, pruned to what is in use.
    worker.setResources(await worker.worker.scriptResources())
    guard let redundant = registration.step({ $0.installSucceeded(worker) }) else {
      throw self.unregisteredMeanwhile(registration)
    }
    redundant?.becameRedundant()
    registration.publishSnapshots(redundant: redundant.map { [$0] } ?? [])
    redundant?.worker.terminate()
    self.writer?.changed(registration)
  }

  func unregisteredMeanwhile(_ registration: ServiceWorkerRegistration) -> PluginError {
    PluginError(
      name: "AbortError",
      message: "The plugin \(registration.pluginName) was unregistered meanwhile.")
  }
}

extension ServiceWorker {
  /// Nobody waits for its activation any more.
  func becameRedundant() {
    self.activation.settle(
      .failure(PluginError(name: "AbortError", message: "The worker became redundant.")))
  }
}
