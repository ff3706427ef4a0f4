import FetchModel
import Interceptor
import Logging
import NIOPosix
import PluginHost
import Proxy

/// Registers the plugins of the command line, one after the other.
struct PluginLoader {
  let registry: ServiceWorkerRegistry
  let mounts: GatewayMounts
  let network: any Fetcher
  let group: MultiThreadedEventLoopGroup
  let logger: Logger

  /// - Throws: ``ExitFailure`` with the first plugin's error.
  func load(_ plugins: [PluginDefinition]) async throws {
    let network = RedirectFollowingFetcher(self.network)
    for plugin in plugins {
      let factory = SupervisorFactory(
        configuration: plugin.supervisorConfiguration, executable: Self.executable,
        network: network, group: self.group, logger: self.logger)
      do {
        try await self.registry.register(plugin.description, factory: factory)
      } catch {
        throw ExitFailure(
          .configuration, "the plugin \(plugin.name) cannot be loaded: \(error.message)")
      }
      if plugin.isMounted {
        _ = self.mounts.insert(.init(name: plugin.name, path: plugin.mountPath))
      }
    }
  }

  /// This program, also where its file has been replaced since it started.
  private static var executable: String {
    #if os(Linux)
      "/proc/self/exe"
    #else
      CommandLine.arguments[0]
    #endif
  }
}

extension PluginDefinition {
  /// What is registered.
  var description: PluginDescription {
    PluginDescription(
      name: self.name, kind: self.kind, scriptURL: self.scriptURL, scopes: self.scopeURLs,
      failurePolicy: self.failurePolicy)
  }

  /// What the supervisor of a worker has to know.
  var supervisorConfiguration: WorkerSupervisor.Configuration {
    var configuration = WorkerSupervisor.Configuration(
      name: self.name, scriptPath: self.path, scriptURL: self.scriptURL,
      scope: self.scopeURLs[0])
    configuration.config = self.config ?? ""
    configuration.instances = self.instances
    if case .inline(let script) = self.source { configuration.inlineScript = script }
    if let time = self.limits.eventTime { configuration.eventTime = time }
    if let time = self.limits.idleTime { configuration.idleTime = time }
    if let time = self.limits.unresponsiveTime { configuration.unresponsiveTime = time }
    if let bytes = self.limits.memory { configuration.memoryLimit = bytes }
    return configuration
  }
}
