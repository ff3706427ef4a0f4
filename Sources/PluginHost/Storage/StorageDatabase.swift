import GRDB
import Synchronization

/// The one database of everything that outlives the process: SQLite in WAL mode, in a folder that
/// only one proxy at a time uses.
///
/// Its calls block, so they are made off the event loops. A table is added by a migration:
/// ``migrator`` has the list, and how to go about it.
final class StorageDatabase: Sendable {
  /// What tells a database of ours from another program's: "VALR".
  private static let applicationID: Int32 = 0x5641_4C52

  private let queue: DatabaseQueue
  private let path: String
  // Held for as long as the database is open.
  private let lock: StorageLock
  private let damage = Atomic(false)

  /// Opens the database in a folder and brings its schema up to date.
  ///
  /// - Parameters:
  ///   - folder: an existing folder that belongs to the proxy.
  ///   - lock: the right to use it.
  /// - Throws: ``StorageError`` with the code `damaged`, also for a database of another program; or
  ///   what the system says.
  init(folder: String, _ lock: StorageLock) throws(StorageError) {
    self.path = folder + "/valor.sqlite"
    self.lock = lock
    // The owner's alone from the start; SQLite gives its other files the same permissions.
    _ = try StorageFile(openingOrCreating: self.path)
    do {
      self.queue = try DatabaseQueue(path: self.path, configuration: Self.configuration)
      try self.queue.inDatabase { try Self.checkOwner($0, self.path) }
      try Self.migrator.migrate(self.queue)
    } catch { throw Self.storageError(error, self.path) }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "valor.storage"
    configuration.journalMode = .wal
    configuration.foreignKeysEnabled = true
    return configuration
  }

  /// Sees to it that the database is new or ours, and marks it as ours.
  private static func checkOwner(_ db: Database, _ path: String) throws {
    let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
    let isOurs = try id == Self.applicationID || tables == 0 || db.tableExists("grdb_migrations")
    guard isOurs else {
      throw StorageError(.damaged, "The database \(path) is another program's.")
    }
    guard try !Self.migrator.hasBeenSuperseded(db) else {
      throw StorageError(
        .failed,
        "The database \(path) was written by a later version; "
          + "use that one, or give this one a --data-dir of its own.")
    }
    if id == 0 { try db.execute(sql: "PRAGMA application_id = \(Self.applicationID)") }
  }

  /// Whether all pages and indices are as they should be.
  func isIntact() -> Bool {
    let answer = try? self.queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
    return answer == "ok"
  }

  /// Reads in one transaction.
  func read<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
    do { return try self.queue.read(body) } catch { throw self.failure(error) }
  }

  /// Reads and writes in one transaction, which is undone where `body` throws.
  func write<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
    do { return try self.queue.write(body) } catch { throw self.failure(error) }
  }

  /// Whether something was read that is not what was written.
  var isDamaged: Bool { self.damage.load(ordering: .relaxed) }

  private func failure(_ error: any Error) -> StorageError {
    let error = Self.storageError(error, self.path)
    if error.code == .damaged { self.damage.store(true, ordering: .relaxed) }
    return error
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
        "The database \(path) is damaged (\(cause)).")
    case .SQLITE_FULL: return StorageError(.diskFull, "The disk of \(path) is full.")
    default: return StorageError(.failed, "The database \(path) cannot be used: \(cause)")
    }
  }
}
