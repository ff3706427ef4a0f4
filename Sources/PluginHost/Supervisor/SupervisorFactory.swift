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
  private let spares: SpareWorkers?
  private let group: any EventLoopGroup
  private let logger: Logger

  /// - Parameters:
  ///   - configuration: the plugin, without a version.
  ///   - executable: the program that becomes the worker.
  ///   - network: makes the plugin's own fetches.
  ///   - caches: keeps the plugin's caches.
  ///   - spares: worker processes that wait to be used.
  ///   - group: has the event loops of the supervisors, a `MultiThreadedEventLoopGroup`.
  ///   - logger: gets what the plugin writes to its console, and what happens to its processes.
  public init(
    configuration: WorkerSupervisor.Configuration, executable: String, network: any Fetcher,
    caches: CacheStore? = nil, spares: SpareWorkers? = nil, group: any EventLoopGroup,
    logger: Logger
  ) {
    self.configuration = configuration
    self.executable = executable
    self.network = network
    self.caches = caches
    self.spares = spares
    self.group = group
    self.logger = logger
  }

  public func fetchScript() async throws(PluginError) -> ScriptResources {
    let kind: ScriptResources.Kind = self.configuration.isModule ? .module : .classic
    if let script = self.configuration.inlineScript {
      return ScriptResources(kind: kind, main: Array(script.utf8))
    }
    return ScriptResources(kind: kind, main: try readScript(self.configuration.scriptPath))
  }

  public func fetchImportedScript(_ url: String) async -> [UInt8]? {
    guard let url = WebURL(url) else { return nil }
    guard self.configuration.isModule else { return await self.fetch(url, as: .classic) }
    // The type of the import is not kept; only one of the two can be had.
    if let module = await self.fetch(url, as: .module) { return module }
    return await self.fetch(url, as: .json)
  }

  private func fetch(_ url: WebURL, as kind: ScriptLoader.Kind) async -> [UInt8]? {
    let loader = ScriptLoader(
      scriptPath: self.configuration.importPath, scriptURL: self.configuration.scriptURL,
      network: self.network)
    let signal = FetchSignal()
    let timeout = self.group.next().scheduleTask(in: ScriptLoader.patience) { signal.abort() }
    defer { timeout.cancel() }
    return await withCheckedContinuation { continuation in
      loader.load(url, as: kind, signal: signal) { result in
        let script = try? result.get()
        continuation.resume(
          returning: script?.url.map { ScriptResourceMap.redirect(to: $0) } ?? script?.bytes)
      }
    }
  }

  public func makeWorker(
    _ resources: ScriptResources, isInstalled: Bool
  ) -> any PluginWorker {
    var configuration = self.configuration
    configuration.resources = resources
    configuration.isInstalled = isInstalled
    guard configuration.instances > 1 else { return self.makeSupervisor(configuration) }
    return WorkerPool((0..<configuration.instances).map { _ in self.makeSupervisor(configuration) })
  }

  private func makeSupervisor(_ configuration: WorkerSupervisor.Configuration) -> WorkerSupervisor {
    WorkerSupervisor(
      configuration: configuration, executable: self.executable, network: self.network,
      caches: self.caches, spares: self.spares, eventLoop: self.group.next(), logger: self.logger)
  }
}
