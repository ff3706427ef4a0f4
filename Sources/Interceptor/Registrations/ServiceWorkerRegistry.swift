public import FetchModel
import Synchronization

/// The registrations of all plugins, and which of them claims a request: the *registration map* of
/// the Service Workers specification, and the jobs that change it.
///
/// ```swift
/// let registry = ServiceWorkerRegistry(store: store, now: { milliseconds() })
/// try await registry.register(
///   PluginDescription(
///     name: "hello", scriptURL: "https://example.com/hello.js", scopes: ["https://example.com/"]),
///   factory: factory)
/// ```
///
/// All methods may be called from any thread.
public final class ServiceWorkerRegistry: RequestInterceptor {
  private let map = Mutex<[ServiceWorkerRegistration]>([])
  private let index = Mutex(Indices())
  let clients = Mutex(ClientTable())
  let queues = Mutex<[String: JobQueue]>([:])
  let writer: StoreWriter?
  let caches: (any ResponseCache)?
  /// Asks for permission before a page's request goes on to the network; `nil` for nobody.
  let fetcher: HTTPFetcher?
  let now: @Sendable () -> Int64
  let onSoftUpdate: @Sendable (String, Result<UpdateOutcome, PluginError>) -> Void

  /// - Parameters:
  ///   - store: where registrations survive the end of the program; `nil` for nowhere.
  ///   - caches: what routes to a cache look into; `nil` where there are no caches.
  ///   - fetcher: makes the preflights of pages' requests that go on to the network: what pages' browsers
  ///     have asked was answered here. `nil` for none.
  ///   - now: the time in milliseconds since 1970.
  ///   - onSoftUpdate: is told, with the plugin's name, what came of an update that a request was the
  ///     reason for, where its script had changed or could not be had.
  public init(
    store: (any RegistrationStore)? = nil, caches: (any ResponseCache)? = nil,
    fetcher: HTTPFetcher? = nil, now: @escaping @Sendable () -> Int64 = { 0 },
    onSoftUpdate: @escaping @Sendable (String, Result<UpdateOutcome, PluginError>) -> Void = {
      _, _ in
    }
  ) {
    self.onSoftUpdate = onSoftUpdate
    self.caches = caches
    self.fetcher = fetcher
    self.writer = store.map { StoreWriter($0) }
    self.now = now
  }

  // MARK: What a plugin's operator does

  /// What came of a registration or an update.
  public enum UpdateOutcome: String, Sendable {
    /// The script is the same as before; the worker that was there stays.
    case unchanged
    /// A new worker is installed and waits until no client uses the old one.
    case waiting
    /// A new worker is active.
    case activated
  }

  /// Registers a plugin (*Register*, *Update*, *Install* and *Activate*); returns when its worker is
  /// activated, or waits, and that is stored.
  ///
  /// Where the store has the plugin with the same script URL, it is there again at once, and its
  /// script is compared with its source: one that has not changed is not installed again.
  ///
  /// - Parameters:
  ///   - description: the plugin; its name must be free.
  ///   - factory: where its script comes from, and what makes its workers.
  /// - Throws: ``PluginError``: a scope is not valid or held by another plugin, the script cannot be
  ///   had or evaluated, or `install` failed. What the store had stays registered then; otherwise
  ///   nothing is left.
  @discardableResult
  public func register(
    _ description: PluginDescription, factory: any PluginWorkerFactory
  ) async throws(PluginError) -> UpdateOutcome {
    var description = description
    description.scopes = try serialiseScopes(description.scopes, pluginName: description.name)
    return try await self.outcome(
      of: self.schedule(Job(name: description.name, .register(description, factory))))
  }

  /// Looks whether the plugin's script has changed, and installs the new one (*Update*).
  ///
  /// - Throws: ``PluginError``: there is no plugin of that name, or the new script cannot be had or
  ///   evaluated, or its `install` failed. The worker that was there goes on.
  @discardableResult
  public func update(name: String) async throws(PluginError) -> UpdateOutcome {
    try await self.outcome(of: self.schedule(Job(name: name, .update)))
  }

  /// Takes a plugin out, whatever it is doing: its URLs are no longer claimed from now on. Its worker
  /// ends when its events are over. The store forgets it.
  ///
  /// - Returns: whether there was a plugin of that name.
  @discardableResult
  public func unregister(name: String) -> Bool { self.clear(name: name) }

  /// Ends all workers at once and forgets all registrations, but for the store: the program ends
  /// (*Handle User Agent Shutdown*). Returns when everything is stored.
  public func shutDown() async {
    await self.writer?.flush()
    let registrations = self.map.withLock { map in
      defer { map = [] }
      return map
    }
    self.publishScopes()
    for registration in registrations {
      let workers = registration.step { $0.cleared() }
      for worker in workers { worker.becameRedundant() }
      registration.releaseWaitingEvents()
      for worker in workers { worker.worker.terminate() }
    }
  }

  private func outcome(of job: Job) async throws(PluginError) -> UpdateOutcome {
    let result = try await job.completion.value()
    var outcome = UpdateOutcome.unchanged
    if case .installed(let worker) = result {
      outcome = worker.state == .installed ? .waiting : .activated
      if outcome == .activated { try await worker.activation.value() }
    }
    await self.writer?.flush()
    return outcome
  }

  // MARK: Listings

