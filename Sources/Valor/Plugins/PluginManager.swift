import FetchModel
import Interceptor
import Logging
import NIOPosix
import PluginHost
import Proxy

/// The plugins of a running proxy: registers, updates and unregisters them, with their mounts.
///
/// One change of a plugin at a time: a second one is refused while the first is under way, and so is
/// what would take a name, a mount or a scope that another plugin has.
actor PluginManager {
  /// Why a change is refused or has failed.
  enum Failure: Error, CustomStringConvertible {
    case unknown(String)
    case busy(String)
    /// The definition does not go with those of other plugins.
    case conflict(String)
    /// The plugin's code does not load, or its installation failed.
    case plugin(PluginError)

    var description: String {
      switch self {
      case .unknown(let name): "there is no plugin named \(name)"
      case .busy(let name): "another change of the plugin \(name) is under way"
      case .conflict(let reason): reason
      case .plugin(let error): error.message
      }
    }
  }

  private let registry: ServiceWorkerRegistry
  private let mounts: GatewayMounts
  private let network: any Fetcher
  private let caches: CacheStore
  private let group: MultiThreadedEventLoopGroup
  private let logger: Logger
  private let defaults: PluginDefaults
  /// Takes messages from one plugin's workers to another's.
  private let broadcasts = BroadcastHub()
  private let spares: SpareWorkers
  /// In the order in which they came; those whose registration is under way included.
  private(set) var definitions: [PluginDefinition] = []
  private var busy: Set<String> = []

  /// - Parameters:
  ///   - defaults: what holds for plugins that say nothing else.
  ///   - spares: worker processes that wait to be used; their owner ends them.
  init(
    registry: ServiceWorkerRegistry, mounts: GatewayMounts, network: any Fetcher,
    caches: CacheStore, group: MultiThreadedEventLoopGroup, logger: Logger,
    defaults: PluginDefaults = PluginDefaults(), spares: SpareWorkers = SpareWorkers(count: 0)
  ) {
    self.spares = spares
    self.defaults = defaults
    self.registry = registry
    self.mounts = mounts
    self.network = network
    self.caches = caches
    self.group = group
    self.logger = logger
  }

  // MARK: Changes

  /// Registers a plugin; returns when its worker is activated.
  func add(_ definition: PluginDefinition) async throws(Failure) {
    let definition = definition.filled(from: self.defaults)
    if let reason = conflict(of: definition, with: self.definitions) {
      throw .conflict("plugin \(quoteJSON(definition.name)): \(reason)")
    }
    try self.begin(definition.name)
    defer { self.busy.remove(definition.name) }
    self.definitions.append(definition)
    do throws(PluginError) {
      try await self.register(definition)
    } catch {
      self.definitions.removeAll { $0.name == definition.name }
      throw .plugin(error)
    }
  }

  /// Looks whether the plugin's script has changed, and installs the new one (*Update*). Where that
  /// fails, the one that was there goes on.
  func reload(_ name: String) async throws(Failure) -> ServiceWorkerRegistry.UpdateOutcome {
    _ = try self.definition(name)
    try self.begin(name)
    defer { self.busy.remove(name) }
    do throws(PluginError) {
      return try await self.registry.update(name: name)
    } catch {
      throw .plugin(error)
    }
  }

  /// Defines a plugin anew: what it was ends, then what it is now is registered. Where that fails,
  /// it is again what it was.
  func replace(_ definition: PluginDefinition) async throws(Failure) {
    let definition = definition.filled(from: self.defaults)
    let old = try self.definition(definition.name)
    let others = self.definitions.filter { $0.name != definition.name }
    if let reason = conflict(of: definition, with: others) {
      throw .conflict("plugin \(quoteJSON(definition.name)): \(reason)")
    }
    try self.begin(definition.name)
    defer { self.busy.remove(definition.name) }
    self.set(definition)
    self.unregister(old.name)
    do throws(PluginError) {
      try await self.register(definition)
    } catch {
      self.set(old)
      do throws(PluginError) {
        try await self.register(old)
      } catch let lost {
        self.definitions.removeAll { $0.name == old.name }
        self.logger.error(
          "The plugin is gone: it could not be registered again.",
          metadata: ["plugin": "\(old.name)", "cause": "\(lost.message)"])
      }
      throw .plugin(error)
    }
  }

  /// Takes a plugin out: its URLs are not claimed any more from now on.
  func remove(_ name: String) throws(Failure) {
    _ = try self.definition(name)
    guard !self.busy.contains(name) else { throw .busy(name) }
    self.unregister(name)
    self.definitions.removeAll { $0.name == name }
  }

  private func begin(_ name: String) throws(Failure) {
    guard self.busy.insert(name).inserted else { throw .busy(name) }
  }

  private func definition(_ name: String) throws(Failure) -> PluginDefinition {
    guard let definition = self.definitions.first(where: { $0.name == name }) else {
      throw .unknown(name)
    }
    return definition
  }

  private func set(_ definition: PluginDefinition) {
    guard let index = self.definitions.firstIndex(where: { $0.name == definition.name }) else {
      return
    }
    self.definitions[index] = definition
  }

  private func register(_ definition: PluginDefinition) async throws(PluginError) {
    var configuration = definition.supervisorConfiguration
    configuration.broadcasts = self.broadcasts
    let factory = SupervisorFactory(
      configuration: configuration, executable: Self.executable,
      network: self.network, caches: self.caches, spares: self.spares, group: self.group,
      logger: self.logger)
    do throws(PluginError) {
      try await self.registry.register(definition.description, factory: factory)
    } catch {
      guard self.isRegistered(definition.name) else { throw error }
      self.logger.error(
        "The update failed; the version that was there goes on.",
        metadata: ["plugin": "\(definition.name)", "cause": "\(error.message)"])
    }
    if definition.isMounted {
      _ = self.mounts.insert(.init(name: definition.name, path: definition.mountPath))
    }
  }

  /// Whether a version of the plugin from an earlier run is there, whatever became of a newer one.
  private func isRegistered(_ name: String) -> Bool {
    self.registry.registrations.contains { $0.name == name && $0.newest != nil }
  }

  private func unregister(_ name: String) {
    self.mounts.remove(name: name)
    self.registry.unregister(name: name)
  }

  // MARK: Listings

  /// What a listing says of a plugin.
  struct Listing: Sendable {
    var definition: PluginDefinition
    /// `nil` where the registration is not there yet.
    var registration: RegistrationListing?
  }

  /// All plugins with the state of their workers.
  func listings() async -> [Listing] {
    let registrations = await self.registry.listings()
    return self.definitions.map { definition in
      Listing(
        definition: definition,
        registration: registrations.first { $0.name == definition.name })
    }
  }

  /// The files of a plugin, for those who look whether they change.
  struct Watched: Sendable {
    var name: String
    var path: String
    /// The files beside it that the newest version has imported.
    var imported: [String]
  }

  /// All plugins whose script is a file.
  func watched() -> [Watched] {
    let registrations = self.registry.registrations
    return self.definitions.compactMap { definition in
      guard case .file(let path) = definition.source else { return nil }
      let registration = registrations.first { $0.name == definition.name }
      let imported = registration?.newest?.imported ?? []
      return Watched(
        name: definition.name, path: path,
        imported: definition.supervisorConfiguration.importedFiles(imported))
    }
  }

  /// This program, also where its file has been replaced since it started.
  static var executable: String {
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
      match: self.match, failurePolicy: self.failurePolicy ?? .networkError)
  }

  /// What the supervisor of a worker has to know.
  var supervisorConfiguration: WorkerSupervisor.Configuration {
    var configuration = WorkerSupervisor.Configuration(
      name: self.name, scriptPath: self.path, scriptURL: self.scriptURL,
      scope: self.scopeURLs[0])
    if self.match == .url {
      configuration.homeOrigins = Set(
        self.scopeURLs.filter { !ScopePattern.isPattern($0) }.compactMap { WebURL($0)?.origin })
    }
    configuration.config = self.config ?? ""
    configuration.instances = self.instances
    configuration.isModule = self.isModule
    if case .inline(let script) = self.source { configuration.inlineScript = script }
    if let time = self.limits.eventTime { configuration.eventTime = time }
    if let time = self.limits.idleTime { configuration.idleTime = time }
    if let time = self.limits.unresponsiveTime { configuration.unresponsiveTime = time }
    if let bytes = self.limits.memory { configuration.memoryLimit = bytes }
    return configuration
  }
}
