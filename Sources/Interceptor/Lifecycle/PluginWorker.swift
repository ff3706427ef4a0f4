public import FetchModel

/// What a plugin kind has to offer: the life of one service worker, seen from outside.
///
/// An implementation starts whatever executes the plugin on demand and may stop it whenever it has
/// no event to handle; nobody above notices. All methods may be called from any thread.
public protocol PluginWorker: AnyObject, Sendable {
  /// Evaluates the script (*Run Service Worker*) and returns the event types it listens for, the
  /// *set of event types to handle*.
  ///
  /// - Throws: ``PluginError`` where the script cannot be evaluated.
  func run() async throws(PluginError) -> Set<String>

  /// Fires `install` and waits for everything that extends it.
  func install() async throws(PluginError)

  /// Fires `activate` and waits for everything that extends it.
  func activate() async throws(PluginError)

  /// Fires `fetch` (*Create Fetch Event and Dispatch*). `completion` is called exactly once, on any
  /// thread; also where the worker dies.
  func dispatchFetch(
    _ event: FetchEventInit, completion: @escaping @Sendable (FetchDispatchResult) -> Void)

  /// Whether it could take an event at once (*is running*).
  var isRunning: Bool { get }

  /// The main script and what it has imported so far: what is kept of the worker after `install`.
  func scriptResources() async -> ScriptResources

  /// The registration, or a state of one of its workers, has changed; called once before ``run()``
  /// too. A worker that does not run learns the last one when it starts.
  func registrationChanged(_ snapshot: RegistrationSnapshot)

  /// Says whom to ask for what the script wants of its registration. Called once, before anything
  /// else; the worker does not own the delegate.
  func setDelegate(_ delegate: any PluginWorkerDelegate)

  /// What a listing says of the worker.
  func status() async -> WorkerStatus

  /// Ends the worker for good as soon as it has nothing to do: its events, what extends them and the
  /// bodies of its answers are finished. No further event comes but for those on their way.
  func retire()

  /// Ends the worker for good, at once (*Terminate Service Worker*).
  func terminate()
}

/// A fetch event's members.
public struct FetchEventInit: Sendable {
  /// `event.request`: what the script may see.
  public var request: FetchRequest
  /// The fields of the client's request that the script must not see. They go back into the plugin's
  /// own fetches that are made from `event.request` (``restoreHiddenFields(of:derivedFrom:to:)``).
  public var hidden: HeaderList
  /// The origin of whoever makes the request, and so that of fetches that are made from
  /// `event.request`; `nil` for the script's.
  public var origin: String?
  /// The client that makes the request; empty for a navigation, and where it is not known.
  public var clientID: String
  /// The client that a navigation makes, empty otherwise.
  public var resultingClientID: String
  /// The client that a navigation replaces, empty where it is not known.
  public var replacesClientID: String
  /// The fetch that is made beside the event.
  public var parallelFetch: ParallelFetch

  public init(
    request: FetchRequest, hidden: HeaderList, origin: String? = nil,
    clientID: String = "", resultingClientID: String = "", replacesClientID: String = "",
    parallelFetch: ParallelFetch = .none
  ) {
    self.parallelFetch = parallelFetch
    self.request = request
    self.hidden = hidden
    self.origin = origin
    self.clientID = clientID
    self.resultingClientID = resultingClientID
    self.replacesClientID = replacesClientID
  }
}

/// A fetch of the event's request that begins at once, while the worker may still have to start.
public enum ParallelFetch: Sendable, Equatable {
  case none
  /// `event.preloadResponse`: the request goes with this value of `Service-Worker-Navigation-Preload`
  /// ([Service Workers §4.6.2](https://w3c.github.io/ServiceWorker/#fetch-event-preloadresponse)).
  case navigationPreload(headerValue: String)
  /// The source `race-network-and-fetch-handler`: a response with an *ok status* is the answer where it
  /// comes before the script's. The script's own `fetch(event.request)` gets the same response.
  case race

