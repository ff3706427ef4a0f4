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

  /// Opens the folder, where that has not been done, and again where its database has turned out to
  /// be damaged. Blocks: call it on ``work``.
  func contents() throws(StorageError) -> Contents {
    try self.state.withLock { state throws(StorageError) in
      let wasDamaged = state.contents?.database.isDamaged ?? false
      if let contents = state.contents, !wasDamaged { return contents }
      state.contents = nil
      do throws(StorageError) {
        let contents = try self.open(checksAll: wasDamaged)
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

  /// - Parameter checksAll: whether the whole database is looked at, which takes its time.
  private func open(checksAll: Bool) throws(StorageError) -> Contents {
    try StorageFile.makeFolder(self.path)
    let lock = try StorageLock(folder: self.path)
    do throws(StorageError) {
      let contents = try self.open(lock)
      if !checksAll || contents.database.isIntact() { return contents }
      throw StorageError(.damaged, "The database in \(self.path) is damaged.")
    } catch {
      guard error.code == .damaged else { throw error }
      let place = try self.moveAside(error)
      self.logger.error(
        "storage: \(error.message) It is in \(place) now, and an empty one takes its place.")
      return try self.open(lock)
    }
  }

  private func open(_ lock: StorageLock) throws(StorageError) -> Contents {
    let database = try StorageDatabase(folder: self.path, lock)
    let bodies = BodyFiles(path: self.path + "/bodies", logger: self.logger)
    try bodies.prepare()
    try removeLeftovers(from: database, bodies)
    return Contents(database: database, bodies: bodies)
  }

  /// Moves what cannot be used to a folder of its own; only so often, lest it fills the disk.
  ///
  /// - Returns: the folder.
  private func moveAside(_ cause: StorageError) throws(StorageError) -> String {
    for number in 1...Self.maximumAside {
      let place = self.path + "/damaged-\(number)"
      guard try StorageFile.makeNewFolder(place) else { continue }
      // The database last: until it is moved, the next who opens it begins again.
      for name in ["bodies", "valor.sqlite-shm", "valor.sqlite-wal", "valor.sqlite"]
      where StorageFile.exists(self.path + "/" + name) {
        try StorageFile.rename(self.path + "/" + name, to: place + "/" + name)
      }
      return place
    }
    throw StorageError(
      .damaged,
      cause.message + " \(self.path) has \(Self.maximumAside) damaged ones already; "
        + "remove some of them.")
  }

  private static let maximumAside = 5
}
