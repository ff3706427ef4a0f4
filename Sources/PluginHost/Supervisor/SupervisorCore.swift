import FetchModel
import Interceptor
import Logging
import NIOCore
import Synchronization

/// The state of a supervisor and the orders of ``WorkerLife`` carried out.
///
/// Unchecked, because it is only ever touched on its event loop.
final class SupervisorCore: @unchecked Sendable {
  let configuration: WorkerSupervisor.Configuration
  let network: any Fetcher
  let cacheStore: CacheStore?
  let eventLoop: any EventLoop
  let logger: Logger
  private let launcher: any WorkerLauncher
  let clock: SupervisorClock
  weak var delegate: (any PluginWorkerDelegate)?
  weak var owner: WorkerSupervisor?

  var life: WorkerLife {
    didSet { self.isRunning.store(self.life.isRunning, ordering: .relaxed) }
  }
  /// ``WorkerLife/isRunning`` for any thread.
  let isRunning = Atomic(false)
  /// For whoever may choose between several workers, from any thread.
  let isBackingOff = Atomic(false)
  /// The time to the precision of a tick, while there is anything to do.
  var now: NIODeadline
  private var tick: RepeatedTask?
  /// The script as it was written.
  private(set) var source: String?
  /// What is evaluated in its place, where it has to be compiled.
  private(set) var compiled: [UInt8]?
  private var isCompiling = false
  /// What the script sees of its registration.
  var snapshot: RegistrationSnapshot? {
    didSet { if let snapshot { self.send(.registration(snapshot.packed)) } }
  }
  /// No event comes any more: it ends when it has nothing to do.
  private var isRetiring = false
  private var eventTypes: Set<String> = []
  /// What the script has imported, in whichever process.
  var imports: ScriptResourceMap
  /// The process that has a `BroadcastChannel`.
  var broadcastGeneration: Int?
  private var startWaiters: [@Sendable (Result<Set<String>, PluginError>) -> Void] = []

  // Events
  var events: [UInt32: PendingEvent] = [:]
  /// The events that the worker has not been sent, in their order.
  var queue: [PendingEvent] = []
  var lastEvent: UInt32 = 0
  var recentEvents = RecentEvents()
  var fetchEventCount = 0
  var errorCount = 0

  // The process and the socket to it
  var connection = WorkerConnection()
  var fetches: [UInt32: PluginFetch] = [:]
  var lastFetch: UInt32 = 0
  var lastCachedResponse = firstCachedResponse
  var lastCall: UInt32 = 0
  var senders: [StreamID: BodySender] = [:]
  var receivers: [StreamID: BodyReceiver] = [:]
  /// What the worker has of caches; made by its first call about one.
  var caches: WorkerCaches?
  /// How many calls of the worker are being answered.
  var openCalls = 0

  // What the worker may cost the host
  var frameAllowance: Allowance
  private var lineAllowance: Allowance
  /// How many lines of the console were left out since the last tick.
  private var droppedLines = 0
  private var wasFloodTold = false

  init(
    configuration: WorkerSupervisor.Configuration, launcher: any WorkerLauncher,
    network: any Fetcher, caches: CacheStore?, eventLoop: any EventLoop, logger: Logger,
    clock: SupervisorClock, backOff: BackOff
  ) {
    self.configuration = configuration
    self.launcher = launcher
    self.network = network
    self.cacheStore = caches
    self.eventLoop = eventLoop
    var logger = logger
    logger[metadataKey: "plugin"] = "\(configuration.name)"
    self.logger = logger
    self.clock = clock
    self.now = clock.now()
    self.frameAllowance = Allowance(burst: 50_000, perSecond: 200_000, now: .now())
    self.lineAllowance = Allowance(burst: 2_000, perSecond: 200, now: .now())
    self.imports = ScriptResourceMap(
      configuration.resources?.imported ?? [:],
      compiled: configuration.resources?.compiled ?? [:], isClosed: configuration.isInstalled)
    self.compiled = configuration.resources?.compiled[ScriptResources.mainKey]
    // A version that was installed before is not run again before its first event.
    if configuration.isInstalled {
      self.source = configuration.resources.map { decodeScript($0.main) }
    }
    self.life = WorkerLife(
      limits: WorkerLife.Limits(
        idleTime: configuration.idleTime, pingInterval: configuration.pingInterval,
        unresponsiveTime: configuration.unresponsiveTime, memory: configuration.memoryLimit),
      backOff: backOff)
  }

