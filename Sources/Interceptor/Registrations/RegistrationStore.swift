/// Where registrations survive the end of the program.
///
/// What a store cannot read or write is its own concern: it logs, and the program goes on without.
public protocol RegistrationStore: AnyObject, Sendable {
  /// The registration of that name, `nil` where there is none.
  func load(name: String) async -> StoredRegistration?
  /// Replaces the registration of that name.
  func save(_ registration: StoredRegistration) async
  /// Forgets the registration of that name.
  func remove(name: String) async
}

/// A registration as it is stored.
public struct StoredRegistration: Sendable, Equatable {
  /// One of its workers.
  public struct Worker: Sendable, Equatable {
    /// The event types that the script listens for.
    public var eventTypes: Set<String>
    public var resources: ScriptResources
    /// The routes of `InstallEvent.addRoutes()`, as the script gave them; `nil` without any.
    public var routes: String?

    public init(eventTypes: Set<String>, resources: ScriptResources, routes: String? = nil) {
      self.eventTypes = eventTypes
      self.resources = resources
      self.routes = routes
    }
  }

  public var name: String
  public var scriptURL: String
  /// Serialised.
  public var scopes: [String]
  public var waiting: Worker?
  public var active: Worker?
  public var navigationPreload: NavigationPreloadState
  /// When the script was last compared with its source, in milliseconds since 1970.
  public var lastUpdateCheck: Int64

  public init(
    name: String, scriptURL: String, scopes: [String], waiting: Worker? = nil,
    active: Worker? = nil, navigationPreload: NavigationPreloadState = NavigationPreloadState(),
    lastUpdateCheck: Int64 = 0
  ) {
    self.name = name
    self.scriptURL = scriptURL
    self.scopes = scopes
    self.waiting = waiting
    self.active = active
    self.navigationPreload = navigationPreload
    self.lastUpdateCheck = lastUpdateCheck
  }
}

/// The *navigation preload enabled flag* and *header value* of a registration.
public struct NavigationPreloadState: Sendable, Equatable {
  public var isEnabled: Bool
  /// What `Service-Worker-Navigation-Preload` says.
  public var headerValue: String

  public init(isEnabled: Bool = false, headerValue: String = "true") {
    self.isEnabled = isEnabled
    self.headerValue = headerValue
  }
}
