public import FetchModel
public import Interceptor
public import Logging
public import NIOCore

/// Makes the workers of a plugin whose script is a file: a ``WorkerSupervisor`` for each version.
public final class SupervisorFactory: PluginWorkerFactory {
  private let configuration: WorkerSupervisor.Configuration
  private let executable: String
  private let network: any Fetcher
  private let caches: CacheStore?
  private let group: any EventLoopGroup
  private let logger: Logger

  /// - Parameters:
  ///   - configuration: the plugin, without a version.
  ///   - executable: the program that becomes the worker.
  ///   - network: makes the plugin's own fetches.
  ///   - caches: keeps the plugin's caches.
  ///   - group: has the event loops of the supervisors, a `MultiThreadedEventLoopGroup`.
  ///   - logger: gets what the plugin writes to its console, and what happens to its processes.
  public init(
    configuration: WorkerSupervisor.Configuration, executable: String, network: any Fetcher,
    caches: CacheStore? = nil, group: any EventLoopGroup, logger: Logger
  ) {
    self.configuration = configuration
    self.executable = executable
    self.network = network
    self.caches = caches
    self.group = group
    self.logger = logger
  }

  public func fetchScript() async throws(PluginError) -> ScriptResources {
    ScriptResources(main: try readScript(self.configuration.scriptPath))
  }

  /// No script can import another one yet, so none is ever asked for.
  public func fetchImportedScript(_ url: String) async -> [UInt8]? { nil }

  public func makeWorker(
    _ resources: ScriptResources, isInstalled: Bool
  ) -> any PluginWorker {
    var configuration = self.configuration
    configuration.resources = resources
    configuration.isInstalled = isInstalled
    return WorkerSupervisor(
      configuration: configuration, executable: self.executable, network: self.network,
      caches: self.caches, eventLoop: self.group.next(), logger: self.logger)
  }
}