  // MARK: Demands

  /// Evaluates the script in a worker process; or says what it listened for when it was evaluated.
  func run(
    source: String,
    completion: @escaping @Sendable (Result<Set<String>, PluginError>) -> Void
  ) {
    if self.source != source {
      if self.source != nil { self.compiled = nil }
      self.source = source
    }
    if self.life.isRunning { return completion(.success(self.eventTypes)) }
    guard self.life.state != .terminated else {
      return completion(.failure(PluginError(name: "AbortError", message: "It was terminated.")))
    }
    self.startWaiters.append(completion)
    self.demand()
  }

  /// What is evaluated from the next start on, without an `install` of its own.
  func adopt(_ resources: ScriptResources) {
    self.source = decodeScript(resources.main)
    self.compiled = resources.compiled[ScriptResources.mainKey]
    self.imports = ScriptResourceMap(
      resources.imported, compiled: resources.compiled, isClosed: true)
  }

  /// Somebody needs a running worker.
  func demand() {
    if self.connection.process == nil { self.now = self.clock.now() }
    self.startTicking()
    if let source, self.compiled == nil, self.configuration.language == .typeScript {
      return self.compile(source)
    }
    self.perform(self.life.demanded(now: self.now))
  }

  /// Compiles the script; the process is started afterwards.
  private func compile(_ source: String) {
    guard !self.isCompiling else { return }
    self.isCompiling = true
    TypeScriptCompiler.compile(
      Array(source.utf8), file: self.configuration.scriptPath,
      isModule: self.configuration.isModule
    ) { result in
      self.eventLoop.execute { self.compiled(source, result) }
    }
  }

  private func compiled(_ source: String, _ result: Result<[UInt8], ScriptFailure>) {
    self.isCompiling = false
    guard self.life.state != .terminated else { return }
    switch result {
    // Meanwhile it may have got another one.
    case .success(let compiled): if self.source == source { self.compiled = compiled }
    case .failure(let failure) where self.source == source: return self.scriptFailed(failure)
    case .failure: break
    }
    if self.isWanted { self.demand() }
  }

  /// *Terminate Service Worker*, for good.
  func terminate() {
    guard self.life.state != .terminated else { return }
    self.life.terminated()
    self.connection.process?.kill()
    self.failStart(PluginError(name: "AbortError", message: "The plugin was terminated."))
    self.failAllEvents("it was terminated")
    self.endStreams("the worker was terminated")
  }

  /// Ends the worker for good at the first tick at which it has nothing to do: an event that was on
  /// its way is here by then.
  func retire() {
    guard self.life.state != .terminated else { return }
    self.isRetiring = true
    self.startTicking()
  }

  var status: WorkerStatus {
    WorkerStatus(
      state: self.life.name, pid: self.connection.process?.pid, restarts: self.life.restarts,
      events: self.fetchEventCount, errors: self.errorCount)
  }

  // MARK: Orders

  /// - Parameter isTold: whether the log has the reason of a kill already.
  private func perform(_ order: WorkerLife.Order, isTold: Bool = false) {
    switch order {
    case .none: break
    case .launch: self.launch()
    case .launchAfter(let wait):
      self.isBackingOff.store(true, ordering: .relaxed)
      self.eventLoop.scheduleTask(in: wait) { self.backOffEnded() }
    case .ping(let number): self.send(.ping(number))
    case .stop: self.send(.stop)
    case .kill(let reason):
      self.logger.log(level: isTold ? .debug : .error, "The worker is killed: \(reason).")
      self.connection.endReason = reason
      self.connection.isEndTold = isTold
      self.connection.process?.kill()
    }
  }

