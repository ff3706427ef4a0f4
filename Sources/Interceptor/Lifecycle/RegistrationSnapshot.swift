/// A registration as the scripts of its workers see it: `registration.installing`, `.waiting` and
/// `.active`, and `self.serviceWorker`.
public struct RegistrationSnapshot: Sendable, Equatable {
  /// One worker in it.
  public struct Worker: Sendable, Equatable {
    /// Which version it is, from 1 on in the order in which they were made.
    public var number: UInt32
    public var state: ServiceWorkerState

    public init(number: UInt32, state: ServiceWorkerState) {
      self.number = number
      self.state = state
    }
  }

  /// The worker that is told.
  public var own: Worker
  public var installing: Worker?
  public var waiting: Worker?
  public var active: Worker?
  public var updateViaCache: UpdateViaCache

  public init(
    own: Worker, installing: Worker? = nil, waiting: Worker? = nil, active: Worker? = nil,
    updateViaCache: UpdateViaCache = .imports
  ) {
    self.updateViaCache = updateViaCache
    self.own = own
    self.installing = installing
    self.waiting = waiting
    self.active = active
  }
}
