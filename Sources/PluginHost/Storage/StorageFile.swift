import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file of the storage folder; owns its descriptor. Its calls block.
final class StorageFile: Sendable {
  private let descriptor: CInt
  private let path: String

  /// Opens a file that is there, for reading.
  convenience init(reading path: String) throws(StorageError) {
    try self.init(path, O_RDONLY)
  }

  /// Makes a file for its owner alone, which must not exist yet.
  convenience init(creating path: String) throws(StorageError) {
    try self.init(path, O_RDWR | O_CREAT | O_EXCL)
  }

  /// Opens a file for reading and writing and makes it where it does not exist, for its owner alone.
  convenience init(openingOrCreating path: String) throws(StorageError) {
    try self.init(path, O_RDWR | O_CREAT)
  }

  private init(_ path: String, _ flags: CInt) throws(StorageError) {
    var descriptor: CInt
    repeat {
      descriptor = open(path, flags | O_CLOEXEC, 0o600)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else { throw Self.lastError("\(path) cannot be opened") }
    self.descriptor = descriptor
    self.path = path
  }

  deinit { _ = close(self.descriptor) }

  /// Reads up to `count` bytes at an offset; fewer at the file's end.
  func read(_ count: Int, at offset: Int) throws(StorageError) -> ByteBuffer {
    var buffer = ByteBuffer()
    var result = 0
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      repeat {
        result = pread(self.descriptor, memory.baseAddress, count, off_t(offset))
      } while result < 0 && errno == EINTR
      return max(0, result)
    }
    guard result >= 0 else { throw Self.lastError("\(self.path) cannot be read") }
    return buffer
  }

  /// Writes all bytes behind those written before.
  func append(_ bytes: ByteBuffer) throws(StorageError) {
    var rest = bytes
    while rest.readableBytes > 0 {
      var count = 0
      rest.withUnsafeReadableBytes { memory in
        repeat {
          count = write(self.descriptor, memory.baseAddress, memory.count)
        } while count < 0 && errno == EINTR
      }
      guard count > 0 else { throw Self.lastError("\(self.path) cannot be written") }
      rest.moveReaderIndex(forwardBy: count)
    }
  }

  /// Waits until what was written is on the disk.
  func synchronize() throws(StorageError) {
    guard fsync(self.descriptor) == 0 else {
      throw Self.lastError("\(self.path) cannot be written")
    }
  }

  /// Takes the lock that only one open file at a time has, until ``unlock()``. Closing alone is not
  /// enough: a process that is being started has the descriptor for a moment, too.
  ///
  /// - Returns: `false` where somebody else has it.
  func tryLock() throws(StorageError) -> Bool {
    while flock(self.descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return false }
      guard errno == EINTR else { throw Self.lastError("\(self.path) cannot be locked") }
    }
    return true
  }

  func unlock() { _ = flock(self.descriptor, LOCK_UN) }

  /// Makes these bytes the whole content.
  func replaceContent(_ text: String) throws(StorageError) {
    guard ftruncate(self.descriptor, 0) == 0 else {
      throw Self.lastError("\(self.path) cannot be written")
    }
    try self.append(ByteBuffer(string: text))
  }

  // MARK: Names

  static func rename(_ path: String, to new: String) throws(StorageError) {
    #if canImport(Glibc)
      let result = Glibc.rename(path, new)
    #elseif canImport(Musl)
      let result = Musl.rename(path, new)
    #else
      let result = Darwin.rename(path, new)
    #endif
    guard result == 0 else { throw Self.lastError("\(path) cannot be renamed") }
  }

  /// Removes a file. Returns whether it is gone, also where it was not there.
  @discardableResult
  static func remove(_ path: String) -> Bool { unlink(path) == 0 || errno == ENOENT }

  /// Makes a folder for its owner alone, where there is none.
  static func makeFolder(_ path: String) throws(StorageError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw Self.lastError("the folder \(path) cannot be made")
    }
  }

  /// Makes a folder for its owner alone. Returns `false` where there is something of that name.
  static func makeNewFolder(_ path: String) throws(StorageError) -> Bool {
    if mkdir(path, 0o700) == 0 { return true }
    guard errno == EEXIST else { throw Self.lastError("the folder \(path) cannot be made") }
    return false
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a folder, without the two of the system.
  static func names(in path: String) throws(StorageError) -> [String] {
    guard let folder = opendir(path) else { throw Self.lastError("\(path) cannot be read") }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(
          to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)
        ) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// This process, for whoever finds its lock.
  static var ownProcess: String { String(getpid()) }

  private static func lastError(_ what: String) -> StorageError {
    let number = errno
    let isFull = number == ENOSPC || number == EDQUOT
    return StorageError(
      isFull ? .diskFull : .failed, "\(what): \(String(cString: strerror(number)))")
  }
}
