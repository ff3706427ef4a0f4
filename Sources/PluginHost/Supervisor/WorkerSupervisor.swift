public import FetchModel
public import Interceptor
public import Logging
public import NIOCore
import Synchronization

/// The host's side of a plugin: a worker process that is started when its first event comes, fed with
/// events, watched, stopped when idle, and replaced when it dies.
///
/// Everything happens on one event loop; the methods may be called from any thread. An event costs
/// no task and no timer: time limits are checked by a tick once a second.
///
/// **What becomes of events when the worker dies.** The host keeps the worker's end of the socket
/// open, so after the worker's death it can read back what the worker had not read.
/// - An event of which the worker had not read the whole frame had not reached it, and is sent to
///   the next worker, whatever its method.
/// - An event that had reached it, but of which the worker had acknowledged nothing (no answer, no
///   fetch made from it, no byte of its body asked for), is sent once more if its method is
///   idempotent ([RFC 9110 §9.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2)) and the
///   worker died by itself.
/// - Any other event fails with ``FetchDispatchResult/workerFailed(_:body:)``. The body is given
///   back as long as no more than 1 MiB of it had gone to the worker.
public final class WorkerSupervisor: PluginWorker {
  /// What a worker runs, and within which limits.
  public struct Configuration: Sendable {
    /// The plugin's name, for messages.
    public var name: String
    /// The script's file, for messages; read where there are no ``resources``.
    public var scriptPath: String
    /// What `self.location` says.
    public var scriptURL: String { didSet { self.scriptOrigin = originOfURL(self.scriptURL) } }
    private(set) var scriptOrigin: String
    /// The origins whose URLs the plugin claims: its own fetches of them are not cross-origin.
    public var homeOrigins: Set<String> = []
    /// What `registration.scope` says.
    public var scope: String
    /// Whether the script is a module.
    public var isModule = false
    /// What `valor.config` says, as JSON; empty for nothing.
    public var config = ""
    /// The script where it is in no file.
    public var inlineScript: String?
    /// Takes messages to the other workers of the origin; `nil` for none.
    public var broadcasts: BroadcastHub?
    /// How many workers take events at the same time.
    public var instances = 1
    /// The version that the worker runs, restarts included.
    public var resources: ScriptResources?
    /// Whether that version was installed before this program started.
    public var isInstalled = false
    /// A worker without anything to do ends after this time.
    public var idleTime = TimeAmount.seconds(30)
    /// An event has to be settled within this time.
    public var eventTime = TimeAmount.seconds(300)
    /// A busy worker is asked for a sign of life this often.
    public var pingInterval = TimeAmount.seconds(2)
    /// A worker that does not react for this time is killed.
    public var unresponsiveTime = TimeAmount.seconds(10)
    /// The resident memory in bytes beyond which a worker is killed.
    public var memoryLimit = 512 << 20

    /// What the script is written in.
    var language: ScriptLanguage {
      self.inlineScript == nil ? ScriptLanguage(path: self.scriptPath) : .javaScript
    }

    /// The file beside which imports are; empty for an inline script, which has no files.
    var importPath: String { self.inlineScript == nil ? self.scriptPath : "" }

    /// The paths of those of these scripts that are files beside the plugin's own.
    ///
    /// - Parameter urls: what was imported.
    public func importedFiles(_ urls: [String]) -> [String] {
      let directory = ScriptDirectory(scriptPath: self.importPath, scriptURL: self.scriptURL)
      return urls.compactMap { WebURL($0).flatMap(directory.path(of:)) }
    }

    public init(name: String, scriptPath: String, scriptURL: String, scope: String) {
      self.name = name
      self.scriptPath = scriptPath
      self.scriptURL = scriptURL
      self.scriptOrigin = originOfURL(scriptURL)
      self.scope = scope
    }
  }

  private let eventLoop: any EventLoop
  private let core: SupervisorCore
  /// Whether its end was asked for.
  private let isTerminated = Atomic(false)

