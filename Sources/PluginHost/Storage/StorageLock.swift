import NIOCore

/// The right to use a storage folder, which one proxy at a time has. It is given up with the object,
/// or by the system where the process ends.
final class StorageLock: Sendable {
  private let file: StorageFile

  /// - Throws: ``StorageError`` with the code `inUse` where another proxy has it.
  init(folder: String) throws(StorageError) {
    self.file = try StorageFile(openingOrCreating: folder + "/lock")
    guard try self.file.tryLock() else {
      let owner = String(buffer: try self.file.read(32, at: 0))
      throw StorageError(
        .inUse,
        "\(folder) is in use by another proxy (process \(owner)); "
          + "give this one a --data-dir of its own.")
    }
    try self.file.replaceContent(StorageFile.ownProcess)
  }

  deinit { self.file.unlock() }
}
