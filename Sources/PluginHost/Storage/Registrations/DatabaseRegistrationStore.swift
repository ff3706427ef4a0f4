public import Interceptor
import Logging
import Synchronization

/// The registrations of plugins in the storage folder, so that they survive the end of the program.
///
/// Where the folder cannot be used, that is in the log, and the program goes on as if nothing were
/// stored: plugins are installed anew then.
public final class DatabaseRegistrationStore: RegistrationStore {
  private struct State {
    /// The workers in the database, by plugin.
    var known: [String: [RegistrationRows.KnownWorker]] = [:]
    /// The database that these are of.
    weak var database: StorageDatabase?
    var lastError: String?
  }

  private let directory: StorageDirectory
  private let state = Mutex(State())

  /// - Parameter directory: where everything is kept. It is opened when the first plugin is registered.
  public init(in directory: StorageDirectory) { self.directory = directory }

  public func load(name: String) async -> StoredRegistration? {
    await self.perform("The registration of \(name) could not be read") {
      store, database -> StoredRegistration? in
      guard let (stored, known) = try database.read({ try RegistrationRows(db: $0).load(name) })
      else { return nil }
      store.state.withLock { $0.known[name] = known }
      return stored
    } ?? nil
  }

  public func save(_ registration: StoredRegistration) async {
    let name = registration.name
    _ = await self.perform("The registration of \(name) could not be stored") { store, database in
      // Where it fails nothing is known of it, and everything is written the next time.
      let known = store.state.withLock { $0.known.removeValue(forKey: name) } ?? []
      let saved = try database.write {
        try RegistrationRows(db: $0).save(registration, known: known)
      }
      store.state.withLock { $0.known[name] = saved }
    }
  }

  public func remove(name: String) async {
    _ = await self.perform("The registration of \(name) could not be removed") { store, database in
      store.state.withLock { $0.known[name] = nil }
      try database.write { try RegistrationRows(db: $0).remove(name) }
    }
  }

  private typealias Work<Value> =
    @Sendable (DatabaseRegistrationStore, StorageDatabase) throws -> Value

  /// Does blocking work with the database; `nil` where it failed.
  private func perform<Value: Sendable>(
    _ failure: String, _ work: @escaping Work<Value>
  ) async -> Value? {
    await withCheckedContinuation { continuation in
      self.directory.work.add {
        continuation.resume(returning: self.attempt(failure, work))
      }
    }
  }

  private func attempt<Value>(_ failure: String, _ work: Work<Value>) -> Value? {
    // The directory says itself why it cannot be opened.
    guard let database = try? self.directory.contents().database else { return nil }
    self.state.withLock { state in
      // Another database than before: that one was damaged.
      if state.database !== database { state.known = [:] }
      state.database = database
    }
    do {
      let value = try work(self, database)
      self.state.withLock { $0.lastError = nil }
      return value
    } catch {
      self.log("\(failure): \(error)")
      return nil
    }
  }

  /// A full disk is said once, not with each change of a plugin.
  private func log(_ message: String) {
    let isNew = self.state.withLock { state in
      defer { state.lastError = message }
      return state.lastError != message
    }
    if isNew { self.directory.logger.error("storage: \(message)") }
  }
}
