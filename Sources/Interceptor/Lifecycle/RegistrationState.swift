/// The workers of a registration and the steps from one to another
/// ([Service Workers §2.2](https://w3c.github.io/ServiceWorker/#service-worker-registration-lifetime)):
/// facts in, orders out.
///
/// A step that comes too late, because the plugin was unregistered meanwhile, is refused and changes
/// nothing.
struct RegistrationState: Sendable {
  private(set) var installing: ServiceWorker?
  private(set) var waiting: ServiceWorker?
  private(set) var active: ServiceWorker?
  /// Whether it was taken out of the registration map.
  private(set) var isUnregistered = false
  private var lastNumber: UInt32 = 0

  /// *Get Newest Worker*.
  var newest: ServiceWorker? { self.installing ?? self.waiting ?? self.active }

  /// The number of the next worker.
  mutating func nextNumber() -> UInt32 {
    self.lastNumber += 1
    return self.lastNumber
  }

  /// *Install*, its first steps. Returns whether it may go on.
  mutating func installBegan(_ worker: ServiceWorker) -> Bool {
    guard !self.isUnregistered, self.installing == nil else { return false }
    self.installing = worker
    worker.setState(.installing)
    return true
  }

  /// *Install*: the event failed, or took too long. Returns whether the worker still was the one
  /// that installs; it is redundant now.
  mutating func installFailed(_ worker: ServiceWorker) -> Bool {
    guard self.installing === worker else { return false }
    self.installing = nil
    worker.setState(.redundant)
    return true
  }

  /// *Install*: all promises that extended the event were fulfilled.
  ///
  /// - Returns: the worker that had waited and is redundant now; `nil` where the step is refused.
  mutating func installSucceeded(_ worker: ServiceWorker) -> ServiceWorker?? {
    guard self.installing === worker else { return nil }
    let redundant = self.waiting
    redundant?.setState(.redundant)
    self.installing = nil
    self.waiting = worker
    worker.setState(.installed)
    return .some(redundant)
  }

  /// What *Activate* begins with.
  struct Activation {
    var worker: ServiceWorker
    /// The active worker until now, which is redundant.
    var replaced: ServiceWorker?
  }

  /// *Try Activate*, and the steps of *Activate* up to its event; `nil` where nothing waits or it has
  /// to go on waiting.
  ///
  /// The specification also waits until the active worker has no event pending. Under a steady load
  /// there always is one; so here the worker that is replaced finishes its events while the next one
  /// already takes new ones.
  ///
  /// - Parameter isUsed: whether a client uses the registration.
  mutating func tryActivate(isUsed: Bool) -> Activation? {
    guard let worker = self.waiting, self.active?.state != .activating else { return nil }
    guard self.active == nil || !isUsed || worker.skipsWaiting else { return nil }
    let replaced = self.active
    replaced?.setState(.redundant)
    self.waiting = nil
    self.active = worker
    worker.setState(.activating)
    return Activation(worker: worker, replaced: replaced)
  }

  /// *Activate*: the event is over. Its failures do not keep the worker from becoming activated.
  mutating func activateEnded(_ worker: ServiceWorker) -> Bool {
    guard self.active === worker, worker.state == .activating else { return false }
    worker.setState(.activated)
    return true
  }

  /// What is left of a registration that is stored is here again: what was active is so still.
  mutating func restored(waiting: ServiceWorker?, active: ServiceWorker?) {
    self.waiting = waiting
    self.active = active
    waiting?.setState(.installed)
    active?.setState(.activated)
  }

  /// *Clear Registration*: all workers become redundant. Returns them.
  mutating func cleared() -> [ServiceWorker] {
    self.isUnregistered = true
    let workers = [self.installing, self.waiting, self.active].compactMap { $0 }
    for worker in workers { worker.setState(.redundant) }
    (self.installing, self.waiting, self.active) = (nil, nil, nil)
    return workers
  }

  /// What the script of a worker sees of it.
  func snapshot(
    for worker: ServiceWorker, updateViaCache: UpdateViaCache
  ) -> RegistrationSnapshot {
    func entry(_ worker: ServiceWorker) -> RegistrationSnapshot.Worker {
      RegistrationSnapshot.Worker(number: worker.number, state: worker.state)
    }
    return RegistrationSnapshot(
      own: entry(worker), installing: self.installing.map(entry), waiting: self.waiting.map(entry),
      active: self.active.map(entry), updateViaCache: updateViaCache)
  }
}
