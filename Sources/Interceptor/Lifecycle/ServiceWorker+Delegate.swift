extension ServiceWorker: PluginWorkerDelegate {
  /// *skipWaiting()*: sets the flag, then *Try Activate*.
  func pluginWorkerSkipsWaiting(_ worker: any PluginWorker) async {
    self.withRecord { $0.skipsWaiting = true }
    guard let registration = self.registration, self.state == .installed else { return }
    registration.registry?.tryActivate(registration)
  }

  /// *clients.claim()*: every request to a claimed URL reaches the active worker already, whichever
  /// client makes it, so only the error is left of the algorithm.
  func pluginWorkerClaimsClients(_ worker: any PluginWorker) async throws(PluginError) {
    guard self.registration?.active === self else {
      throw PluginError(
        name: "InvalidStateError", message: "Only the active worker can claim clients.")
    }
  }
}
