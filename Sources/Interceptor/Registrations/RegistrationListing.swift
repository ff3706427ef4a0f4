/// What a listing says of a registration.
public struct RegistrationListing: Sendable, Equatable {
  /// What it says of one of its workers.
  public struct Worker: Sendable, Equatable {
    /// Which version it is, from 1 on in the order in which they were made.
    public var number: UInt32
    public var state: ServiceWorkerState
    /// The event types that the script listens for, sorted.
    public var eventTypes: [String]
    /// The URLs of the scripts that it has imported, sorted.
    public var imported: [String] = []
    /// `nil` where it was not asked for.
    public var status: WorkerStatus?
  }

  /// The plugin's name.
  public var name: String
  public var kind: PluginKind
  /// The scopes, serialised.
  public var scopes: [String]
  public var scriptURL: String
  public var match: MatchMode
  public var failurePolicy: FailurePolicy
  public var installing: Worker?
  public var waiting: Worker?
  public var active: Worker?

  /// The worker that was made last.
  public var newest: Worker? { self.installing ?? self.waiting ?? self.active }
}

/// What a listing says of a worker.
public struct WorkerStatus: Sendable, Equatable {
  /// `stopped`, `backing-off`, `starting`, `running`, `stopping`, `dying` or `terminated`.
  public var state: String
  /// The process, where there is one.
  public var pid: Int32?
  /// How many times it was started again after a crash or a kill.
  public var restarts: Int
  /// Fetch events since the beginning.
  public var events: Int
  /// Fetch events that ended in an error of the plugin.
  public var errors: Int
  /// Of several workers of a plugin each one's own status; empty where there is one.
  public var instances: [WorkerStatus] = []

  public init(state: String, pid: Int32? = nil, restarts: Int = 0, events: Int = 0, errors: Int = 0)
  {
    self.state = state
    self.pid = pid
    self.restarts = restarts
    self.events = events
    self.errors = errors
  }
}
