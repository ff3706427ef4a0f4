import GRDB

extension StorageDatabase {
  /// The schema, as the steps by which it came about.
  ///
  /// To add a table, write an extension of ``StorageDatabase`` in a file of its own, with a static
  /// function that registers one migration under a name of its own, and call it here, last. A
  /// migration that was released is never changed: what has to be different is another migration.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    self.registerCaches(in: &migrator)
    self.registerCacheNumbers(in: &migrator)
    self.registerRegistrations(in: &migrator)
    self.registerCompiledScripts(in: &migrator)
    return migrator
  }
}
