import Foundation
import GRDB
import Interceptor

/// A registration in the tables of the database.
///
/// What is read was not necessarily written by this program, so nothing is taken for granted of it.
struct RegistrationRows {
  /// A worker that is in the database as it is here.
  struct KnownWorker: Sendable {
    var id: Int64
    var worker: StoredRegistration.Worker
  }

  private enum WorkerState: String {
    case waiting
    case active
  }

  let db: Database

  // MARK: Reading

  /// The registration of that name, and which rows its workers have.
  ///
  /// - Throws: ``StorageError`` where it is not what was written.
  func load(_ name: String) throws -> (StoredRegistration, [KnownWorker])? {
    guard
      let row = try Row.fetchOne(
        self.db, sql: "SELECT * FROM registration WHERE name = ?", arguments: [name])
    else { return nil }
    let id: Int64 = try Self.value("id", of: row)
    var stored = StoredRegistration(
      name: name, scriptURL: try Self.value("scriptURL", of: row), scopes: try self.scopes(id),
      navigationPreload: NavigationPreloadState(
        isEnabled: try Self.value("navigationPreloadIsEnabled", of: row),
        headerValue: try Self.value("navigationPreloadHeader", of: row)),
      lastUpdateCheck: try Self.value("lastUpdateCheck", of: row))
    var known: [KnownWorker] = []
    let workers = try Row.fetchAll(
      self.db, sql: "SELECT * FROM registrationWorker WHERE registrationId = ? ORDER BY id",
      arguments: [id])
    for row in workers {
      let worker = KnownWorker(id: try Self.value("id", of: row), worker: try self.worker(row))
      known.append(worker)
      switch WorkerState(rawValue: try Self.value("state", of: row)) {
      case .waiting: stored.waiting = worker.worker
      case .active: stored.active = worker.worker
      case nil: throw Self.damaged
      }
    }
    return (stored, known)
  }

  private func scopes(_ id: Int64) throws -> [String] {
    try Row.fetchAll(
      self.db,
      sql: "SELECT scope FROM registrationScope WHERE registrationId = ? ORDER BY position",
      arguments: [id]
    ).map { try Self.value("scope", of: $0) }
  }

  private func worker(_ row: Row) throws -> StoredRegistration.Worker {
    let id: Int64 = try Self.value("id", of: row)
    guard let kind = ScriptResources.Kind(rawValue: try Self.value("kind", of: row)) else {
      throw Self.damaged
    }
    let types: [String] = try Row.fetchAll(
      self.db, sql: "SELECT type FROM workerEventType WHERE workerId = ?", arguments: [id]
    ).map { try Self.value("type", of: $0) }
    var main: [UInt8]?
    var resources = ScriptResources(kind: kind, main: [])
    let scripts = try Row.fetchAll(
      self.db, sql: "SELECT url, bytes, compiled FROM workerScript WHERE workerId = ?",
      arguments: [id])
    for script in scripts {
      let data: Data = try Self.value("bytes", of: script)
      var key = ScriptResources.mainKey
      if script.hasNull(atIndex: 0) {
        main = Array(data)
      } else {
        key = try Self.value("url", of: script)
        resources.imported[key] = Array(data)
      }
      if !script.hasNull(atIndex: 2) {
        let compiled: Data = try Self.value("compiled", of: script)
        resources.compiled[key] = Array(compiled)
      }
    }
    guard let main else { throw Self.damaged }
    resources.main = main
    return StoredRegistration.Worker(
      eventTypes: Set(types), resources: resources,
      routes: (row["routes"] as DatabaseValue).isNull ? nil : try Self.value("routes", of: row))
  }

  /// A column's value; throws where a typed subscript of the row would end the program.
  private static func value<Value: DatabaseValueConvertible>(
    _ column: String, of row: Row
  ) throws -> Value {
    let value: DatabaseValue = row[column]
    guard let value = Value.fromDatabaseValue(value) else { throw Self.damaged }
    return value
  }

  private static let damaged = StorageError(.failed, "Its rows are not what was written.")

  // MARK: Writing

