import NIOCore

/// The idle connections of one event loop, by origin.
final class UpstreamPool {
  private var idle: [UpstreamKey: [UpstreamConnection]] = [:]
  /// The most idle connections that are kept to one origin.
  private let idlePerOrigin: Int

  init(idlePerOrigin: Int) { self.idlePerOrigin = idlePerOrigin }

  /// Takes the connection that became idle last, which is the likeliest to be open still.
  func take(_ key: UpstreamKey) -> UpstreamConnection? {
    while let connection = self.idle[key]?.popLast() {
      if connection.isIdle { return connection }
    }
    return nil
  }

  /// Keeps an idle connection; the one that waited longest makes room.
  func put(_ connection: UpstreamConnection) {
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

  /// Closes every connection that has been idle since before `deadline`.
  func closeIdle(since deadline: NIODeadline) {
    for (key, connections) in self.idle {
      self.idle[key] = connections.filter { $0.idleSince >= deadline }
      if self.idle[key]?.isEmpty == true { self.idle[key] = nil }
      for connection in connections where connection.idleSince < deadline { connection.close() }
    }
  }

  /// Closes all.
  func closeAll() {
    let all = self.idle
    self.idle = [:]
    for connections in all.values { for connection in connections { connection.close() } }
  }
}
