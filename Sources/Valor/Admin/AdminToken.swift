#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The bearer token of the admin listener, in a file of the data directory that only its owner can
/// read. It is made once and stays, so that several proxies with one data directory share it.
struct AdminToken {
  static let fileName = "admin-token"

  let text: String
  /// Whether it was made just now.
  let isNew: Bool

  /// Reads the token, or makes it.
  ///
  /// - Throws: ``ExitFailure`` where that fails, or the file is not for its owner alone.
  static func loadOrCreate(in directory: String) throws -> AdminToken {
    let path = joinPath(directory, self.fileName)
    if let token = try Self.load(path) { return AdminToken(text: token, isNew: false) }
    // Linked into its place when it is complete: of two programs one is the first.
    let temporary = path + ".\(getpid())"
    unlink(temporary)
    let token = Self.make()
    try Self.write(token, to: temporary)
    defer { unlink(temporary) }
    if link(temporary, path) == 0 { return AdminToken(text: token, isNew: true) }
    guard errno == EEXIST, let other = try Self.load(path) else { throw Self.failure(path) }
    return AdminToken(text: other, isNew: false)
  }

  /// Reads the token; `nil` where there is none.
  static func load(in directory: String) throws -> String? {
    try Self.load(joinPath(directory, self.fileName))
  }

  private static func load(_ path: String) throws -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw Self.failure(path)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0,
      status.st_uid == geteuid()
    else {
      throw ExitFailure(
        .configuration,
        "\(path) has to be a file that only its owner can read: remove it, and it is made anew.")
    }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw Self.failure(path) }
    let text = bytes[..<count].prefix { $0 != 0x0A }
    guard text.count >= 32, text.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ExitFailure(
        .configuration, "\(path) has no token in it: remove it, and it is made anew.")
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func write(_ token: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path) }
    defer { close(descriptor) }
    var line = token + "\n"
    let isWritten = line.withUTF8 { writeBytes(descriptor, $0.baseAddress, $0.count) == $0.count }
    guard isWritten, fchmod(descriptor, 0o600) == 0 else { throw Self.failure(path) }
  }

  /// 256 bits of the system's generator.
  private static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef")
    return String((0..<64).map { _ in digits[Int.random(in: 0..<16, using: &generator)] })
  }

  private static func failure(_ path: String) -> ExitFailure {
    ExitFailure(.failure, "\(path) cannot be used: \(String(cString: strerror(errno))).")
  }
}

/// `write()` of the C library, whose name the token's own method has taken.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
