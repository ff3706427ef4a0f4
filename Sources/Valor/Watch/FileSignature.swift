#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What tells one state of a file from another without reading it.
struct FileSignature: Sendable, Equatable {
  var device: UInt64 = 0
  /// An editor that puts a new file in the place of the old one changes this.
  var inode: UInt64 = 0
  var size: Int64
  /// In nanoseconds since 1970.
  var modified: Int64
  var changed: Int64 = 0

  /// The signature of the file that a path leads to, links followed; `nil` where there is none.
  static func read(_ path: String) -> FileSignature? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    #if canImport(Darwin)
      let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (modified, changed) = (status.st_mtim, status.st_ctim)
    #endif
    return FileSignature(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      inode: UInt64(truncatingIfNeeded: status.st_ino), size: Int64(status.st_size),
      modified: nanoseconds(modified), changed: nanoseconds(changed))
  }
}

private func nanoseconds(_ time: timespec) -> Int64 {
  Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}

/// The scripts in a directory and in those below it: what an import may lead to. Bounded, and without
/// `node_modules` and what begins with a dot.
func scriptFiles(below directory: String, depth: Int = 4, limit: Int = 500) -> [String] {
  var found: [String] = []
  var directories = [(path: directory, depth: depth)]
  var read = 0
  while let next = directories.popLast(), found.count < limit, read < 100 {
    read += 1
    guard let stream = opendir(next.path.isEmpty ? "." : next.path) else { continue }
    defer { closedir(stream) }
    while let entry = readdir(stream), found.count < limit {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard !name.hasPrefix("."), name != "node_modules" else { continue }
      let path = joinPath(next.path, name)
      if ["js", "mjs", "cjs", "ts", "mts", "json", "wasm"].contains(fileExtension(name)) {
        found.append(path)
      } else if next.depth > 0, Int32(entry.pointee.d_type) == Int32(DT_DIR) {
        directories.append((path, next.depth - 1))
      }
    }
  }
  return found
}
