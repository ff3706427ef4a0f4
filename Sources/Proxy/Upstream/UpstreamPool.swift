import FetchModel
import NIOCore

/// The connections of one event loop that are unused, by origin, and the count of all that there
/// are.
final class UpstreamPool {
  typealias Quota = ConnectionQuota<UpstreamKey>

  private var idle: [UpstreamKey: [UpstreamConnection]] = [:]
  /// The most idle connections that are kept to one origin.
  private let idlePerOrigin: Int
  private var quota: Quota
  private var openings: [Quota.Ticket: UpstreamOpening] = [:]

  init(idlePerOrigin: Int, limits: Quota.Limits) {
    self.idlePerOrigin = idlePerOrigin
    self.quota = Quota(limits: limits)
  }

  // MARK: Unused connections

  /// Takes the connection that became idle last, which is the likeliest to be open still.
  func take(_ key: UpstreamKey) -> UpstreamConnection? {
    while let connection = self.idle[key]?.popLast() {
      if connection.isIdle { return connection }
    }
    return nil
  }

  /// Keeps an idle connection, or gives it to who waits for one; the one that has been unused for
  /// longest makes room.
  func put(_ connection: UpstreamConnection) {
    if self.quota.hasWaiting {
      if let ticket = self.quota.becameIdle(connection.key) {
        self.openings.removeValue(forKey: ticket)?.take(connection)
        return
      }
      if self.quota.wantsRoom { return connection.close() }
    }
    self.idle[connection.key, default: []].append(connection)
    if let count = self.idle[connection.key]?.count, count > self.idlePerOrigin {
      self.idle[connection.key]?.removeFirst().close()
    }
  }

  /// Forgets a connection that has closed.
  func remove(_ connection: UpstreamConnection) {
    self.idle[connection.key]?.removeAll { $0 === connection }
    if self.idle[connection.key]?.isEmpty == true { self.idle[connection.key] = nil }
  }

  // MARK: New connections

  /// Lets a connection be opened, now or when there is room, or fails it.
  ///
  /// - Parameter fresh: whether an unused connection to the same origin is of no use.
  func admit(_ opening: UpstreamOpening, fresh: Bool) {
    if self.quota.isFull(opening.key) {
      if fresh { self.idle[opening.key]?.first?.close() }
    } else if self.quota.isFull {
      self.longestIdle?.close()
    }
    switch self.quota.requested(opening.key, at: .now()) {
    case .open: opening.begin()
    case .wait(let ticket):
      self.openings[ticket] = opening
      opening.ticket = ticket
    case .refused: opening.fail(Self.limitReached(opening.key))
    }
  }

  /// A connection that was let in is gone: the next may come.
  func release(_ key: UpstreamKey) {
    guard let ticket = self.quota.released(key) else { return }
    guard let opening = self.openings.removeValue(forKey: ticket) else { return }
    opening.beginSoon()
  }

  /// Somebody who waited has left.
  func cancel(_ ticket: Quota.Ticket) {
    self.quota.cancelled(ticket)
    self.openings[ticket] = nil
  }

  private var longestIdle: UpstreamConnection? {
    self.idle.values.compactMap(\.first).min { $0.idleSince < $1.idleSince }
  }

  private static func limitReached(_ key: UpstreamKey) -> FetchError {
    FetchError(
      .connectionLimitReached, .proxy,
      "There are too many connections already, and none to \(key.description) became free in time.")
  }

  // MARK: Time and end

  /// Closes every connection that has been idle for `idleTime`, and fails who has waited too long.
  func tick(now: NIODeadline, idleTime: TimeAmount) {
    for ticket in self.quota.timePassed(now) {
      guard let opening = self.openings.removeValue(forKey: ticket) else { continue }
      opening.fail(Self.limitReached(opening.key))
    }
    let deadline = now - idleTime
    for connections in self.idle.values {
      for connection in connections where connection.idleSince < deadline { connection.close() }
    }
  }

  /// Closes all unused connections.
  func closeIdle() {
    let all = self.idle
    self.idle = [:]
    for connections in all.values { for connection in connections { connection.close() } }
  }

  /// Closes all unused connections, and fails all who wait for one.
  func closeAll() {
    let waiting = self.openings
    for ticket in waiting.keys { self.cancel(ticket) }
    for opening in waiting.values {
      opening.fail(FetchError(.proxyInternalError, .proxy, "The proxy has stopped."))
    }
    self.closeIdle()
  }
}
