import Proxy

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What `valor doctor` looks at of the user's files: the data directory with the admin token, and the
/// certificate authority.
enum DirectoryHealth {
  static func data(_ path: String) -> [Finding] {
    let subject = "data directory"
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else {
        return [Finding(.problem, subject, "\(path): \(String(cString: strerror(errno)))")]
      }
      return [Self.missing(path)]
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return [Finding(.problem, subject, "\(path) is no directory: give another --data-dir.")]
    }
    guard access(path, R_OK | W_OK | X_OK) == 0 else {
      return [
        Finding(.problem, subject, "\(path) cannot be written: \(String(cString: strerror(errno)))")
      ]
    }
    let mode = String(status.st_mode & 0o777, radix: 8)
    if status.st_mode & 0o022 != 0 {
      return [
        Finding(
          .problem, subject,
          "\(path) can be changed by others (\(mode)); protect it with: chmod 700 '\(path)'"),
        Self.token(path),
      ]
    }
    if status.st_mode & 0o055 != 0 {
      return [
        Finding(
          .warning, subject,
          "\(path) can be read by others (\(mode)); protect it with: chmod 700 '\(path)'"),
        Self.token(path),
      ]
    }
    return [Finding(.ok, subject, path), Self.token(path)]
  }

  /// - Returns: whether it can be made.
  private static func missing(_ path: String) -> Finding {
    var parent = directoryOf(path.hasSuffix("/") ? String(path.dropLast()) : path)
    while parent.utf8.count > 1, access(parent, F_OK) != 0 {
      parent = directoryOf(String(parent.dropLast()))
    }
    let isWritable = access(parent.isEmpty ? "." : parent, W_OK | X_OK) == 0
    return isWritable
      ? Finding(.note, "data directory", "\(path) is not there yet; `valor run` makes it")
      : Finding(
        .problem, "data directory",
        "\(path) is not there and cannot be made: give another --data-dir.")
  }

  private static func token(_ directory: String) -> Finding {
    do {
      return try AdminToken.load(in: directory) == nil
        ? Finding(.note, "admin token", "not there yet; `valor run` makes it")
        : Finding(.ok, "admin token", joinPath(directory, AdminToken.fileName))
    } catch let failure as ExitFailure {
      return Finding(.problem, "admin token", failure.message)
    } catch {
      return Finding(.problem, "admin token", "\(error)")
    }
  }

  /// - Parameter now: in seconds since 1970.
  static func authority(_ directory: String, now: Int) -> [Finding] {
    let subject = "certificate authority"
    let authority: CertificateAuthority
    do {
      authority = try CertificateAuthority.load(directory: directory, now: now)
    } catch {
      let isMissing = error.problem == .missing
      return [
        isMissing
          ? Finding(.note, subject, "none in \(directory) yet; `valor run` makes it")
          : Finding(.problem, subject, "\(error)")
      ]
    }
    let days = authority.daysLeft(now: now)
    return [
      days < 30
        ? Finding(.warning, subject, "\(authority.name) expires in \(days) days")
        : Finding(.ok, subject, "\(authority.name), valid until \(authority.expiry)"),
      authority.isTrustedBySystem
        ? Finding(.ok, "trust", "the system's store has the authority")
        : Finding(
          .note, "trust",
          "the system's store does not have the authority: a client whose HTTPS is intercepted has "
            + "to be told of it. How: valor ca show"),
    ]
  }
}
