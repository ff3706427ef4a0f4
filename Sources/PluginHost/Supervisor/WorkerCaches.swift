import FetchModel
import Logging
import NIOCore

/// What one worker process has of caches: those that it has opened, and what it is storing. Touched
/// on its supervisor's event loop only, hence unchecked.
final class WorkerCaches: @unchecked Sendable {
  /// How many calls may be without an answer, and how many responses wait for their `commit`.
  static let maximumCalls = 16_384
  static let maximumStaged = 8_192

  let store: CacheStore
  /// The origin whose caches they are.
  let origin: String
  /// Calls without an answer.
  var pendingCalls = 0
  private(set) var puts: [UInt32: CachePut] = [:]
  private var opened: [UInt32: CacheStore.CacheID] = [:]
  private var lastOpened: UInt32 = 0
  private var staged: [UInt32: StagedEntry] = [:]
  private var lastStaged: UInt32 = 0

  init(store: CacheStore, origin: String) {
    self.store = store
    self.origin = origin
  }

  // MARK: Caches

  /// Takes a cache that was opened and returns the number that the worker calls it by.
  func add(_ id: CacheStore.CacheID) -> UInt32 {
    self.lastOpened += 1
    self.opened[self.lastOpened] = id
    return self.lastOpened
  }

  func cache(_ number: UInt32) -> CacheStore.CacheID? { self.opened[number] }

  /// The worker has dropped a `Cache`.
  func release(_ number: UInt32) {
    guard let id = self.opened.removeValue(forKey: number) else { return }
    self.giveBack([id])
  }

  // MARK: Storing

  func begin(_ put: CachePut, _ call: UInt32) { self.puts[call] = put }

  func end(_ call: UInt32) { self.puts[call] = nil }

  /// Keeps an entry for `commit`. Returns its number; `nil` where there are too many.
  func stage(_ entry: StagedEntry) -> UInt32? {
    guard self.staged.count < Self.maximumStaged else { return nil }
    self.lastStaged += 1
    self.staged[self.lastStaged] = entry
    return self.lastStaged
  }

  /// Takes what was staged; `nil` where one of these numbers names nothing.
  func takeStaged(_ numbers: [UInt32]) -> [StagedEntry]? {
    let entries = numbers.compactMap { self.staged.removeValue(forKey: $0) }
    guard entries.count == numbers.count else {
      self.discard(entries)
      return nil
    }
    return entries
  }

  func discard(_ entries: [StagedEntry]) {
    guard !entries.isEmpty else { return }
    self.store.perform { $0.discard(entries) }
  }

  /// The worker is gone.
  func close() {
    for put in self.puts.values { put.abort() }
    self.discard(Array(self.staged.values))
    self.giveBack(Array(self.opened.values))
    self.staged = [:]
    self.opened = [:]
  }

  private func giveBack(_ ids: [CacheStore.CacheID]) {
    guard !ids.isEmpty else { return }
    self.store.perform { store in
      for id in ids { store.releaseLogged(id) }
    }
  }
}

/// An entry whose body is stored, but which is in no cache yet.
struct StagedEntry: Sendable {
  var entry: CacheEntry
  var budget: OriginBudget
  /// What the budget was charged for it.
  var charged: Int
}

extension CacheStore {
  /// Drops entries that will be in no cache.
  func discard(_ entries: [StagedEntry]) {
    for entry in entries { entry.budget.refund(entry.charged) }
    do throws(StorageError) {
      try self.discard(entries.map { $0.entry.body })
    } catch { self.directory.logger.error("storage: \(error.message)") }
  }

  /// Stores entries, all or none; see ``put(_:in:_:)``.
  func commit(_ entries: [StagedEntry], in cache: CacheID, _ origin: String) throws(StorageError)
    -> Bool
  {
    do throws(StorageError) {
      guard try self.put(entries.map { $0.entry }, in: cache, origin) else {
        self.discard(entries)
        return false
      }
    } catch {
      self.discard(entries)
      throw error
    }
    for entry in entries { entry.budget.refund(entry.charged) }
    return true
  }

  /// Gives a cache back whose worker is not there to be told of an error.
  func releaseLogged(_ id: CacheID) {
    do throws(StorageError) {
      try self.release(id)
    } catch { self.directory.logger.error("storage: \(error.message)") }
  }
}