  private func backOffEnded() {
    self.isBackingOff.store(false, ordering: .relaxed)
    self.now = self.clock.now()
    if self.isWanted {
      self.perform(self.life.backOffEnded(now: self.now))
    } else {
      self.life.abandonedBackOff()
    }
  }

  private var isWanted: Bool { !self.queue.isEmpty || !self.startWaiters.isEmpty }

  private func launch() {
    let generation = self.connection.generation + 1
    self.connection = WorkerConnection(generation: generation)
    self.openCalls = 0
    self.wasFloodTold = false
    self.lastFetch = 0
    self.lastCachedResponse = firstCachedResponse
    self.lastCall = 0
    self.startTicking()
    self.launcher.launch { event in
      self.eventLoop.execute { self.processEvent(event, generation: generation) }
    }
    var start = WorkerStart(
      name: self.configuration.name, scriptURL: self.configuration.scriptURL,
      scriptPath: self.configuration.scriptPath, scope: self.configuration.scope,
      source: self.compiled.map(decodeScript) ?? self.source ?? "",
      isModule: self.configuration.isModule,
      config: self.configuration.config)
    if let snapshot { start.registration = snapshot.packed }
    self.send(.start(start))
  }

  /// The host has found a reason to end the worker.
  func condemn(_ reason: String) { self.perform(self.life.condemned(reason)) }

  /// The worker broke the protocol: nothing more is believed of what it says.
  func violated(_ reason: String, generation: Int) {
    guard generation == self.connection.generation else { return }
    self.connection.isTrusted = false
    self.condemn(reason)
  }

  // MARK: Floods

  /// A frame has cost the host that much.
  ///
  /// - Returns: how long nothing more of this worker's is looked at; `nil` where it goes on.
  func spent(_ cost: Int) -> TimeAmount? {
    let wait = self.frameAllowance.spend(cost) { .now() }
    if wait != nil, !self.wasFloodTold {
      self.wasFloodTold = true
      self.logger.warning("The worker sends more than the host will take, and is slowed down.")
    }
    return wait
  }

  /// Whether a line of the console is still within what a plugin may write.
  func mayLog(_ line: String) -> Bool {
    let isWithin = self.lineAllowance.take(1 + line.utf8.count / 1_024) { .now() }
    if !isWithin { self.droppedLines += 1 }
    return isWithin
  }

  private func tellDroppedLines() {
    guard self.droppedLines > 0 else { return }
    self.logger.warning(
      "\(self.droppedLines) lines of the console were left out: it writes too many.")
    self.droppedLines = 0
  }

  // MARK: The tick

  /// Whether ``now`` is kept up to date.
  var isTicking: Bool { self.tick != nil }

  private func startTicking() {
    guard self.tick == nil else { return }
    self.tick = self.eventLoop.scheduleRepeatedTask(
      initialDelay: self.clock.tick, delay: self.clock.tick
    ) { _ in self.ticked() }
  }

  private func ticked() {
    let last = self.now
    self.now = self.clock.now()
    self.life.hostStalled(for: self.clock.stall(since: last, now: self.now))
    self.tellDroppedLines()
    self.failLateEvents()
    self.limitExtendedEvents()
    if self.isRetiring, !self.isBusy { self.terminate() }
    let process = self.connection.process
    self.perform(
      self.life.ticked(now: self.now, isBusy: self.isBusy) { process?.residentBytes() })
    guard self.life.isAtRest, self.events.isEmpty else { return }
    self.tick?.cancel()
    self.tick = nil
  }

  private var isBusy: Bool {
    !self.events.isEmpty || !self.receivers.isEmpty || self.connection.extendedUntil != nil
      || self.senders.values.contains { $0.isWanted }
      || self.fetches.values.contains { $0.isPending }
      || (self.caches?.pendingCalls ?? 0) > 0
  }

  // MARK: The process

