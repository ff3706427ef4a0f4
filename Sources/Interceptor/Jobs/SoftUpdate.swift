import FetchModel
import Synchronization

extension ServiceWorkerRegistration {
  /// A registration is *stale* when its script was last compared with its source this long ago, in
  /// milliseconds.
  static let staleTime: Int64 = 86_400_000
  /// Two checks are at least this far apart, whatever is requested, in milliseconds.
  static let leastTimeBetweenChecks: Int64 = 1_000

  /// *Soft Update* behind a request that was handled: after each navigation of a browser or script of
  /// a worker, and after others where the registration is stale.
  ///
  /// A request of some other client is no navigation here: under its load the script would be looked at
  /// every second.
  func softUpdate(after facts: RequestFacts) {
    guard let registry = self.registry else { return }
    let now = registry.now()
    let wait = facts.isBrowserNonSubresource ? Self.leastTimeBetweenChecks : Self.staleTime
    let isDue = self.state.withLock { state in
      // A clock that was set back makes nothing wait for its old time.
      let age = now - max(state.lastUpdateCheck, state.lastSoftUpdate)
      guard age >= wait || age < 0 else { return false }
      state.lastSoftUpdate = now
      if age < 0 { state.lastUpdateCheck = now }
      return true
    }
    guard isDue else { return }
    Task { await registry.softUpdate(self) }
  }
}

extension ServiceWorkerRegistry {
  fileprivate func softUpdate(_ registration: ServiceWorkerRegistration) async {
    guard self.getRegistration(name: registration.pluginName) === registration else { return }
    let result: Result<UpdateOutcome, PluginError>
    do throws(PluginError) {
      result = .success(try await self.update(name: registration.pluginName))
    } catch { result = .failure(error) }
    if case .success(.unchanged) = result { return }
    self.onSoftUpdate(registration.pluginName, result)
  }
}
