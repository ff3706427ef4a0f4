import FetchModel
import NIOCore

/// What is known of host names, and who waits for what is being asked: the logic of ``HostResolver``,
/// without threads and clock.
struct ResolverCache<Waiter> {
  typealias Answer = Result<[SocketAddress], FetchError>

  /// The bounds, with their defaults.
  struct Limits {
    /// How long addresses are kept.
    var positiveTime = TimeAmount.seconds(30)
    /// How long it is remembered that there were none.
    var negativeTime = TimeAmount.seconds(2)
    /// For how many names answers are kept.
    var names = 4_096
    /// How many names may be asked for at a time.
    var pendingNames = 1_024
    /// How many may wait at a time, for whatever name.
    var waiters = 16_384
  }

  /// What comes of asking for a name.
  enum Reply {
    case known(Answer)
    /// Somebody has asked for the same name; the answer will come for both.
    case joined
    /// The lookup has to be started; ``answered(_:_:at:)`` ends it.
    case start
    /// Too much is being asked for already.
    case refused
  }

  private struct Entry {
    var answer: Answer
    var expiry: NIODeadline
  }

  private let limits: Limits
  private var isStopped = false
  private var entries: LRUCache<String, Entry>
  private var pending: [String: [Waiter]] = [:]
  private var waiterCount = 0

  init(limits: Limits = Limits()) {
    self.limits = limits
    self.entries = LRUCache(capacity: limits.names)
  }

  /// Somebody needs the addresses of a host.
  mutating func asked(for name: String, by waiter: Waiter, at now: NIODeadline) -> Reply {
    if let entry = self.entries.value(for: name), now < entry.expiry { return .known(entry.answer) }
    guard !self.isStopped, self.waiterCount < self.limits.waiters else { return .refused }
    if self.pending[name] != nil {
      self.pending[name]?.append(waiter)
      self.waiterCount += 1
      return .joined
    }
    guard self.pending.count < self.limits.pendingNames else { return .refused }
    self.pending[name] = [waiter]
    self.waiterCount += 1
    return .start
  }

  /// A lookup has ended.
  ///
  /// - Returns: who waited for it, in the order in which they asked.
  mutating func answered(_ name: String, _ answer: Answer, at now: NIODeadline) -> [Waiter] {
    let time =
      switch answer {
      case .success: self.limits.positiveTime
      case .failure: self.limits.negativeTime
      }
    self.entries.insert(Entry(answer: answer, expiry: now + time), for: name)
    let waiters = self.pending.removeValue(forKey: name) ?? []
    self.waiterCount -= waiters.count
    return waiters
  }

  /// There will be no more answers.
  ///
  /// - Returns: who still waits.
  mutating func stopped() -> [Waiter] {
    self.isStopped = true
    let waiters = self.pending.values.flatMap { $0 }
    self.pending = [:]
    self.waiterCount = 0
    return waiters
  }
}
