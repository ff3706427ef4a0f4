#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where a user's files are kept when no option says otherwise: the XDG Base Directory
/// Specification.
enum UserDirectories {
  /// `$XDG_DATA_HOME/valor`, or `~/.local/share/valor`.
  static var data: String {
    if let base = Self.variable("XDG_DATA_HOME"), base.hasPrefix("/") { return base + "/valor" }
    return (Self.variable("HOME") ?? "/") + "/.local/share/valor"
  }

  /// The directory of the certificate authority inside the data directory.
  static func authority(in data: String) -> String { data + "/ca" }

  /// Creates a directory and its parents, for the user alone.
  ///
  /// - Throws: ``ExitFailure`` where that fails.
  static func create(_ path: String) throws {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for component in path.split(separator: "/") {
      prefix += prefix.isEmpty || prefix == "/" ? String(component) : "/" + component
      if mkdir(prefix, 0o700) != 0, errno != EEXIST {
        throw ExitFailure(
          .failure,
          "the directory \(prefix) cannot be created: \(String(cString: strerror(errno)))")
      }
    }
  }

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// A path from the root on; one that is relative is one from the working directory.
func absolutePath(_ path: String) -> String {
  guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
  defer { free(directory) }
  return joinPath(String(cString: directory), path)
}