  /// All registrations in the order in which they were made, those under way included; without the
  /// workers' status.
  public var registrations: [RegistrationListing] {
    self.map.withLock { $0 }.map { $0.listing }
  }

  /// All registrations with the status of their workers.
  public func listings() async -> [RegistrationListing] {
    var listings: [RegistrationListing] = []
    for registration in self.map.withLock({ $0 }) {
      let workers = registration.state.withLock { $0.workers }
      var listing = registration.listing
      listing.installing?.status = await workers.installing?.worker.status()
      listing.waiting?.status = await workers.waiting?.worker.status()
      listing.active?.status = await workers.active?.worker.status()
      listings.append(listing)
    }
    return listings
  }

  // MARK: RequestInterceptor

  /// Every origin is covered where a plugin matches by client: its clients' requests go anywhere.
  public func coversOrigin(_ origin: UnsafeRawBufferPointer) -> Bool {
    let indices = self.index.withLock { $0 }
    return indices.clientMatch != nil || indices.urls.contains(origin: origin)
  }

  public func claim(for url: UnsafeRawBufferPointer) -> (any Claim)? {
    let indices = self.index.withLock { $0 }
    return indices.urls.match(url) ?? indices.clientMatch
  }

  /// *Match Service Worker Registration* among those with `match: client`.
  func matchClientScopes(_ url: String) -> ServiceWorkerRegistration? {
    let index = self.index.withLock { $0 }.clients
    var url = url
    return url.withUTF8 { index.match(UnsafeRawBufferPointer($0)) }
  }

  /// *Match Service Worker Registration* among all.
  func matchRegistration(_ url: String) -> ServiceWorkerRegistration? {
    let index = self.index.withLock { $0 }.urls
    var url = url
    return url.withUTF8 { index.match(UnsafeRawBufferPointer($0)) }
      ?? self.matchClientScopes(url)
  }

  /// The scopes of registrations with an active worker.
  private struct Indices {
    /// Of those that match by URL.
    var urls = ScopeIndex([])
    /// Of those that match by client.
    var clients = ScopeIndex([])
    /// `nil` where there is none of the latter.
    var clientMatch: ClientMatch?
  }

  // MARK: Changes of the map

  /// *Set Registration*: takes the name and the scopes, so that no other plugin can.
  ///
  /// - Throws: ``PluginError`` where another plugin has the name or one of the scopes.
  func setRegistration(_ registration: ServiceWorkerRegistration) throws(PluginError) {
    let conflict = self.map.withLock { map -> PluginError? in
      if let conflict = Self.conflict(of: registration, with: map) { return conflict }
      map.append(registration)
      return nil
    }
    if let conflict { throw conflict }
  }

  /// Takes it out of the map; its workers are not told.
  func removeFromMap(_ registration: ServiceWorkerRegistration) {
    self.map.withLock { $0.removeAll { $0 === registration } }
    self.publishScopes()
  }

  /// The registration of the plugin of that name.
  func getRegistration(name: String) -> ServiceWorkerRegistration? {
    self.map.withLock { $0.first { $0.pluginName == name } }
  }

  /// Makes the scopes of all registrations that have an active worker those that claim requests.
  func publishScopes() {
    // Built under the lock of the index, so that of two changes the later one stays.
    self.index.withLock { index in
      let active = self.map.withLock { $0 }.filter { $0.active != nil }
      func scopes(_ mode: MatchMode) -> [ScopeIndex.Entry] {
        active.filter { $0.description.match == mode }.flatMap { registration in
          registration.description.scopes.map {
            ScopeIndex.Entry(scope: $0, registration: registration)
          }
        }
      }
      let clients = scopes(.client)
      index = Indices(
        urls: ScopeIndex(scopes(.url)), clients: ScopeIndex(clients),
        clientMatch: clients.isEmpty ? nil : ClientMatch(self))
    }
  }

  private static func conflict(
    of new: ServiceWorkerRegistration, with map: [ServiceWorkerRegistration]
  ) -> PluginError? {
    for old in map {
      if old.pluginName == new.pluginName {
        return PluginError(
          name: "InvalidStateError",
          message: "There are two plugins named \(new.pluginName): give one another name.")
      }
      let taken = old.description.scopes
      if let scope = new.description.scopes.first(where: { taken.contains($0) }) {
        return PluginError(
          name: "InvalidStateError",
          message: "The plugins \(old.pluginName) and \(new.pluginName) have the same scope "
            + "\(scope): change one of them.")
      }
    }
    return nil
  }
}

extension ServiceWorkerRegistration {
  /// What a listing says of it, without the status of its workers.
  var listing: RegistrationListing {
    let workers = self.state.withLock { $0.workers }
    func entry(_ worker: ServiceWorker) -> RegistrationListing.Worker {
      RegistrationListing.Worker(
        number: worker.number, state: worker.state, eventTypes: worker.eventTypes.sorted(),
        imported: worker.resources?.imported.keys.sorted() ?? [])
    }
    let description = self.description
    return RegistrationListing(
      name: description.name, kind: description.kind, scopes: description.scopes,
      scriptURL: description.scriptURL, match: description.match,
      failurePolicy: description.failurePolicy, installing: workers.installing.map(entry),
      waiting: workers.waiting.map(entry), active: workers.active.map(entry))
  }
}
