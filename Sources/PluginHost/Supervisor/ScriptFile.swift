import Interceptor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads a file from its beginning; `nil`, with `errno` set, where that fails or where it is longer
/// than `limit` bytes (`EFBIG`).
func readFile(_ path: String, limit: Int) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 16_384)
  while true {
    let count = read(descriptor, &block, block.count)
    if count < 0 {
      if errno == EINTR { continue }
      return nil
    }
    if count == 0 { return bytes }
    bytes += block[..<count]
    if bytes.count > limit {
      errno = EFBIG
      return nil
    }
  }
}

/// The bytes of a script's file.
///
/// - Throws: ``PluginError`` where it cannot be read or is longer than 32 MiB.
func readScript(_ path: String) throws(PluginError) -> [UInt8] {
  guard let bytes = readFile(path, limit: 32 << 20) else {
    let reason = String(cString: strerror(errno))
    throw PluginError(
      name: "NetworkError", message: "The script \(path) cannot be read: \(reason).")
  }
  return bytes
}

/// The text of a script, decoded as *UTF-8 decode* does: without a byte order mark, and with U+FFFD
/// for what is no UTF-8.
func decodeScript(_ bytes: [UInt8]) -> String {
  let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
  return String(decoding: text, as: UTF8.self)
}

extension ScriptFailure {
  /// The failure for a person: the message, where it is, the line and a caret under the column.
  ///
  /// - Parameter source: the text of the file in which it is, where that is at hand.
  func pluginError(source: String?) -> PluginError {
    var lines = [self.message]
    if self.line > 0 {
      lines.append("\(self.file):\(self.line):\(max(self.column, 1))")
      if let source { lines += self.excerpt(of: source) }
    }
    return PluginError(name: self.errorName, message: lines.joined(separator: "\n"))
  }

  /// The word before the colon of `SyntaxError: Unexpected token`.
  private var errorName: String {
    let name = self.message.prefix { $0 != ":" }
    let isName = name.count < self.message.count && name.allSatisfy { $0.isLetter || $0.isNumber }
    return isName && !name.isEmpty ? String(name) : "Error"
  }

  private func excerpt(of source: String) -> [String] {
    let lines = source.split(omittingEmptySubsequences: false) { $0.isNewline }
    guard Int(self.line) <= lines.count else { return [] }
    let line = lines[Int(self.line) - 1]
    // Minified scripts have lines that nobody wants to see whole.
    guard line.utf16.count <= 400 else { return [] }
    guard self.column > 0, Int(self.column) <= line.utf16.count + 1 else { return [String(line)] }
    let before = String(decoding: line.utf16.prefix(Int(self.column) - 1), as: UTF16.self)
    return [String(line), String(before.map { $0 == "\t" ? "\t" : " " }) + "^"]
  }
}
