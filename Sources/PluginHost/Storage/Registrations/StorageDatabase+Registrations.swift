import GRDB

extension StorageDatabase {
  /// The tables of registrations.
  ///
  /// A worker's rows outlive its change from `waiting` to `active`, so that its scripts are written
  /// once.
  static func registerRegistrations(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("registrations") { db in
      try db.execute(
        sql: """
          CREATE TABLE registration (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            scriptURL TEXT NOT NULL,
            navigationPreloadIsEnabled INTEGER NOT NULL,
            navigationPreloadHeader TEXT NOT NULL,
            -- Milliseconds since 1970.
            lastUpdateCheck INTEGER NOT NULL
          );
          CREATE TABLE registrationScope (
            registrationId INTEGER NOT NULL REFERENCES registration(id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            scope TEXT NOT NULL,
            PRIMARY KEY (registrationId, position)
          ) WITHOUT ROWID;
          CREATE TABLE registrationWorker (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            registrationId INTEGER NOT NULL REFERENCES registration(id) ON DELETE CASCADE,
            -- `waiting` or `active`: one that installs is not stored.
            state TEXT NOT NULL,
            -- `classic` or `module`.
            kind TEXT NOT NULL,
            routes TEXT
          );
          CREATE INDEX registrationWorker_on_registration ON registrationWorker(registrationId);
          CREATE TABLE workerEventType (
            workerId INTEGER NOT NULL REFERENCES registrationWorker(id) ON DELETE CASCADE,
            type TEXT NOT NULL,
            PRIMARY KEY (workerId, type)
          ) WITHOUT ROWID;
          CREATE TABLE workerScript (
            id INTEGER PRIMARY KEY,
            workerId INTEGER NOT NULL REFERENCES registrationWorker(id) ON DELETE CASCADE,
            -- Of what was imported; the main script has none.
            url TEXT,
            bytes BLOB NOT NULL,
            UNIQUE (workerId, url)
          );
          """)
    }
  }

  /// What scripts were compiled to that are no JavaScript.
  static func registerCompiledScripts(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("compiled scripts") { db in
      try db.execute(sql: "ALTER TABLE workerScript ADD COLUMN compiled BLOB")
    }
  }
}
