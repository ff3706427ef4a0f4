import FetchModel
import GRDB
import NIOCore

extension CacheStore {
  /// Which caches are looked through.
  enum Place: Sendable {
    case cache(CacheID)
    /// All of an origin, in the order in which they were made; or only the one of that name.
    case origin(String, CacheName?)
  }

  /// How many bytes of bodies from the database, which are held in memory, one answer may have.
  private static let maximumInlineBytes = 32 << 20

  /// *Query Cache* ([§5.4](https://w3c.github.io/ServiceWorker/#query-cache-algorithm)): what
  /// matches, in the order in which it was stored.
  ///
  /// - Parameters:
  ///   - query: `nil` for everything.
  ///   - limit: how many are wanted at most.
  func entries(
    in place: Place, matching query: CacheQuery?, limit: Int = .max
  ) throws(StorageError) -> [CacheEntry] {
    if query?.isHopeless == true { return [] }
    let bodies = try self.bodies
    var inlineBytes = 0
    return try self.database.read { db in
      try Self.rows(db, "*", in: place, matching: query, limit: limit) { row in
        let entry = CacheEntry(row, bodies: bodies)
        if entry.body.file == nil { inlineBytes += entry.body.length }
        guard inlineBytes <= Self.maximumInlineBytes else {
          throw StorageError(.quotaExceeded, "These are too many responses to be given at once.")
        }
        return entry
      }
    }
  }

  /// The requests of what matches, in the order in which it was stored.
  func requests(
    in cache: CacheID, matching query: CacheQuery?
  ) throws(StorageError) -> [RequestHead] {
    if query?.isHopeless == true { return [] }
    return try self.database.read { db in
      try Self.rows(
        db, "path, query, fragment, requestAttributes", in: .cache(cache), matching: query
      ) { row in
        RequestHead(
          method: "GET",
          url: row["path"] as String + row["query"] as String + row["fragment"] as String,
          headers: CachedHeaders.list(row["requestHeaders"]),
          attributes: requestAttributes(row["requestAttributes"]))
      }
    }
  }

  /// What `body` makes of the rows that match.
  ///
  /// - Parameter columns: what it needs beside the columns that are looked at for a match.
  static func rows<Value>(
    _ db: Database, _ columns: String, in place: Place, matching query: CacheQuery?,
    limit: Int = .max, _ body: (Row) throws -> Value
  ) throws -> [Value] {
    var condition: String
    var arguments: StatementArguments
    switch place {
    case .cache(let id): (condition, arguments) = ("cacheId = ?", [id])
    case .origin(let origin, nil):
      condition = """
        cacheId IN (SELECT cache.id FROM cache JOIN storageKey ON storageKey.id = storageKeyId
        WHERE origin = ? AND name IS NOT NULL)
        """
      arguments = [origin]
    case .origin(let origin, let name?):
      guard let id = try Self.find(db, origin, name) else { return [] }
      (condition, arguments) = ("cacheId = ?", [id])
    }
    if let query {
      condition += " AND path = ?"
      arguments += [query.url.path]
      if !query.options.contains(.ignoreSearch) {
        condition += " AND query = ?"
        arguments += [query.url.query]
      }
    }
    let cursor = try Row.fetchCursor(
      db,
      sql: """
        SELECT vary, requestHeaders, \(columns) FROM cachedResponse
        WHERE \(condition) ORDER BY cacheId, id
        """, arguments: arguments)
    var rows: [Value] = []
    while rows.count < limit, let row = try cursor.next() {
      let matches = query?.matches(
        vary: row["vary"], headers: CachedHeaders.list(row["requestHeaders"]))
      if matches ?? true { rows.append(try body(row)) }
    }
    return rows
  }
}

extension CacheEntry {
  /// An entry as the database has it.
  init(_ row: Row, bodies: BodyFiles) {
    self.url = CachedURL(path: row["path"], query: row["query"], fragment: row["fragment"])
    self.requestAttributes = row["requestAttributes"]
    self.requestHeaders = CachedHeaders.list(row["requestHeaders"])
    self.type = ResponseType(name: row["type"]) ?? .default
    self.isFromNetwork = row["isFromNetwork"]
    self.status = row["status"]
    self.statusText = row["statusText"]
    self.headers = CachedHeaders.list(row["headers"])
    let urls: String = row["urlList"]
    self.urlList = urls.isEmpty ? [] : urls.split(separator: "\n").map { String($0) }
    let length: Int? = row["bodyLength"]
    if let name: String = row["bodyFile"], let length {
      self.body = .file(bodies.lease(name), length: length)
    } else if length != nil {
      let blob: StorageBlob? = row["body"]
      self.body = .inline(blob?.bytes ?? ByteBuffer())
    } else {
      self.body = .none
    }
  }
}
