import Synchronization

/// What one origin has stored and is storing, against what it may.
final class OriginBudget: Sendable {
  /// Bytes for each origin: bodies, heads and names, and something for each row. A gibibyte is
  /// what browsers give a site at least on a disk of some size.
  static let defaultQuota = 1 << 30

  private struct State {
    /// As the database says.
    var stored: Int
    /// Charged and not in the database yet.
    var pending = 0
  }

  private let quota: Int
  private let state: Mutex<State>

  init(quota: Int, stored: Int) {
    self.quota = quota
    self.state = Mutex(State(stored: stored))
  }

  /// Takes bytes that are about to be stored.
  ///
  /// - Throws: ``StorageError`` with the code `quotaExceeded`; nothing is charged then.
  func charge(_ bytes: Int) throws(StorageError) {
    let fits = self.state.withLock { state in
      guard state.stored + state.pending + bytes <= self.quota else { return false }
      state.pending += bytes
      return true
    }
    guard fits else { throw StorageError.quotaExceeded(self.quota) }
  }

  /// Gives back what was charged: it was not stored, or the database counts it by now.
  func refund(_ bytes: Int) {
    self.state.withLock { $0.pending -= bytes }
  }

  /// The database has changed.
  func update(stored: Int) { self.state.withLock { $0.stored = stored } }
}
