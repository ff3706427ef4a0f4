import FetchModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The files beside a plugin's script, by the URLs that they have beside the script's URL.
///
/// With the script `/plugins/sw.js` at `https://site/a/sw.js`, the URL `https://site/a/lib/x.js` is
/// the file `/plugins/lib/x.js`. Whatever a URL or a symbolic link says, nothing outside of the
/// script's directory is read.
struct ScriptDirectory: Sendable {
  /// A file's bytes and its path, for messages.
  struct File: Sendable {
    var path: String
    var bytes: [UInt8]
  }

  enum Found: Sendable {
    case file(File)
    /// The URL is no file of this directory.
    case none
    /// There is such a file, but it cannot be had; why.
    case failed(String)
  }

  /// The names that count as scripts and modules: other files are not for a plugin to read.
  private static let extensions: Set<String> = ["js", "mjs", "cjs", "ts", "mts", "json"]

  private let scriptPath: String
  private let origin: String
  /// The directory of the script's URL, with its last slash.
  private let directory: String

  /// - Parameters:
  ///   - scriptPath: the plugin's script; empty where it is no file, and nothing is beside it.
  ///   - scriptURL: its URL.
  init(scriptPath: String, scriptURL: String) {
    self.scriptPath = scriptPath
    let url = WebURL(scriptURL)
    self.origin = url?.origin ?? ""
    let path = url?.get(.pathname) ?? ""
    self.directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/"
  }

  /// Reads the file of a URL. Waits for the disk.
  ///
  /// - Parameter limit: the greatest length in bytes.
  func read(_ url: WebURL, limit: Int) -> Found {
    guard let names = self.names(of: url), let name = names.last,
      let dot = name.lastIndex(of: "."),
      Self.extensions.contains(name[name.index(after: dot)...].lowercased()),
      let root = resolvedPath(parent(of: self.scriptPath)),
      let path = resolvedPath(root + "/" + names.joined(separator: "/")),
      path.hasPrefix(root.hasSuffix("/") ? root : root + "/")
    else { return .none }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .none }
    guard let bytes = readFile(path, limit: limit) else {
      return .failed("\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    return .file(File(path: path, bytes: bytes))
  }

  /// The path of a URL's file, whether or not it is there; `nil` where it would be none of this
  /// directory.
  func path(of url: WebURL) -> String? {
    self.names(of: url).map { parent(of: self.scriptPath) + "/" + $0.joined(separator: "/") }
  }

  /// The names of the path below the script's directory; `nil` where the URL is not below it.
  func names(of url: WebURL) -> [String]? {
    let path = url.get(.pathname)
    guard !self.scriptPath.isEmpty, !self.origin.isEmpty, self.origin != "null",
      url.origin == self.origin, path.hasPrefix(self.directory)
    else { return nil }
    var names: [String] = []
    for part in path.dropFirst(self.directory.count)
      .split(separator: "/", omittingEmptySubsequences: false)
    {
      let bytes = String(part).percentDecoded()
      guard !bytes.isEmpty, !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")),
        let name = String(validating: bytes, as: UTF8.self), name != ".", name != ".."
      else { return nil }
      names.append(name)
    }
    return names.isEmpty ? nil : names
  }
}

private func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The path without symbolic links; `nil` where there is nothing.
private func resolvedPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
