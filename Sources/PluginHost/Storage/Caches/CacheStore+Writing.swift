import FetchModel
import GRDB
import NIOCore

extension CacheStore {
  /// *Batch Cache Operations* with operations of type "put"
  /// ([§5.4](https://w3c.github.io/ServiceWorker/#batch-cache-operations-algorithm)): all are
  /// stored or none.
  ///
  /// The bodies of these entries are the caller's; those of entries that are not stored are to be
  /// dropped by ``discard(_:)``.
  ///
  /// - Returns: `false`, and nothing is stored, where one request would take another's place.
  func put(_ entries: [CacheEntry], in cache: CacheID, _ origin: String) throws(StorageError)
    -> Bool
  {
    guard !Self.hasDuplicate(entries) else { return false }
    let budget = try self.budget(origin)
    let replaced = try self.database.write { db in
      let key = try Self.storageKey(db, origin)
      var replaced: [String] = []
      for entry in entries {
        replaced += try Self.remove(db, from: cache, matching: entry.query).files
        try Self.insert(db, entry, key, cache)
      }
      try self.checkQuota(db, origin, budget)
      return replaced
    }
    try self.bodies.remove(replaced)
    return true
  }

  /// Removes the files of bodies that are not stored after all.
  func discard(_ bodies: [StoredBody]) throws(StorageError) {
    try self.bodies.remove(bodies.compactMap { $0.file })
  }

  /// *Batch Cache Operations* with one operation of type "delete". Returns whether anything matched.
  func remove(
    from cache: CacheID, _ origin: String, matching query: CacheQuery
  ) throws(StorageError) -> Bool {
    if query.isHopeless { return false }
    let budget = try self.budget(origin)
    let (count, files) = try self.database.write { db in
      let removed = try Self.remove(db, from: cache, matching: query)
      budget.update(stored: try Self.usage(db, origin))
      return removed
    }
    try self.bodies.remove(files)
    return count > 0
  }

  /// Removes what matches and returns the files of its bodies.
  private static func remove(
    _ db: Database, from cache: CacheID, matching query: CacheQuery
  ) throws -> (count: Int, files: [String]) {
    let rows = try Self.rows(db, "id, bodyFile", in: .cache(cache), matching: query) { row in
      (id: row["id"] as Int64, file: row["bodyFile"] as String?)
    }
    for row in rows {
      try db.execute(sql: "DELETE FROM cachedResponse WHERE id = ?", arguments: [row.id])
    }
    return (rows.count, rows.compactMap { $0.file })
  }

  private static func insert(
    _ db: Database, _ entry: CacheEntry, _ key: Int64, _ cache: CacheID
  ) throws {
    try db.execute(
      sql: """
        INSERT INTO cachedResponse (
          storageKeyId, cacheId, path, query, fragment, requestAttributes, requestHeaders, type,
          isFromNetwork, status, statusText, headers, urlList, vary, bodyLength, body, bodyFile, size
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        key, cache, entry.url.path, entry.url.query, entry.url.fragment, entry.requestAttributes,
        CachedHeaders.text(entry.requestHeaders), entry.type.name, entry.isFromNetwork,
        entry.status, entry.statusText, CachedHeaders.text(entry.headers),
        entry.urlList.joined(separator: "\n"), entry.vary, entry.body.storedLength,
        entry.body.inline.map { StorageBlob($0) }, entry.body.file, entry.size,
      ])
  }

  /// Whether storing one entry would remove another of the same batch, whichever comes first.
  private static func hasDuplicate(_ entries: [CacheEntry]) -> Bool {
    let byURL = Dictionary(grouping: entries) { $0.url.withoutFragment }
    return byURL.values.contains { entries in
      entries.indices.contains { index in
        entries.indices.contains { other in
          other != index
            && entries[index].query.matches(
              vary: entries[other].vary, headers: entries[other].requestHeaders)
        }
      }
    }
  }
}

extension CacheEntry {
  /// The entry's own request, to look for what it replaces.
  fileprivate var query: CacheQuery {
    CacheQuery(
      method: "GET", url: self.url.withoutFragment, headers: self.requestHeaders)
  }
}

extension StoredBody {
  fileprivate var storedLength: Int? { if case .none = self { nil } else { self.length } }

  fileprivate var inline: ByteBuffer? {
    if case .inline(let bytes) = self { bytes } else { nil }
  }

  /// The name of its file, where it has one.
  var file: String? { if case .file(let lease, _) = self { lease.name } else { nil } }
}