  /// - Parameters:
  ///   - configuration: the plugin.
  ///   - executable: the program that becomes the worker.
  ///   - arguments: its arguments, without its own name; the limit of its memory is added. It finds
  ///     its socket at descriptor 3.
  ///   - network: makes the plugin's own fetches.
  ///   - caches: keeps the plugin's caches; without it `caches` fails with a `SecurityError`.
  ///   - spares: where a process may wait already.
  ///   - eventLoop: where the supervisor lives; one of a `MultiThreadedEventLoopGroup`.
  ///   - logger: gets what the plugin writes to its console, and what happens to its process.
  public convenience init(
    configuration: Configuration, executable: String,
    arguments: [String] = ["worker", "--descriptor", "3"], network: any Fetcher,
    caches: CacheStore? = nil, spares: SpareWorkers? = nil, eventLoop: any EventLoop,
    logger: Logger
  ) {
    let command = WorkerCommandLine(
      executable: executable, arguments: arguments + ["--memory", "\(configuration.memoryLimit)"])
    spares?.prepare(command)
    self.init(
      configuration: configuration, launcher: ProcessLauncher(command: command, spares: spares),
      network: network, caches: caches, eventLoop: eventLoop, logger: logger)
  }

  init(
    configuration: Configuration, launcher: any WorkerLauncher, network: any Fetcher,
    caches: CacheStore? = nil, eventLoop: any EventLoop, logger: Logger,
    clock: SupervisorClock = SupervisorClock(), backOff: BackOff = BackOff()
  ) {
    self.eventLoop = eventLoop
    self.core = SupervisorCore(
      configuration: configuration, launcher: launcher, network: network, caches: caches,
      eventLoop: eventLoop, logger: logger, clock: clock, backOff: backOff)
  }

  deinit {
    // The program may be about to end then, and the event loop be gone.
    if self.isTerminated.load(ordering: .relaxed) { return }
    let core = self.core
    self.eventLoop.execute { core.terminate() }
  }

  public func setDelegate(_ delegate: any PluginWorkerDelegate) {
    self.onLoop { [weak self] core in
      core.delegate = delegate
      core.owner = self
    }
  }

  /// Starts the worker and evaluates the script.
  public func run() async throws(PluginError) -> Set<String> {
    let configuration = self.core.configuration
    let source: String
    if let main = configuration.resources?.main {
      source = decodeScript(main)
    } else {
      source = decodeScript(try readScript(configuration.scriptPath))
    }
    let result = await withCheckedContinuation { continuation in
      self.onLoop { core in
        core.run(source: source) { continuation.resume(returning: $0) }
      }
    }
    return try result.get()
  }

  public func install() async throws(PluginError) { try await self.lifecycle(.install) }

  public func activate() async throws(PluginError) { try await self.lifecycle(.activate) }

  private func lifecycle(_ kind: LifecycleEventKind) async throws(PluginError) {
    let result = await withCheckedContinuation { continuation in
      self.onLoop { core in
        core.dispatch(kind) { continuation.resume(returning: $0) }
      }
    }
    try result.get()
  }

  public func dispatchFetch(
    _ event: FetchEventInit, completion: @escaping @Sendable (FetchDispatchResult) -> Void
  ) {
    self.onLoop { $0.dispatchFetch(event, completion: completion) }
  }

  public var isRunning: Bool { self.core.isRunning.load(ordering: .relaxed) }

  public func scriptResources() async -> ScriptResources {
    var resources = self.core.configuration.resources ?? ScriptResources(main: [])
    (resources.imported, resources.compiled) = await withCheckedContinuation { continuation in
      self.onLoop { core in
        var compiled = core.imports.usedCompiled
        compiled[ScriptResources.mainKey] = core.compiled
        continuation.resume(returning: (core.imports.used, compiled))
      }
    }
    return resources
  }

  /// Makes it run a version that another worker has installed.
  func adopt(_ resources: ScriptResources) { self.onLoop { $0.adopt(resources) } }

  /// Whether it waits to be started again after a crash.
  var isBackingOff: Bool { self.core.isBackingOff.load(ordering: .relaxed) }

  public func registrationChanged(_ snapshot: RegistrationSnapshot) {
    self.onLoop { $0.snapshot = snapshot }
  }

  public func retire() { self.onLoop { $0.retire() } }

  public func terminate() {
    self.isTerminated.store(true, ordering: .relaxed)
    self.onLoop { $0.terminate() }
  }

  public func status() async -> WorkerStatus {
    await withCheckedContinuation { continuation in
      self.onLoop { continuation.resume(returning: $0.status) }
    }
  }

  private func onLoop(_ body: @escaping @Sendable (SupervisorCore) -> Void) {
    let core = self.core
    if self.eventLoop.inEventLoop { body(core) } else { self.eventLoop.execute { body(core) } }
  }
}

private func originOfURL(_ url: String) -> String { WebURL(url)?.origin ?? "null" }
