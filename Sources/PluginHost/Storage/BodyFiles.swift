import Logging
import Synchronization

/// The bodies that are too long for the database, a file each, in a folder beside it.
///
/// A file is written under a temporary name and gets its own when it is whole. It is removed when
/// nothing in the database names it and nobody reads it; what a crash leaves behind is removed when
/// the folder is opened.
final class BodyFiles: Sendable {
  private struct State {
    var leases: [String: Int] = [:]
    /// Files that go with their last lease.
    var unwanted: Set<String> = []
  }

  private let path: String
  private let logger: Logger
  private let state = Mutex(State())

  init(path: String, logger: Logger) {
    self.path = path
    self.logger = logger
  }

  /// Makes the folder.
  func prepare() throws(StorageError) { try StorageFile.makeFolder(self.path) }

  /// Removes all files but those of these names.
  func removeAll(except kept: Set<String>) throws(StorageError) {
    var count = 0
    for name in try StorageFile.names(in: self.path) where !kept.contains(name) {
      if StorageFile.remove(self.path(name)) { count += 1 }
    }
    if count > 0 { self.logger.info("storage: removed \(count) files of an earlier process") }
  }

  func path(_ name: String) -> String { self.path + "/" + name }

  /// Keeps a file for as long as the lease is kept.
  func lease(_ name: String) -> Lease {
    self.state.withLock { $0.leases[name, default: 0] += 1 }
    return Lease(name, self)
  }

  /// Removes files that nothing in the database names any more.
  func remove(_ names: [String]) {
    for name in names {
      let isLeased = self.state.withLock { state in
        guard state.leases[name] != nil else { return false }
        state.unwanted.insert(name)
        return true
      }
      if !isLeased { self.unlink(name) }
    }
  }

  private func release(_ name: String) {
    let isUnwanted = self.state.withLock { state in
      let count = (state.leases[name] ?? 1) - 1
      state.leases[name] = count > 0 ? count : nil
      return count <= 0 && state.unwanted.remove(name) != nil
    }
    if isUnwanted { self.unlink(name) }
  }

  private func unlink(_ name: String) {
    // What cannot be removed now is removed when the folder is opened again.
    if !StorageFile.remove(self.path(name)) {
      self.logger.warning("storage: \(self.path(name)) could not be removed")
    }
  }

  /// The right to read a file, whatever becomes of its entry.
  final class Lease: Sendable {
    let name: String
    private let files: BodyFiles

    fileprivate init(_ name: String, _ files: BodyFiles) {
      self.name = name
      self.files = files
    }

    deinit { self.files.release(self.name) }

    var path: String { self.files.path(self.name) }
  }
}
