public import FetchModel
import Synchronization

/// The registrations of all plugins, and which of them claims a request: the *registration map* of
/// the Service Workers specification.
///
/// ```swift
/// let registry = ServiceWorkerRegistry()
/// try await registry.register(
///   name: "hello", scriptURL: "https://example.com/hello.js", scopes: ["https://example.com/"],
///   worker: supervisor)
/// ```
public final class ServiceWorkerRegistry: RequestInterceptor {
  /// What a listing says of a registration.
  public struct Listing: Sendable, Equatable {
    /// The plugin's name.
    public var name: String
    public var scriptURL: String
    /// The scopes, serialised.
    public var scopes: [String]
    public var state: ServiceWorkerState
    /// The event types that the script listens for, sorted.
    public var eventTypes: [String]
    public var failurePolicy: FailurePolicy
  }

  private let map = Mutex<[ServiceWorkerRegistration]>([])
  private let index = Mutex(ScopeIndex([]))

  public init() {}

  /// All registrations in the order in which they were made, those under way included.
  public var registrations: [Listing] {
    self.map.withLock { $0 }.map { registration in
      let state = registration.state.withLock { ($0.lifecycle.state, $0.eventTypes) }
      return Listing(
        name: registration.pluginName, scriptURL: registration.scriptURL,
        scopes: registration.scopes, state: state.0, eventTypes: state.1.sorted(),
        failurePolicy: registration.failurePolicy)
    }
  }

  // MARK: RequestInterceptor

  public func coversOrigin(_ origin: UnsafeRawBufferPointer) -> Bool {
    self.index.withLock { $0 }.contains(origin: origin)
  }

  public func claim(for url: UnsafeRawBufferPointer) -> (any Claim)? {
    self.index.withLock { $0 }.match(url)
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

  /// *Clear Registration*: takes it out of the map. The worker is not told.
  func clearRegistration(_ registration: ServiceWorkerRegistration) {
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
      let entries = self.map.withLock { $0 }
        .filter { $0.state.withLock { $0.lifecycle.isActive } }
        .flatMap { registration in
          registration.scopes.map { ScopeIndex.Entry(scope: $0, registration: registration) }
        }
      index = ScopeIndex(entries)
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
      if let scope = new.scopes.first(where: { old.scopes.contains($0) }) {
        return PluginError(
          name: "InvalidStateError",
          message: "The plugins \(old.pluginName) and \(new.pluginName) have the same scope "
            + "\(scope): change one of them.")
      }
    }
    return nil
  }
}
