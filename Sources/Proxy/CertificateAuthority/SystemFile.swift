#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A failed system call.
struct SystemError: Error, Sendable, Equatable {
  /// The call's `errno`; 0 where the call itself went well.
  var number: Int32
  /// What went wrong, such as "No such file or directory".
  var reason: String

  /// The error that the last system call of this thread left.
  static var last: SystemError {
    let number = errno
    return SystemError(number: number, reason: String(cString: strerror(number)))
  }
}

/// An open file or directory; owns its descriptor.
struct SystemFile: ~Copyable {
  let descriptor: Int32

  /// Opens a file, relative to `directory` where one is given.
  ///
  /// - Parameters:
  ///   - flags: as for `open(2)`; close-on-exec is added.
  ///   - mode: the permissions of a file that this creates, whatever the umask.
  init(
    _ path: String, in directory: Int32 = AT_FDCWD, flags: Int32, mode: mode_t = 0
  ) throws(SystemError) {
    var descriptor: Int32
    repeat {
      descriptor = openat(directory, path, flags | O_CLOEXEC, mode)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else { throw .last }
    if flags & O_CREAT != 0, fchmod(descriptor, mode) != 0 {
      let error = SystemError.last
      _ = Self.closeDescriptor(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit { _ = Self.closeDescriptor(self.descriptor) }

  private static func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }

  /// The file's owner, type, permissions and size.
  borrowing func status() throws(SystemError) -> stat {
    var status = stat()
    guard fstat(self.descriptor, &status) == 0 else { throw .last }
    return status
  }

  /// Reads to the end.
  ///
  /// - Parameter limit: the most bytes to accept.
  borrowing func readAll(upTo limit: Int) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(self.descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk.prefix(count))
      guard bytes.count <= limit else {
        throw SystemError(number: 0, reason: "it has more than \(limit) bytes")
      }
    }
  }

  /// Writes all bytes and waits until they are on the disk.
  borrowing func writeAll(_ bytes: [UInt8]) throws(SystemError) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        write(self.descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .last }
      offset += count
    }
    guard fsync(self.descriptor) == 0 else { throw .last }
  }

  /// Waits for the lock that only one open file at a time has; closing gives it back.
  borrowing func lock() throws(SystemError) {
    while flock(self.descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw .last }
    }
  }

  /// Reads a whole file.
  static func readAll(_ path: String, upTo limit: Int) throws(SystemError) -> [UInt8] {
    let file = try SystemFile(path, flags: O_RDONLY)
    return try file.readAll(upTo: limit)
  }
}
