#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension CertificateAuthority {
  /// The name of the certificate's file in the authority's directory.
  public static let certificateFile = "ca.pem"
  /// The name of the private key's file in the authority's directory; mode 0600.
  public static let keyFile = "ca-key.pem"

  /// Reads the authority of a directory.
  ///
  /// - Parameters:
  ///   - directory: its path; only its owner may have access.
  ///   - now: the time in seconds since 1970; the machine's clock where it is `nil`.
  /// - Throws: ``CertificateAuthorityError`` where there is none or it cannot be used.
  public static func load(
    directory: String, now: Int? = nil
  ) throws(CertificateAuthorityError) -> CertificateAuthority {
    let files = try CertificateAuthorityDirectory(directory)
    return try files.load(now: now ?? time(nil))
  }

  /// Reads the authority of a directory, and makes the directory and the authority first where they
  /// are missing. Of several processes that do so at once, one makes it and all read it.
  ///
  /// - Parameters:
  ///   - directory: its path; only its owner may have access.
  ///   - now: the time in seconds since 1970; the machine's clock where it is `nil`.
  /// - Throws: ``CertificateAuthorityError`` where the authority cannot be made or used.
  public static func loadOrCreate(
    directory: String, now: Int? = nil
  ) throws(CertificateAuthorityError) -> CertificateAuthority {
    try CertificateAuthorityDirectory.make(directory)
    let files = try CertificateAuthorityDirectory(directory)
    try files.createWhereMissing(now: now ?? time(nil))
    return try files.load(now: now ?? time(nil))
  }
}

/// The directory of an authority, opened, checked and locked against other processes.
private struct CertificateAuthorityDirectory: ~Copyable {
  private let path: String
  private let directory: SystemFile

  /// - Throws: ``CertificateAuthorityError`` where it is missing or others have access.
  init(_ path: String) throws(CertificateAuthorityError) {
    let directory: SystemFile
    do {
      directory = try SystemFile(path, flags: O_RDONLY | O_DIRECTORY)
    } catch {
      throw .init(path: path, problem: error.number == ENOENT ? .missing : .system(error.reason))
    }
    try Self.check(directory, path, isDirectory: true)
    do {
      try directory.lock()
    } catch {
      throw .init(path: path, problem: .system("it cannot be locked: \(error.reason)"))
    }
    self.path = path
    self.directory = directory
  }

