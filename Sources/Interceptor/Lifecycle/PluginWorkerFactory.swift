/// Where a plugin's script comes from, and what makes workers of it.
///
/// One plugin has one factory; each version of its script gets a worker of its own.
public protocol PluginWorkerFactory: AnyObject, Sendable {
  /// Fetches the script anew, without what it imports (*Update*, the steps that fetch).
  ///
  /// - Throws: ``PluginError`` where it cannot be had.
  func fetchScript() async throws(PluginError) -> ScriptResources

  /// Fetches a script anew that the plugin's script, or one of a module's graph, had imported; `nil` where there is no good answer,
  /// which *Update* ignores.
  func fetchImportedScript(_ url: String) async -> [UInt8]?

  /// Makes the worker of a version.
  ///
  /// - Parameters:
  ///   - resources: what it evaluates. `importScripts()` finds there first what it asks for.
  ///   - isInstalled: whether the version was installed before: then `importScripts()` finds nothing
  ///     that is not there.
  func makeWorker(_ resources: ScriptResources, isInstalled: Bool) -> any PluginWorker
}
