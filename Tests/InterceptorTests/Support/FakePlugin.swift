import FetchModel
import Interceptor
import Synchronization

/// A plugin worker whose behaviour a test sets, and that notes what it was asked.
final class FakePlugin: PluginWorker {
  struct Behaviour: Sendable {
    var eventTypes: Set<String> = ["install", "activate", "fetch"]
    var isRunning = true
    var runError: PluginError?
    var installError: PluginError?
    var activateError: PluginError?
    /// What the script imports: URL → text.
    var imports: [String: String] = [:]
    /// Called in `install`.
    var onInstall: (@Sendable () async -> Void)?
    /// Called in `activate`.
    var onActivate: (@Sendable () async -> Void)?
    var fetch: @Sendable (FetchRequest) -> FetchDispatchResult = {
      .noResponse(defaultPrevented: false, bodyUsed: false, body: $0.body)
    }
  }

  struct Seen: Sendable {
    var calls: [String] = []
    var requests: [FetchRequest] = []
    var hidden: [HeaderList] = []
    var events: [FetchEventInit] = []
    var snapshots: [RegistrationSnapshot] = []
  }

  private let behaviour: Behaviour
  private let seen = Mutex(Seen())
  let resources = Mutex(ScriptResources(main: []))
  private let delegateBox = Mutex<(any PluginWorkerDelegate)?>(nil)

  init(_ change: (inout Behaviour) -> Void = { _ in }) {
    var behaviour = Behaviour()
    change(&behaviour)
    self.behaviour = behaviour
  }

  var calls: [String] { self.seen.withLock { $0.calls } }
  var requests: [FetchRequest] { self.seen.withLock { $0.requests } }
  var hidden: [HeaderList] { self.seen.withLock { $0.hidden } }
  var events: [FetchEventInit] { self.seen.withLock { $0.events } }
  var snapshots: [RegistrationSnapshot] { self.seen.withLock { $0.snapshots } }
  var delegate: (any PluginWorkerDelegate)? { self.delegateBox.withLock { $0 } }

  private func note(_ call: String) { self.seen.withLock { $0.calls.append(call) } }

  func setDelegate(_ delegate: any PluginWorkerDelegate) {
    self.delegateBox.withLock { $0 = delegate }
  }

  func run() async throws(PluginError) -> Set<String> {
    self.note("run")
    if let error = self.behaviour.runError { throw error }
    return self.behaviour.eventTypes
  }

  func install() async throws(PluginError) {
    self.note("install")
    await self.behaviour.onInstall?()
    if let error = self.behaviour.installError { throw error }
  }

  func activate() async throws(PluginError) {
    self.note("activate")
    await self.behaviour.onActivate?()
    if let error = self.behaviour.activateError { throw error }
  }

  func dispatchFetch(
    _ event: FetchEventInit, completion: @escaping @Sendable (FetchDispatchResult) -> Void
  ) {
    self.seen.withLock { seen in
      seen.calls.append("fetch")
      seen.requests.append(event.request)
      seen.hidden.append(event.hidden)
      seen.events.append(event)
    }
    completion(self.behaviour.fetch(event.request))
  }

  var isRunning: Bool { self.behaviour.isRunning }

  func scriptResources() async -> ScriptResources {
    var resources = self.resources.withLock { $0 }
    for (url, text) in self.behaviour.imports where resources.imported[url] == nil {
      resources.imported[url] = Array(text.utf8)
    }
    return resources
  }

  func registrationChanged(_ snapshot: RegistrationSnapshot) {
    self.seen.withLock { $0.snapshots.append(snapshot) }
  }

  func status() async -> WorkerStatus { WorkerStatus(state: "running", pid: 1) }

  func retire() { self.note("retire") }

  func terminate() { self.note("terminate") }
}

/// Gives out workers that a test has made, one for each version.
final class FakeFactory: PluginWorkerFactory {
  struct Source: Sendable {
    var script = "script"
    var kind = ScriptResources.Kind.classic
    var error: PluginError?
    /// What imported scripts are when they are fetched again.
    var imported: [String: String] = [:]
    var workers: [FakePlugin] = []
    /// Whether each worker that was made had been installed before.
    var made: [Bool] = []
    var fetchCount = 0
  }

  private let source: Mutex<Source>

  init(_ workers: FakePlugin...) {
    self.source = Mutex(Source(workers: workers))
  }

  var made: [Bool] { self.source.withLock { $0.made } }
  var fetchCount: Int { self.source.withLock { $0.fetchCount } }

  func change(_ body: (inout sending Source) -> Void) { self.source.withLock { body(&$0) } }

  func fetchScript() async throws(PluginError) -> ScriptResources {
    let source = self.source.withLock { source in
      source.fetchCount += 1
      return source
    }
    if let error = source.error { throw error }
    var resources = ScriptResources(kind: source.kind, main: Array(source.script.utf8))
    if source.kind == .module {
      resources.imported = source.imported.mapValues { Array($0.utf8) }
    }
    return resources
  }

  func fetchImportedScript(_ url: String) async -> [UInt8]? {
    self.source.withLock { $0.imported[url] }.map { Array($0.utf8) }
  }

  func makeWorker(_ resources: ScriptResources, isInstalled: Bool) -> any PluginWorker {
    let plugin = self.source.withLock { source in
      source.made.append(isInstalled)
      return source.workers.isEmpty ? FakePlugin() : source.workers.removeFirst()
    }
    plugin.resources.withLock { $0 = resources }
    return plugin
  }
}

extension ServiceWorkerRegistry {
  /// The plugin that claims a URL.
  func claimant(of url: String) -> String? { self.claim(url)?.pluginName }

  func claim(_ url: String) -> (any Claim)? {
    Array(url.utf8).withUnsafeBytes { self.claim(for: $0) }
  }

  func covers(_ origin: String) -> Bool {
    Array(origin.utf8).withUnsafeBytes { self.coversOrigin($0) }
  }

  @discardableResult
  func register(
    _ name: String, _ scopes: [String], _ worker: FakePlugin = FakePlugin(),
    policy: FailurePolicy = .networkError
  ) async throws(PluginError) -> UpdateOutcome {
    try await self.register(name, scopes, factory: FakeFactory(worker), policy: policy)
  }

  @discardableResult
  func register(
    _ name: String, _ scopes: [String], factory: FakeFactory,
    policy: FailurePolicy = .networkError
  ) async throws(PluginError) -> UpdateOutcome {
    try await self.register(
      PluginDescription(
        name: name, scriptURL: "https://a.test/\(name).js", scopes: scopes, failurePolicy: policy),
      factory: factory)
  }
}

/// A list of fields as text, for comparing.
func text(_ headers: HeaderList) -> [String] {
  (0..<headers.count).map { "\(headers.name(at: $0)): \(headers.value(at: $0))" }
}