  /// Replaces the registration of that name.
  ///
  /// - Parameter known: workers of it that are in the database; only others are written, and what is
  ///   not among them is removed.
  /// - Returns: the workers that are in the database now.
  func save(_ registration: StoredRegistration, known: [KnownWorker]) throws -> [KnownWorker] {
    let id = try self.saveHead(registration)
    var kept: [KnownWorker] = []
    let workers: [(WorkerState, StoredRegistration.Worker?)] = [
      (.active, registration.active), (.waiting, registration.waiting),
    ]
    for (state, worker) in workers {
      guard let worker else { continue }
      if let old = known.first(where: { old in
        old.worker == worker && !kept.contains { $0.id == old.id }
      }) {
        try self.db.execute(
          sql: "UPDATE registrationWorker SET state = ? WHERE id = ?",
          arguments: [state.rawValue, old.id])
        // The copy at hand: the script's bytes are in memory once.
        kept.append(KnownWorker(id: old.id, worker: worker))
      } else {
        kept.append(KnownWorker(id: try self.insert(worker, state, of: id), worker: worker))
      }
    }
    let ids = kept.map { "\($0.id)" }.joined(separator: ", ")
    try self.db.execute(
      sql: "DELETE FROM registrationWorker WHERE registrationId = ? AND id NOT IN (\(ids))",
      arguments: [id])
    return kept
  }

  private func saveHead(_ registration: StoredRegistration) throws -> Int64 {
    try self.db.execute(
      sql: """
        INSERT INTO registration (
          name, scriptURL, navigationPreloadIsEnabled, navigationPreloadHeader, lastUpdateCheck
        ) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET
          scriptURL = excluded.scriptURL,
          navigationPreloadIsEnabled = excluded.navigationPreloadIsEnabled,
          navigationPreloadHeader = excluded.navigationPreloadHeader,
          lastUpdateCheck = excluded.lastUpdateCheck
        """,
      arguments: [
        registration.name, registration.scriptURL, registration.navigationPreload.isEnabled,
        registration.navigationPreload.headerValue, registration.lastUpdateCheck,
      ])
    guard
      let id = try Int64.fetchOne(
        self.db, sql: "SELECT id FROM registration WHERE name = ?", arguments: [registration.name])
    else { throw StorageError(.failed, "A row that was written is gone.") }
    try self.db.execute(
      sql: "DELETE FROM registrationScope WHERE registrationId = ?", arguments: [id])
    for (position, scope) in registration.scopes.enumerated() {
      try self.db.execute(
        sql: "INSERT INTO registrationScope (registrationId, position, scope) VALUES (?, ?, ?)",
        arguments: [id, position, scope])
    }
    return id
  }

  private func insert(
    _ worker: StoredRegistration.Worker, _ state: WorkerState, of registration: Int64
  ) throws -> Int64 {
    try self.db.execute(
      sql: """
        INSERT INTO registrationWorker (registrationId, state, kind, routes) VALUES (?, ?, ?, ?)
        """,
      arguments: [registration, state.rawValue, worker.resources.kind.rawValue, worker.routes])
    let id = self.db.lastInsertedRowID
    for type in worker.eventTypes {
      // SQLite ends a text at a NUL, so that two types of a script may be one here.
      try self.db.execute(
        sql: "INSERT OR IGNORE INTO workerEventType (workerId, type) VALUES (?, ?)",
        arguments: [id, type])
    }
    let resources = worker.resources
    try self.insert(
      resources.main, compiled: resources.compiled[ScriptResources.mainKey], url: nil, of: id)
    for (url, bytes) in resources.imported {
      try self.insert(bytes, compiled: resources.compiled[url], url: url, of: id)
    }
    return id
  }

  private func insert(
    _ bytes: [UInt8], compiled: [UInt8]?, url: String?, of worker: Int64
  ) throws {
    try self.db.execute(
      sql: "INSERT INTO workerScript (workerId, url, bytes, compiled) VALUES (?, ?, ?, ?)",
      arguments: [worker, url, Data(bytes), compiled.map { Data($0) }])
  }

  /// Forgets the registration of that name.
  func remove(_ name: String) throws {
    try self.db.execute(sql: "DELETE FROM registration WHERE name = ?", arguments: [name])
  }
}
