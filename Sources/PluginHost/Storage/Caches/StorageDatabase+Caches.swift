import GRDB

extension StorageDatabase {
  /// The tables of caches.
  ///
  /// `storageKey.usage` is what the origin's rows and files take, kept by triggers, so that it is
  /// right whatever deletes a row. A cache without a name was deleted and lives on for those who had
  /// opened it.
  static func registerCaches(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("caches") { db in
      try db.execute(
        sql: """
          CREATE TABLE storageKey (
            id INTEGER PRIMARY KEY,
            origin TEXT NOT NULL UNIQUE,
            usage INTEGER NOT NULL DEFAULT 0
          );
          CREATE TABLE cache (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            storageKeyId INTEGER NOT NULL REFERENCES storageKey(id),
            name TEXT,
            size INTEGER NOT NULL,
            UNIQUE (storageKeyId, name)
          );
          CREATE TABLE cachedResponse (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            storageKeyId INTEGER NOT NULL REFERENCES storageKey(id),
            cacheId INTEGER NOT NULL REFERENCES cache(id) ON DELETE CASCADE,
            -- The request: its URL in three parts, then what else a script sees of it.
            path TEXT NOT NULL,
            query TEXT NOT NULL,
            fragment TEXT NOT NULL,
            requestAttributes TEXT NOT NULL,
            requestHeaders TEXT NOT NULL,
            -- The response.
            type TEXT NOT NULL,
            isFromNetwork INTEGER NOT NULL,
            status INTEGER NOT NULL,
            statusText TEXT NOT NULL,
            headers TEXT NOT NULL,
            urlList TEXT NOT NULL,
            vary TEXT NOT NULL,
            -- Its body: none, in `body`, or in the file `bodyFile`.
            bodyLength INTEGER,
            body BLOB,
            bodyFile TEXT UNIQUE,
            size INTEGER NOT NULL
          );
          CREATE INDEX cachedResponse_on_path ON cachedResponse(cacheId, path);
          """)
      for (table, id) in [("cache", "cache"), ("cachedResponse", "response")] {
        try db.execute(
          sql: """
            CREATE TRIGGER \(id)_added AFTER INSERT ON \(table) BEGIN
              UPDATE storageKey SET usage = usage + NEW.size WHERE id = NEW.storageKeyId;
            END;
            CREATE TRIGGER \(id)_removed AFTER DELETE ON \(table) BEGIN
              UPDATE storageKey SET usage = usage - OLD.size WHERE id = OLD.storageKeyId;
            END;
            """)
      }
    }
  }
}

extension StorageDatabase {
  /// Lets the numbers of caches begin anywhere. A worker may still have the number of a cache of a
  /// database that was damaged, and must not reach another origin's by it.
  static func registerCacheNumbers(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("cacheNumbers") { db in
      let first = Int64.random(in: (1 << 20)...(1 << 50))
      try db.execute(sql: "DELETE FROM sqlite_sequence WHERE name = 'cache'")
      try db.execute(
        sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('cache', ?)", arguments: [first])
    }
  }
}

/// Removes what a crash left behind: caches that were deleted while they were in use, and files
/// that no row names.
func removeLeftovers(from database: StorageDatabase, _ bodies: BodyFiles) throws(StorageError) {
  let names = try database.write { db in
    try db.execute(sql: "DELETE FROM cache WHERE name IS NULL")
    return try String.fetchSet(
      db, sql: "SELECT bodyFile FROM cachedResponse WHERE bodyFile IS NOT NULL")
  }
  try bodies.removeAll(except: names)
}
