import GRDB

/// The one database of everything that outlives the process: SQLite in WAL mode, in a folder that
/// only one proxy at a time uses.
///
/// Its calls block, so they are made off the event loops. A table is added by a migration:
/// ``migrator`` has the list, and how to go about it.
final class StorageDatabase: Sendable {
  private let queue: DatabaseQueue
  private let path: String
  // Held for as long as the database is open.
  private let lock: StorageLock

  /// Opens the database in a folder and brings its schema up to date.
  ///
  /// - Parameters:
  ///   - folder: an existing folder that belongs to the proxy.
  ///   - lock: the right to use it.
  /// - Throws: ``StorageError`` with the code `damaged`, or what the system says.
  init(folder: String, _ lock: StorageLock) throws(StorageError) {
    self.path = folder + "/valor.sqlite"
    self.lock = lock
    // The owner's alone from the start; SQLite gives its other files the same permissions.
    _ = try StorageFile(openingOrCreating: self.path)
    do {
      self.queue = try DatabaseQueue(path: self.path, configuration: Self.configuration)
      if let problem = try self.queue.read(Self.foreignness) {
        throw StorageError(
          .failed,
          "The database \(self.path) \(problem). It was left as it is; move the folder away to "
            + "begin with an empty one.")
      }
      try Self.migrator.migrate(self.queue)
    } catch { throw Self.storageError(error, self.path) }
  }

  /// Why the database is not one to write to; `nil` where it is empty or one of ours.
  private static func foreignness(_ db: Database) throws -> String? {
    if try self.migrator.hasBeenSuperseded(db) { return "was written by a newer version of Valor" }
    if try db.tableExists("grdb_migrations") { return nil }
    let hasContent = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_master)")
    return hasContent == true ? "is that of another program" : nil
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "valor.storage"
    configuration.journalMode = .wal
    configuration.foreignKeysEnabled = true
    return configuration
  }

  /// Reads in one transaction.
  func read<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
    do { return try self.queue.read(body) } catch { throw Self.storageError(error, self.path) }
  }

  /// Reads and writes in one transaction, which is undone where `body` throws.
  func write<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
    do { return try self.queue.write(body) } catch { throw Self.storageError(error, self.path) }
  }

  private static func storageError(_ error: any Error, _ path: String) -> StorageError {
    if let error = error as? StorageError { return error }
    guard let error = error as? DatabaseError else {
      return StorageError(.failed, "The database \(path) cannot be used: \(error)")
    }
    let cause = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return StorageError(
        .damaged,
        "The database \(path) is damaged (\(cause)). It was left as it is; move the folder away "
          + "to begin with an empty one.")
    case .SQLITE_FULL: return StorageError(.diskFull, "The disk of \(path) is full.")
    default: return StorageError(.failed, "The database \(path) cannot be used: \(cause)")
    }
  }
}
