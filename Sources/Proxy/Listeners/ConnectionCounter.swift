import NIOCore
import Synchronization

/// Counts the client connections of all event loops, in all and for each client address.
final class ConnectionCounter: Sendable {
  private struct State {
    var total = 0
    var accepted = 0
    var clients: [String: Int] = [:]
  }

  private let total: Int
  private let perClient: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - total: the most connections in all.
  ///   - perClient: the most connections from one IP address.
  init(total: Int, perClient: Int) {
    self.total = total
    self.perClient = perClient
  }

  /// Counts a connection in. Returns `false`, without counting it, where it is one too many.
  func enter(_ client: String) -> Bool {
    self.state.withLock { state in
      let count = state.clients[client, default: 0]
      guard state.total < self.total, count < self.perClient else { return false }
      state.total += 1
      state.accepted += 1
      state.clients[client] = count + 1
      return true
    }
  }

  /// Counts a connection out that had been counted in.
  func leave(_ client: String) {
    self.state.withLock { state in
      state.total -= 1
      let count = state.clients[client, default: 1] - 1
      state.clients[client] = count > 0 ? count : nil
    }
  }

  /// How many connections have been counted in since the start.
  var accepted: Int { self.state.withLock { $0.accepted } }

  /// How many connections there are.
  var count: Int { self.state.withLock { $0.total } }
}