  private func processEvent(_ event: WorkerProcessEvent, generation: Int) {
    guard generation == self.connection.generation else { return }
    switch event {
    case .launched(let process): self.launched(process, generation: generation)
    case .failed(let reason):
      self.connection.endReason = "it could not be started: \(reason)"
      self.connection.isClosed = true
      self.connection.hasExited = true
      self.finishConnection()
    case .exited(let how, let outOfMemory):
      self.connection.exited()
      if outOfMemory {
        self.condemn("it used more than \(self.configuration.memoryLimit >> 20) MiB of memory")
      }
      if self.connection.endReason == nil { self.connection.endReason = how }
      self.finishConnection()
    }
  }

  private func launched(_ process: any WorkerProcess, generation: Int) {
    self.connection.process = process
    // Condemned or terminated before it was there.
    if self.life.state != .starting { process.kill() }
    guard let socket = process.takeSocket() else {
      self.connection.isClosed = true
      return self.condemn("its socket is gone")
    }
    connectWorkerSocket(socket, core: self, generation: generation).whenComplete { result in
      switch result {
      case .success(let channel):
        guard !self.connection.isClosed else { return }
        self.connection.channel = channel
        self.flush()
      case .failure(let error):
        self.connection.isClosed = true
        self.condemn("its socket could not be opened (\(error))")
        self.finishConnection()
      }
    }
  }

  func channelClosed(generation: Int) {
    guard generation == self.connection.generation, !self.connection.isClosed else { return }
    self.connection.isClosed = true
    self.connection.channel = nil
    if !self.connection.hasExited { self.perform(self.life.lostConnection()) }
    self.finishConnection()
  }

  /// The process is gone and everything that it sent has been read: what of its events?
  private func finishConnection() {
    guard self.connection.hasExited, self.connection.isClosed, !self.connection.isFinished else {
      return
    }
    self.connection.isFinished = true
    self.connection.process = nil
    let reason = self.connection.endReason ?? "it ended"
    if self.life.isExpectedToStop {
      self.logger.debug("The worker stopped.")
    } else {
      let level = self.connection.isEndTold ? Logger.Level.debug : .warning
      self.logger.log(level: level, "The worker ended: \(reason).")
    }
    self.endStreams("the plugin's worker ended: \(reason)")
    if !self.life.isExpectedToStop {
      self.failStart(
        PluginError(
          name: "AbortError",
          message: "The worker of the plugin \(self.configuration.name) ended: \(reason)."))
    }
    self.settleEventsOfDeadWorker(reason)
    self.now = self.clock.now()
    self.perform(self.life.exited(now: self.now, isWanted: self.isWanted))
  }

  // MARK: The start

  func becameReady(_ listeners: [String]) -> Bool {
    guard self.life.becameReady(now: self.now) else { return false }
    self.connection.wasReady = true
    self.eventTypes = Set(listeners)
    // Without a listener for `install` there is nothing to wait for before the worker is installed.
    if !self.eventTypes.contains("install") { self.imports.close() }
    let waiters = self.startWaiters
    self.startWaiters = []
    for waiter in waiters { waiter(.success(self.eventTypes)) }
    self.sendQueue()
    return true
  }

  func startFailed(_ failure: ScriptFailure) -> Bool {
    guard self.life.state == .starting else { return false }
    self.scriptFailed(failure)
    self.perform(self.life.condemned("its script could not be evaluated"), isTold: true)
    return true
  }

  private func scriptFailed(_ failure: ScriptFailure) {
    let error = failure.pluginError(
      source: failure.file == self.configuration.scriptPath
        ? self.source : self.imports.source(named: failure.file))
    // Whoever waits for the start says it; after a later start only the log can.
    if self.startWaiters.isEmpty {
      self.logger.error("The script could not be evaluated: \(error.message)")
    }
    self.failStart(error)
    self.failAllEvents("its script failed: \(failure.message)")
  }

  private func failStart(_ error: PluginError) {
    let waiters = self.startWaiters
    self.startWaiters = []
    for waiter in waiters { waiter(.failure(error)) }
  }
}