  package var isNavigationPreload: Bool {
    if case .navigationPreload = self { true } else { false }
  }

  package var isRace: Bool { if case .race = self { true } else { false } }
}

/// How a fetch event went.
public enum FetchDispatchResult: Sendable {
  /// `respondWith()` got this response, which the script made or has touched.
  case response(FetchResponse)
  /// `respondWith()` got a response of the network whose body nobody has touched: it goes on as it
  /// came.
  case relayed(FetchResponse)
  /// No listener called `respondWith()`.
  ///
  /// - Parameters:
  ///   - defaultPrevented: a listener called `preventDefault()`.
  ///   - bodyUsed: a listener has read or locked the request's body, so it cannot go to the network.
  ///   - body: the request's body with what the worker has been sent of it put back in front.
  case noResponse(defaultPrevented: Bool, bodyUsed: Bool, body: FetchBody)
  /// `respondWith()` got a rejection or something that is no response: a network error.
  case failed(FetchError)
  /// The worker could not take the event, or died, hung or was killed over it. The body is the
  /// request's, whole, where nothing of it was lost; `nil` otherwise.
  case workerFailed(FetchError, body: FetchBody?)
}

/// What a worker asks of the registration that it belongs to.
public protocol PluginWorkerDelegate: AnyObject, Sendable {
  /// `self.skipWaiting()`.
  func pluginWorkerSkipsWaiting(_ worker: any PluginWorker) async
  /// `clients.claim()`.
  ///
  /// - Throws: ``PluginError`` named `InvalidStateError` where the worker is not the active one.
  func pluginWorkerClaimsClients(_ worker: any PluginWorker) async throws(PluginError)
  /// `clients.get()`.
  func pluginWorker(_ worker: any PluginWorker, client id: String) async -> ClientDescription?
  /// `clients.matchAll()`: in the order in which they were made.
  func pluginWorker(
    _ worker: any PluginWorker, clientsMatching query: ClientQuery
  ) async -> [ClientDescription]
  /// `InstallEvent.addRoutes()`.
  ///
  /// - Parameter rules: the rules as the worker's script writes them, from the plugin's process.
  /// - Throws: ``PluginError`` named `TypeError` where a rule is not valid or there are too many;
  ///   `InvalidStateError` where the worker does not install.
  func pluginWorker(
    _ worker: any PluginWorker, addsRoutes rules: String
  ) async throws(PluginError)
  /// `registration.update()`. Returns where *Install* begins, or where there is nothing to install.
  ///
  /// - Throws: ``PluginError``: `InvalidStateError` where the worker is installing itself.
  func pluginWorkerUpdates(_ worker: any PluginWorker) async throws(PluginError)
  /// `registration.unregister()`. Returns whether there was a registration.
  func pluginWorkerUnregisters(_ worker: any PluginWorker) async -> Bool
  /// The operations of `registration.navigationPreload`.
  ///
  /// - Parameter change: `nil` for `getState()`.
  /// - Throws: ``PluginError``: `InvalidStateError` where there is no active worker, `TypeError` where
  ///   the value is none of a field.
  func pluginWorker(
    _ worker: any PluginWorker, changesNavigationPreload change: NavigationPreloadChange?
  ) async throws(PluginError) -> NavigationPreloadState
}

/// A change that a script makes to its registration's navigation preload.
public enum NavigationPreloadChange: Sendable, Equatable {
  case enable
  case disable
  case setHeaderValue(String)
}

/// Why a plugin could not be loaded or an event of its life failed.
public struct PluginError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The name of the JavaScript error where there is one (`SyntaxError`, `InvalidStateError`).
  public var name: String
  /// What happened, for the person who wrote the plugin; may have several lines: the message, then
  /// `FILE:LINE:COLUMN`, the text of the line and a caret.
  public var message: String

  public init(name: String, message: String) {
    self.name = name
    self.message = message
  }

  public var description: String { self.message }
}
