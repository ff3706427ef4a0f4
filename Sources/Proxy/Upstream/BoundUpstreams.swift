/// The upstream connections that one client connection has for itself, because the origin
/// authenticates connections rather than requests (NTLM, Negotiate:
/// [RFC 4559 §6](https://www.rfc-editor.org/rfc/rfc4559#section-6)): whoever else used them would act
/// in that client's name.
final class BoundUpstreams {
  private var connections: [UpstreamConnection] = []

  /// The most that one client connection keeps.
  private static let limit = 16

  /// The client connection's own connection to an origin, where it has one that is free.
  func take(_ key: UpstreamKey) -> UpstreamConnection? {
    self.connections.last { $0.key == key && $0.isIdle }
  }

  /// Makes a connection the client connection's own.
  func insert(_ connection: UpstreamConnection) {
    guard connection.owner == nil else { return }
    connection.owner = self
    self.connections.append(connection)
    if self.connections.count > Self.limit { self.connections.first?.close() }
  }

  /// Forgets a connection that is closed.
  func remove(_ connection: UpstreamConnection) {
    self.connections.removeAll { $0 === connection }
  }

  /// The client connection is closed, and nobody else may use what it had.
  func closeAll() {
    let all = self.connections
    self.connections = []
    for connection in all { connection.close() }
  }
}
