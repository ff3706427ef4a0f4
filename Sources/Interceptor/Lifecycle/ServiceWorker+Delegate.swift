import Synchronization

extension ServiceWorker: PluginWorkerDelegate {
  /// *skipWaiting()*: sets the flag, then *Try Activate*.
  func pluginWorkerSkipsWaiting(_ worker: any PluginWorker) async {
    self.withRecord { $0.skipsWaiting = true }
    guard let registration = self.registration, self.state == .installed else { return }
    registration.registry?.tryActivate(registration)
  }

  /// *clients.claim()*.
  func pluginWorkerClaimsClients(_ worker: any PluginWorker) async throws(PluginError) {
    guard let registration = self.registration, registration.active === self else {
      throw PluginError(
        name: "InvalidStateError", message: "Only the active worker can claim clients.")
    }
    registration.registry?.claimClients(for: registration)
  }

  /// *addRoutes()*.
  func pluginWorker(
    _ worker: any PluginWorker, addsRoutes rules: String
  ) async throws(PluginError) {
    guard let registration = self.registration, self.state == .installing else {
      throw PluginError(
        name: "InvalidStateError", message: "Routes are added while the worker installs.")
    }
    try self.addRoutes(rules, scriptURL: registration.description.scriptURL)
  }

  /// *clients.get()*.
  func pluginWorker(_ worker: any PluginWorker, client id: String) async -> ClientDescription? {
    guard let registration = self.registration else { return nil }
    return registration.registry?.client(id: id, for: registration)
  }

  /// *clients.matchAll()*.
  func pluginWorker(
    _ worker: any PluginWorker, clientsMatching query: ClientQuery
  ) async -> [ClientDescription] {
    guard let registration = self.registration else { return [] }
    return registration.registry?.clients(matching: query, of: self, in: registration) ?? []
  }
}

extension ServiceWorker {
  /// *update()*.
  func pluginWorkerUpdates(_ worker: any PluginWorker) async throws(PluginError) {
    guard self.state != .installing, self.state != .parsed else {
      throw PluginError(
        name: "InvalidStateError", message: "A worker that is installing cannot update itself.")
    }
    guard let registration = self.registration, let registry = registration.registry,
      registration.step({ $0.newest != nil })
    else {
      throw PluginError(name: "InvalidStateError", message: "There is no registration any more.")
    }
    let job = registry.schedule(Job(name: registration.pluginName, .update))
    try await job.promise.value()
  }

  /// *unregister()*.
  func pluginWorkerUnregisters(_ worker: any PluginWorker) async -> Bool {
    guard let registration = self.registration, let registry = registration.registry,
      registry.getRegistration(name: registration.pluginName) === registration
    else { return false }
    let job = registry.schedule(Job(name: registration.pluginName, .unregister))
    guard case .unregistered(let was)? = try? await job.completion.value() else { return false }
    return was
  }

  /// *enable()*, *disable()*, *setHeaderValue()* and *getState()*.
  func pluginWorker(
    _ worker: any PluginWorker, changesNavigationPreload change: NavigationPreloadChange?
  ) async throws(PluginError) -> NavigationPreloadState {
    let registration = self.registration
    guard let registration, change == nil || registration.active != nil else {
      guard change != nil else { return NavigationPreloadState() }
      throw PluginError(name: "InvalidStateError", message: "There is no active worker.")
    }
    if case .setHeaderValue(let value) = change, !isFieldValue(value) {
      throw PluginError(name: "TypeError", message: "This is no value of a header field.")
    }
    let state = registration.state.withLock { state in
      switch change {
      case .enable: state.navigationPreload.isEnabled = true
      case .disable: state.navigationPreload.isEnabled = false
      case .setHeaderValue(let value): state.navigationPreload.headerValue = value
      case nil: break
      }
      return state.navigationPreload
    }
    if change != nil { registration.registry?.writer?.changed(registration) }
    return state
  }
}

/// Whether it is a *header value* of Fetch: without white space at its ends, NUL, CR and LF. Bounded,
/// since it is kept here.
private func isFieldValue(_ value: String) -> Bool {
  let scalars = value.unicodeScalars
  guard scalars.count <= 4_096, scalars.allSatisfy({ $0.value < 256 }) else { return false }
  guard scalars.allSatisfy({ $0 != "\0" && $0 != "\r" && $0 != "\n" }) else { return false }
  let isBlank = { (scalar: Unicode.Scalar?) in scalar == " " || scalar == "\t" }
  return !isBlank(scalars.first) && !isBlank(scalars.last)
}
