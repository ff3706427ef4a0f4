import FetchModel
import Synchronization

extension ServiceWorkerRegistry {
  /// *Register*, *Install* and *Activate* for a plugin; returns when its worker is activated.
  ///
  /// - Parameters:
  ///   - name: the plugin's name, for messages and listings; unique.
  ///   - scriptURL: what `self.location` is in the script.
  ///   - scopes: absolute http or https URLs without a fragment, or patterns for such. A request is
  ///     claimed where a URL is a string prefix of its; the longest scope of all plugins wins. Where
  ///     there is none, the first pattern that matches does.
  ///   - worker: what runs the plugin; the registry ends it when the plugin goes.
  ///   - policy: what becomes of a request whose event the worker could not handle.
  /// - Throws: ``PluginError``: a scope is not valid or held by another plugin, the script cannot be
  ///   evaluated, or `install` failed. Nothing is left registered then.
  public func register(
    name: String, scriptURL: String, scopes: [String], worker: any PluginWorker,
    policy: FailurePolicy = .networkError
  ) async throws(PluginError) {
    let registration = ServiceWorkerRegistration(
      pluginName: name, scriptURL: scriptURL,
      scopes: try serialiseScopes(scopes, pluginName: name), worker: worker, failurePolicy: policy)
    try self.setRegistration(registration)
    do throws(PluginError) {
      worker.setDelegate(registration)
      let eventTypes = try await worker.run()
      registration.state.withLock { $0.eventTypes = eventTypes }
      try await self.install(registration)
      try await self.activate(registration)
    } catch {
      self.clearRegistration(registration)
      registration.becomeRedundant()
      throw error
    }
  }

  /// *Unregister*: the plugin's URLs are no longer claimed and its worker ends. Events that the
  /// worker has not answered fail by the plugin's policy.
  ///
  /// - Returns: whether there was a plugin of that name.
  @discardableResult
  public func unregister(name: String) -> Bool {
    guard let registration = self.getRegistration(name: name) else { return false }
    self.clearRegistration(registration)
    registration.becomeRedundant()
    return true
  }

  /// *Install*: fires `install`, which the script may extend; a failure makes the worker redundant.
  private func install(_ registration: ServiceWorkerRegistration) async throws(PluginError) {
    try registration.advance { $0.installBegan() }
    if registration.listens(for: "install") { try await registration.worker.install() }
    try registration.advance { $0.installSucceeded() }
  }

  /// *Try Activate* and *Activate*: the worker takes over its scopes, then `activate` is fired.
  /// Requests wait meanwhile. A failure of the event changes nothing.
  private func activate(_ registration: ServiceWorkerRegistration) async throws(PluginError) {
    try registration.advance { $0.activateBegan() }
    self.publishScopes()
    if registration.listens(for: "activate") { try? await registration.worker.activate() }
    try registration.advance { $0.activateEnded() }
  }
}

extension ServiceWorkerRegistration {
  /// *Should Skip Event*, negated: whether the script listens for events of this type.
  func listens(for type: String) -> Bool {
    self.state.withLock { $0.eventTypes.contains(type) }
  }
}
