import FetchModel
import Interceptor
import Synchronization

/// A plugin worker whose behaviour a test sets, and that notes what it was asked.
final class FakePlugin: PluginWorker {
  struct Behaviour: Sendable {
    var eventTypes: Set<String> = ["install", "activate", "fetch"]
    var runError: PluginError?
    var installError: PluginError?
    var activateError: PluginError?
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
  }

  private let behaviour: Behaviour
  private let seen = Mutex(Seen())
  private let delegateBox = Mutex<(any PluginWorkerDelegate)?>(nil)

  init(_ change: (inout Behaviour) -> Void = { _ in }) {
    var behaviour = Behaviour()
    change(&behaviour)
    self.behaviour = behaviour
  }

  var calls: [String] { self.seen.withLock { $0.calls } }
  var requests: [FetchRequest] { self.seen.withLock { $0.requests } }
  var hidden: [HeaderList] { self.seen.withLock { $0.hidden } }
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
    _ request: FetchRequest, hidden: HeaderList,
    completion: @escaping @Sendable (FetchDispatchResult) -> Void
  ) {
    self.seen.withLock { seen in
      seen.calls.append("fetch")
      seen.requests.append(request)
      seen.hidden.append(hidden)
    }
    completion(self.behaviour.fetch(request))
  }

  func terminate() { self.note("terminate") }
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

  func register(_ name: String, _ scopes: [String], _ worker: FakePlugin = FakePlugin())
    async throws(PluginError)
  {
    try await self.register(
      name: name, scriptURL: "https://a.test/\(name).js", scopes: scopes, worker: worker)
  }
}

/// A list of fields as text, for comparing.
func text(_ headers: HeaderList) -> [String] {
  (0..<headers.count).map { "\(headers.name(at: $0)): \(headers.value(at: $0))" }
}
