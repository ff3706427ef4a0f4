import NIOCore

/// How many connections there are to each origin and in all, and who waits for one: the counting of
/// ``UpstreamPool``, without connections and clock.
///
/// Who waits is served in the order of asking, as soon as a connection to the same origin is free or
/// may be opened.
struct ConnectionQuota<Key: Hashable> {
  /// Names one who waits.
  typealias Ticket = UInt64

  struct Limits: Equatable, Sendable {
    /// Connections to one origin, unused ones included.
    var perOrigin: Int
    /// Connections to all origins.
    var total: Int
    /// How many may wait.
    var waiting: Int
    /// How long each of them may.
    var waitTime: TimeAmount
  }

  /// What comes of asking for a new connection.
  enum Admission: Equatable {
    /// It may be opened, and counts from now on until ``released(_:)``.
    case open
    case wait(Ticket)
    /// Too many wait already.
    case refused
  }

  private struct Waiting {
    var ticket: Ticket
    var key: Key
    var deadline: NIODeadline
  }

  private let limits: Limits
  private var counts: [Key: Int] = [:]
  private var waiting: CircularBuffer<Waiting> = []
  private var lastTicket: Ticket = 0
  /// How many connections there are.
  private(set) var total = 0

  init(limits: Limits) { self.limits = limits }

  /// Whether anybody waits.
  var hasWaiting: Bool { !self.waiting.isEmpty }

  /// Whether there may be no further connection to any origin.
  var isFull: Bool { self.total >= self.limits.total }

  /// Whether there may be no further connection to this origin.
  func isFull(_ key: Key) -> Bool { self.counts[key, default: 0] >= self.limits.perOrigin }

  /// Whether somebody waits for nothing but that there be one connection less in all.
  var wantsRoom: Bool {
    self.isFull && self.waiting.contains { !self.isFull($0.key) }
  }

  /// Somebody needs a new connection.
  mutating func requested(_ key: Key, at now: NIODeadline) -> Admission {
    if !self.isFull, !self.isFull(key) {
      self.count(key)
      return .open
    }
    guard self.waiting.count < self.limits.waiting else { return .refused }
    self.lastTicket += 1
    self.waiting.append(
      Waiting(ticket: self.lastTicket, key: key, deadline: now + self.limits.waitTime))
    return .wait(self.lastTicket)
  }

  /// A connection that was counted is gone.
  ///
  /// - Returns: who may open one now; it is counted already.
  mutating func released(_ key: Key) -> Ticket? {
    if let count = self.counts[key] {
      self.counts[key] = count > 1 ? count - 1 : nil
      self.total -= 1
    }
    guard !self.isFull, let index = self.waiting.firstIndex(where: { !self.isFull($0.key) }) else {
      return nil
    }
    let next = self.waiting.remove(at: index)
    self.count(next.key)
    return next.ticket
  }

  /// A connection to this origin is unused.
  ///
  /// - Returns: who gets it.
  mutating func becameIdle(_ key: Key) -> Ticket? {
    guard let index = self.waiting.firstIndex(where: { $0.key == key }) else { return nil }
    return self.waiting.remove(at: index).ticket
  }

  /// Somebody does not wait any more.
  mutating func cancelled(_ ticket: Ticket) {
    if let index = self.waiting.firstIndex(where: { $0.ticket == ticket }) {
      self.waiting.remove(at: index)
    }
  }

  /// Time has passed.
  ///
  /// - Returns: who has waited too long, and waits no more.
  mutating func timePassed(_ now: NIODeadline) -> [Ticket] {
    var expired: [Ticket] = []
    // All wait equally long, so they expire in their order.
    while let first = self.waiting.first, first.deadline <= now {
      expired.append(first.ticket)
      self.waiting.removeFirst()
    }
    return expired
  }

  private mutating func count(_ key: Key) {
    self.counts[key, default: 0] += 1
    self.total += 1
  }
}
