import FetchModel
import GRDB
import Logging
import NIOCore
import Synchronization

/// The caches of all origins
/// ([§5](https://w3c.github.io/ServiceWorker/#cache-objects)).
///
/// Caches belong to an origin, so the plugins of one origin share them as its pages would in a
/// browser. What each origin may store is bounded. The methods that throw block:
/// they are called on ``StorageDirectory/work``.
public final class CacheStore: Sendable {
  /// A cache's row.
  typealias CacheID = Int64

  private struct State {
    var budgets: [String: OriginBudget] = [:]
    /// The database that the budgets are of.
    weak var database: StorageDatabase?
    /// How many hold each cache.
    var holders: [CacheID: Int] = [:]
    /// Caches that were deleted and go with their last holder.
    var doomed: Set<CacheID> = []
  }

  let directory: StorageDirectory
  private let quota: Int
  private let state = Mutex(State())

  /// The bytes that an origin may store where nothing else is said.
  public static let defaultQuota = OriginBudget.defaultQuota

  /// - Parameters:
  ///   - directory: where everything is kept. It is opened when it is needed.
  ///   - quota: the bytes that each origin may store.
  public init(in directory: StorageDirectory, quota: Int = CacheStore.defaultQuota) {
    self.directory = directory
    self.quota = quota
  }

  /// Does blocking work with the store, in order.
  func perform(_ work: @escaping @Sendable (CacheStore) -> Void) {
    self.directory.work.add { work(self) }
  }

  var database: StorageDatabase {
    get throws(StorageError) { try self.directory.contents().database }
  }

  var bodies: BodyFiles {
    get throws(StorageError) { try self.directory.contents().bodies }
  }

  // MARK: CacheStorage

  /// The names of an origin's caches in the order in which they were made.
  func names(_ origin: String) throws(StorageError) -> [CacheName] {
    try self.database.read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT name FROM cache JOIN storageKey ON storageKey.id = storageKeyId
          WHERE origin = ? AND name IS NOT NULL ORDER BY cache.id
          """, arguments: [origin]
      ).compactMap { CacheName(text: $0) }
    }
  }

  func has(_ origin: String, _ name: CacheName) throws(StorageError) -> Bool {
    try self.database.read { try Self.find($0, origin, name) != nil }
  }

  /// The cache of that name, made where there is none, and held until ``release(_:)``.
  func open(_ origin: String, _ name: CacheName) throws(StorageError) -> CacheID {
    let budget = try self.budget(origin)
    let id = try self.database.write { db in
      if let id = try Self.find(db, origin, name) { return id }
      let key = try Self.storageKey(db, origin)
      let text = name.text
      try db.execute(
        sql: "INSERT INTO cache (storageKeyId, name, size) VALUES (?, ?, ?)",
        arguments: [key, text, CacheEntry.overhead + text.utf8.count])
      let id = db.lastInsertedRowID
      try self.checkQuota(db, origin, budget)
      return id
    }
    self.state.withLock { $0.holders[id, default: 0] += 1 }
    return id
  }

  /// Deletes the cache of that name; whoever holds it can use it on. Returns whether there was one.
  func delete(_ origin: String, _ name: CacheName) throws(StorageError) -> Bool {
    let id = try self.database.write { db -> CacheID? in
      guard let id = try Self.find(db, origin, name) else { return nil }
      try db.execute(sql: "UPDATE cache SET name = NULL WHERE id = ?", arguments: [id])
      return id
    }
    guard let id else { return false }
    let isHeld = self.state.withLock { state in
      guard state.holders[id] != nil else { return false }
      state.doomed.insert(id)
      return true
    }
    if !isHeld { try self.purge(id) }
    return true
  }

  /// Gives back what ``open(_:_:)`` held.
  func release(_ id: CacheID) throws(StorageError) {
    let isLast = self.state.withLock { state in
      let count = (state.holders[id] ?? 1) - 1
      state.holders[id] = count > 0 ? count : nil
      return count <= 0 && state.doomed.remove(id) != nil
    }
    if isLast { try self.purge(id) }
  }

  private func purge(_ id: CacheID) throws(StorageError) {
    let (files, usage) = try self.database.write { db in
      let origin = try String.fetchOne(
        db,
        sql: """
          SELECT origin FROM cache JOIN storageKey ON storageKey.id = storageKeyId
          WHERE cache.id = ?
          """, arguments: [id])
      let files = try String.fetchAll(
        db, sql: "SELECT bodyFile FROM cachedResponse WHERE cacheId = ? AND bodyFile IS NOT NULL",
        arguments: [id])
      try db.execute(sql: "DELETE FROM cachedResponse WHERE cacheId = ?", arguments: [id])
      try db.execute(sql: "DELETE FROM cache WHERE id = ?", arguments: [id])
      return (files, try origin.map { ($0, try Self.usage(db, $0)) })
    }
    if let (origin, bytes) = usage { try self.budget(origin).update(stored: bytes) }
    try self.bodies.remove(files)
  }

  // MARK: Quota

  /// What the origin has stored and may store.
  func budget(_ origin: String) throws(StorageError) -> OriginBudget {
    let database = try self.database
    let known = self.state.withLock { state in
      // Another database than before: that one was damaged.
      if state.database !== database {
        state.budgets = [:]
        state.database = database
      }
      return state.budgets[origin]
    }
    if let known { return known }
    let stored = try database.read { try Self.usage($0, origin) }
    return self.state.withLock { state in
      let budget = state.budgets[origin] ?? OriginBudget(quota: self.quota, stored: stored)
      state.budgets[origin] = budget
      return budget
    }
  }

  /// - Throws: ``StorageError``, by which the transaction is undone, where the origin has stored
  ///   more than it may.
  func checkQuota(_ db: Database, _ origin: String, _ budget: OriginBudget) throws {
    let usage = try Self.usage(db, origin)
    guard usage <= self.quota else { throw StorageError.quotaExceeded(self.quota) }
    budget.update(stored: usage)
  }

  static func usage(_ db: Database, _ origin: String) throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT usage FROM storageKey WHERE origin = ?", arguments: [origin]) ?? 0
  }

  // MARK: Rows

  static func find(_ db: Database, _ origin: String, _ name: CacheName) throws -> CacheID? {
    try CacheID.fetchOne(
      db,
      sql: """
        SELECT cache.id FROM cache JOIN storageKey ON storageKey.id = storageKeyId
        WHERE origin = ? AND name = ?
        """, arguments: [origin, name.text])
  }

  static func storageKey(_ db: Database, _ origin: String) throws -> Int64 {
    try db.execute(
      sql: "INSERT OR IGNORE INTO storageKey (origin) VALUES (?)", arguments: [origin])
    guard
      let id = try Int64.fetchOne(
        db, sql: "SELECT id FROM storageKey WHERE origin = ?", arguments: [origin])
    else { throw StorageError(.failed, "A row that was written is gone.") }
    return id
  }
}
