import NIOCore

/// When a worker process is started, watched, stopped and killed: facts in, orders out. It knows no
/// process and no clock.
struct WorkerLife: Sendable {
  /// The limits of one plugin.
  struct Limits: Sendable {
    /// A worker without anything to do ends after this time.
    var idleTime = TimeAmount.seconds(30)
    /// A worker is asked for a sign of life this often.
    var pingInterval = TimeAmount.seconds(2)
    /// A ping unanswered for this time means that the worker hangs.
    var unresponsiveTime = TimeAmount.seconds(10)
    /// Resident memory in bytes.
    var memory = 512 << 20
  }

  enum State: Equatable {
    /// There is no process and nobody wants one.
    case stopped
    /// Waits to be started again after a crash.
    case backingOff
    /// The process is there or on its way; the script has not been evaluated yet.
    case starting
    case running
    /// It was told to stop.
    case stopping(since: NIODeadline)
    /// It was killed, or its socket is closed; its end has not been seen yet.
    case dying
    /// For good.
    case terminated
  }

  enum Order: Equatable {
    case none
    case launch
    /// Calls ``backOffEnded()`` after this time.
    case launchAfter(TimeAmount)
    case ping(UInt32)
    case stop
    case kill(reason: String)
  }

  private(set) var state = State.stopped
  /// How many times a process was started after one had crashed.
  private(set) var restarts = 0
  private var diesByItself = false
  private var hasCrashed = false
  private let limits: Limits
  private var backOff: BackOff
  private var startedAt = NIODeadline.uptimeNanoseconds(0)
  private var idleSince: NIODeadline?
  private var lastPing: (number: UInt32, at: NIODeadline, isAnswered: Bool)?

  init(limits: Limits = Limits(), backOff: BackOff = BackOff()) {
    self.limits = limits
    self.backOff = backOff
  }

  /// Whether the process that just ended did so by its own doing or by another's, not the host's.
  var diedByItself: Bool { self.state == .dying ? self.diesByItself : true }

  /// Whether events can be sent.
  var isRunning: Bool { self.state == .running }

  /// Somebody wants the worker. Demands share one start.
  mutating func demanded(now: NIODeadline) -> Order {
    guard self.state == .stopped else { return .none }
    return self.launch(now)
  }

  /// The time that ``Order/launchAfter(_:)`` named is over.
  mutating func backOffEnded(now: NIODeadline) -> Order {
    guard self.state == .backingOff else { return .none }
    return self.launch(now)
  }

  /// The script has been evaluated. Returns `false` where that was not expected.
  mutating func becameReady(now: NIODeadline) -> Bool {
    guard self.state == .starting else { return false }
    self.state = .running
    self.idleSince = nil
    return true
  }

  /// The worker answered a ping. Returns `false` where that ping was not asked.
  mutating func ponged(_ number: UInt32) -> Bool {
    guard self.lastPing?.number == number, self.lastPing?.isAnswered == false else { return false }
    self.lastPing?.isAnswered = true
    return true
  }

  /// Some time has passed.
  ///
  /// - Parameters:
  ///   - isBusy: whether the worker has anything to do.
  ///   - residentBytes: the process's memory where it is known. Asked for at every tick: a worker
  ///     that answers no ping, or that has no event, can take memory all the same.
  mutating func ticked(
    now: NIODeadline, isBusy: Bool, residentBytes: () -> Int?
  ) -> Order {
    switch self.state {
    case .starting, .running, .stopping:
      if let bytes = residentBytes(), bytes > self.limits.memory {
        return self.kill(
          "it used \(bytes >> 20) MiB, more than \(self.limits.memory >> 20) MiB of memory")
      }
    case .stopped, .backingOff, .dying, .terminated: return .none
    }
    switch self.state {
    case .stopping(let since):
      return now - since >= self.limits.unresponsiveTime ? self.kill("it did not stop") : .none
    case .running where !isBusy: return self.rest(now)
    default:
      self.idleSince = nil
      return self.watch(now)
    }
  }

  /// The host did not look at its workers for that long: what they sent in the meantime has not been
  /// read, so that time does not count against them.
  mutating func hostStalled(for time: TimeAmount) {
    guard time > .zero else { return }
    if let ping = self.lastPing { self.lastPing?.at = ping.at + time }
    if case .stopping(let since) = self.state { self.state = .stopping(since: since + time) }
  }

  /// The host has a reason of its own to kill it.
  mutating func condemned(_ reason: String) -> Order {
    switch self.state {
    case .starting, .running, .stopping: return self.kill(reason)
    default: return .none
    }
  }

  /// The socket closed before the process ended: of no use any more.
  mutating func lostConnection() -> Order {
    guard case .stopping = self.state else { return self.condemnedByItself() }
    return .none
  }

  /// The process ended, or could not be started.
  ///
  /// - Parameter isWanted: whether somebody waits for the worker.
  mutating func exited(now: NIODeadline, isWanted: Bool) -> Order {
    let before = self.state
    self.lastPing = nil
    self.idleSince = nil
    switch before {
    case .terminated, .stopped, .backingOff: return .none
    case .stopping:
      self.state = .stopped
      return isWanted ? self.launch(now) : .none
    case .starting, .running, .dying: break
    }
    self.hasCrashed = true
    let wait = self.backOff.crashed(ranFor: now - self.startedAt)
    self.state = .backingOff
    return .launchAfter(wait)
  }

  /// Nobody waits for a worker that backs off: it is started when its next event comes.
  mutating func abandonedBackOff() {
    if self.state == .backingOff { self.state = .stopped }
  }

  /// *Terminate Service Worker*, for good.
  mutating func terminated() { self.state = .terminated }

  // MARK: Steps

  private mutating func launch(_ now: NIODeadline) -> Order {
    self.state = .starting
    if self.hasCrashed { self.restarts += 1 }
    self.hasCrashed = false
    self.startedAt = now
    self.diesByItself = false
    self.lastPing = nil
    return .launch
  }

  private mutating func watch(_ now: NIODeadline) -> Order {
    if let ping = self.lastPing {
      if !ping.isAnswered {
        let isLate = now - ping.at >= self.limits.unresponsiveTime
        return isLate ? self.kill("it did not react for \(seconds(now - ping.at)) s") : .none
      }
      if now - ping.at < self.limits.pingInterval { return .none }
    }
    let number = (self.lastPing?.number ?? 0) &+ 1
    self.lastPing = (number, now, false)
    return .ping(number)
  }

  /// Without anything to do it is watched, too: a script that has answered may loop afterwards.
  private mutating func rest(_ now: NIODeadline) -> Order {
    let since = self.idleSince ?? now
    self.idleSince = since
    guard now - since >= self.limits.idleTime else { return self.watch(now) }
    self.state = .stopping(since: now)
    return .stop
  }

  private mutating func kill(_ reason: String) -> Order {
    self.state = .dying
    self.diesByItself = false
    return .kill(reason: reason)
  }

  private mutating func condemnedByItself() -> Order {
    let order = self.condemned("it closed its socket")
    if order != .none { self.diesByItself = true }
    return order
  }
}

private func seconds(_ time: TimeAmount) -> Int64 { time.nanoseconds / 1_000_000_000 }
