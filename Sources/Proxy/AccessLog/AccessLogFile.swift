import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The open file of an access log.
struct AccessLogFile: ~Copyable {
  private let file: SystemFile
  private let isRegular: Bool
  /// Whether an error has been reported that no successful write has followed.
  private var hasFailed = false
  /// Whether a write stopped within a line, behind which no other line may go on.
  private var isWithinLine = false

  /// Below this size a write to a pipe that is ready neither waits nor is split
  /// (`PIPE_BUF`, at least 4096 on Linux).
  private static let pipeBytes = 4096
  /// After how many milliseconds it is asked again whether to wait for a pipe's reader.
  private static let patience: Int32 = 250

  init(_ destination: AccessLog.Destination) throws(SystemError) {
    let file = try Self.open(destination)
    self.isRegular = try file.status().st_mode & S_IFMT == S_IFREG
    self.file = file
  }

  private static func open(
    _ destination: AccessLog.Destination
  ) throws(SystemError) -> SystemFile {
    switch destination {
    case .standardOutput: try SystemFile(duplicating: STDOUT_FILENO)
    case .file(let path): try Self.open(path)
    }
  }

  /// Opens a file to append to, or makes it for its owner alone. Not blocking, in case that it is a
  /// pipe that nobody reads.
  private static func open(_ path: String) throws(SystemError) -> SystemFile {
    let flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY
    do {
      return try SystemFile(path, flags: flags)
    } catch {
      guard error.number == ENOENT else { throw error }
    }
    do {
      return try SystemFile(path, flags: flags | O_CREAT | O_EXCL, mode: 0o600)
    } catch {
      // Somebody was faster, or there is a link to nowhere.
      guard error.number == EEXIST else { throw error }
      return try SystemFile(path, flags: flags)
    }
  }

  /// Writes whole lines.
  ///
  /// - Parameter mayWait: says whether to go on waiting for a pipe that is full.
  /// - Returns: the error, where lines were lost and this has not been said since the last success.
  mutating func write(_ lines: ByteBuffer, mayWait: () -> Bool) -> SystemError? {
    var lines = lines
    if self.isWithinLine {
      var complete = ByteBuffer(string: "\n")
      complete.writeImmutableBuffer(lines)
      lines = complete
    }
    do {
      try self.writeAll(&lines, mayWait: mayWait)
      self.hasFailed = false
      self.isWithinLine = false
      return nil
    } catch {
      defer { self.hasFailed = true }
      return self.hasFailed ? nil : error
    }
  }

  private mutating func writeAll(
    _ lines: inout ByteBuffer, mayWait: () -> Bool
  ) throws(SystemError) {
    while lines.readableBytes > 0 {
      if !self.isRegular { try self.waitUntilWritable(mayWait) }
      let length = self.isRegular ? lines.readableBytes : min(lines.readableBytes, Self.pipeBytes)
      let descriptor = self.file.descriptor
      let count = lines.withUnsafeReadableBytes { systemWrite(descriptor, $0.baseAddress, length) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { throw .last }
      let last: UInt8? = lines.getInteger(at: lines.readerIndex + count - 1)
      self.isWithinLine = last != UInt8(ascii: "\n")
      lines.moveReaderIndex(forwardBy: count)
    }
  }

  private borrowing func waitUntilWritable(_ mayWait: () -> Bool) throws(SystemError) {
    var entry = pollfd(fd: self.file.descriptor, events: Int16(POLLOUT), revents: 0)
    repeat {
      let ready = poll(&entry, 1, Self.patience)
      if ready > 0 { return }
      guard ready == 0 || errno == EINTR else { throw .last }
    } while mayWait()
    throw SystemError(number: EAGAIN, reason: "Nobody reads the pipe")
  }
}

/// `write()` of the C library, whose name the method above has taken.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

extension SystemFile {
  /// A descriptor of its own for what another one has open.
  fileprivate init(duplicating descriptor: Int32) throws(SystemError) {
    try self.init(takingOwnership: fcntl(descriptor, F_DUPFD_CLOEXEC, 0))
  }

  private init(takingOwnership descriptor: Int32) throws(SystemError) {
    guard descriptor >= 0 else { throw .last }
    self.descriptor = descriptor
  }
}
