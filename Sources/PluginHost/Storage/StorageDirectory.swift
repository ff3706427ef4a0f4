public import Logging
import NIOCore
import Synchronization

/// The folder in which plugins' data is kept: opened when something is stored or looked for the
/// first time, so that a proxy that needs nothing of it never touches it.
///
/// An error is given to whoever asked and is said in the log once; the next one who asks tries again.
public final class StorageDirectory: Sendable {
  /// What there is once the folder is open.
  struct Contents: Sendable {
    let database: StorageDatabase
    let bodies: BodyFiles
  }

  private struct State {
    var contents: Contents?
    var lastError: StorageError?
  }

  /// The folder's path.
  public let path: String
  let logger: Logger
  /// Where ``contents()`` and all work on the database is done, in order.
  let work = SerialWork()
  private let state = Mutex(State())

  /// - Parameters:
  ///   - path: a folder in a folder that exists; it is made when it is needed.
  ///   - logger: is told what is wrong with it.
  public init(path: String, logger: Logger) {
    self.path = path
    self.logger = logger
  }

  /// Opens the folder, where that has not been done. Blocks: call it on ``work``.
  func contents() throws(StorageError) -> Contents {
    try self.state.withLock { state throws(StorageError) in
      if let contents = state.contents { return contents }
      do throws(StorageError) {
        let contents = try self.open()
        state.contents = contents
        state.lastError = nil
        return contents
      } catch {
        if state.lastError != error { self.logger.error("storage: \(error.message)") }
        state.lastError = error
        throw error
      }
    }
  }

  /// Gives the folder back, once nobody uses what was read from it any more.
  public func close() { self.state.withLock { $0.contents = nil } }

  private func open() throws(StorageError) -> Contents {
    try StorageFile.makeFolder(self.path)
    let database = try StorageDatabase(folder: self.path, StorageLock(folder: self.path))
    let bodies = BodyFiles(path: self.path + "/bodies", logger: self.logger)
    try bodies.prepare()
    try removeLeftovers(from: database, bodies)
    return Contents(database: database, bodies: bodies)
  }
}