  /// Makes a directory for its owner alone, and those above it, where they are missing.
  static func make(_ path: String) throws(CertificateAuthorityError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let end = path.lastIndex(where: { $0 != "/" }),
      let slash = path[...end].lastIndex(of: "/"), slash > path.startIndex
    else { throw .init(path: path, problem: .system(SystemError.last.reason)) }
    try Self.make(String(path[..<slash]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw .init(path: path, problem: .system(SystemError.last.reason))
    }
  }

  // MARK: Reading

  borrowing func load(now: Int) throws(CertificateAuthorityError) -> CertificateAuthority {
    let keyBytes = try self.read(CertificateAuthority.keyFile, isSecret: true)
    let certificateBytes = try self.read(CertificateAuthority.certificateFile, isSecret: false)
    guard let keyBytes, let certificateBytes else { throw self.incomplete(hasKey: keyBytes != nil) }
    guard let key = PrivateKey(pem: keyBytes) else {
      throw self.error(CertificateAuthority.keyFile, .damagedKey)
    }
    guard let certificate = Certificate.all(pem: certificateBytes)?.first else {
      throw self.error(CertificateAuthority.certificateFile, .damagedCertificate)
    }
    do {
      return try CertificateAuthority(certificate: certificate, key: key, now: now)
    } catch {
      throw self.error(CertificateAuthority.certificateFile, error)
    }
  }

  private borrowing func incomplete(hasKey: Bool) -> CertificateAuthorityError {
    let hasCertificate = self.exists(CertificateAuthority.certificateFile)
    return hasCertificate && !hasKey
      ? self.error(CertificateAuthority.keyFile, .missingKey)
      : .init(path: self.path, problem: .missing)
  }

  /// The content of a file, `nil` where there is no such file.
  private borrowing func read(
    _ name: String, isSecret: Bool
  ) throws(CertificateAuthorityError) -> [UInt8]? {
    let file: SystemFile
    do {
      // Not blocking, in case that somebody put a pipe there.
      file = try SystemFile(name, in: self.directory.descriptor, flags: O_RDONLY | O_NONBLOCK)
    } catch {
      if error.number == ENOENT { return nil }
      throw self.error(name, .system(error.reason))
    }
    if isSecret { try Self.check(file, self.path + "/" + name, isDirectory: false) }
    do {
      return try file.readAll(upTo: 1_048_576)
    } catch {
      throw self.error(name, .system(error.reason))
    }
  }

  private borrowing func exists(_ name: String) -> Bool {
    faccessat(self.directory.descriptor, name, F_OK, 0) == 0
  }

  private static func check(
    _ file: borrowing SystemFile, _ path: String, isDirectory: Bool
  ) throws(CertificateAuthorityError) {
    let status: stat
    do {
      status = try file.status()
    } catch {
      throw .init(path: path, problem: .system(error.reason))
    }
    guard status.st_mode & S_IFMT == (isDirectory ? S_IFDIR : S_IFREG) else {
      throw .init(path: path, problem: .wrongType)
    }
    let permissions = status.st_mode & 0o7777
    guard permissions & 0o077 == 0 else {
      throw .init(
        path: path,
        problem: .accessibleByOthers(
          permissions: String(permissions, radix: 8), wanted: isDirectory ? "700" : "600"))
    }
    guard status.st_uid == geteuid() || geteuid() == 0 else {
      throw .init(path: path, problem: .ownedByAnother)
    }
  }

  // MARK: Creation

  /// Makes what is missing, the key first. A key without a certificate is what a creation that was
  /// cut short leaves behind; it is completed. A certificate without its key is left alone.
  borrowing func createWhereMissing(now: Int) throws(CertificateAuthorityError) {
    let hasCertificate = self.exists(CertificateAuthority.certificateFile)
    let keyBytes = try self.read(CertificateAuthority.keyFile, isSecret: true)
    guard !hasCertificate else { return }
    let key: PrivateKey
    if let keyBytes { key = try self.parseKey(keyBytes) } else { key = try self.createKey() }
    let pem: [UInt8]?
    do {
      let name = CertificateAuthority.newName(now: now)
      pem = try CertificateAuthority.makeCertificate(name: name, key: key, now: now).pem()
    } catch {
      throw .init(path: self.path, problem: .notMade(error.description))
    }
    guard let pem else {
      throw .init(path: self.path, problem: .notMade(OpenSSLErrorQueue.takeText()))
    }
    try self.create(CertificateAuthority.certificateFile, mode: 0o644, pem)
  }

  private borrowing func parseKey(_ bytes: [UInt8]) throws(CertificateAuthorityError) -> PrivateKey
  {
    guard let key = PrivateKey(pem: bytes) else {
      throw self.error(CertificateAuthority.keyFile, .damagedKey)
    }
    return key
  }

  private borrowing func createKey() throws(CertificateAuthorityError) -> PrivateKey {
    OpenSSLErrorQueue.clear()
    guard let key = PrivateKey.generateP256(), let pem = key.pem() else {
      throw .init(path: self.path, problem: .notMade(OpenSSLErrorQueue.takeText()))
    }
    try self.create(CertificateAuthority.keyFile, mode: 0o600, pem)
    return key
  }

  /// Makes a file, whole or not at all, and never over one that is there.
  private borrowing func create(
    _ name: String, mode: mode_t, _ bytes: [UInt8]
  ) throws(CertificateAuthorityError) {
    let unfinished = name + ".new"
    let descriptor = self.directory.descriptor
    do throws(SystemError) {
      // Under the lock this can only be what is left of a creation that was cut short.
      unlinkat(descriptor, unfinished, 0)
      let file = try SystemFile(
        unfinished, in: descriptor, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode)
      defer { unlinkat(descriptor, unfinished, 0) }
      try file.writeAll(bytes)
      guard linkat(descriptor, unfinished, descriptor, name, 0) == 0, fsync(descriptor) == 0 else {
        throw SystemError.last
      }
    } catch {
      throw self.error(name, .system(error.reason))
    }
  }

  private borrowing func error(
    _ name: String, _ problem: CertificateAuthorityError.Problem
  ) -> CertificateAuthorityError {
    .init(path: self.path + "/" + name, problem: problem)
  }
}
