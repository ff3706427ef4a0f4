/// Which of some files have changed and are at rest again.
///
/// A file is at rest when two looks in a row saw the same and it is not empty: editors empty a file
/// and write it then, or put a new one in its place, and neither is a change before it is over. A
/// file that is seen for the first time counts as changed, unless it is remembered how it was when it
/// was read: it may have been changed between then and the first look.
struct FileChanges {
  /// What a look has found.
  enum Change: Equatable {
    case changed
    /// It was there, and is not any more.
    case gone
    /// It is there, and has stayed empty.
    case empty
  }

  /// How many looks in a row a file may be gone or empty before that is told.
  static let patience = 10

  private struct File {
    /// What was told last; `nil` where nothing was.
    var told: FileSignature?
    var last: FileSignature?
    /// For how many looks it has been gone or empty.
    var lacking = 0
  }

  private var files: [String: File] = [:]

  /// Takes how files were before something was read from them that are not watched so far.
  mutating func remember(_ signatures: [String: FileSignature?]) {
    for (path, signature) in signatures where self.files[path] == nil {
      self.files[path] = File(told: signature, last: signature)
    }
  }

  /// Takes what a look saw of all files that are watched; others are forgotten.
  ///
  /// - Parameter seen: by their paths, `nil` for one that is not there.
  /// - Returns: what has become of the files with a change.
  mutating func observe(_ seen: [String: FileSignature?]) -> [String: Change] {
    self.files = self.files.filter { seen[$0.key] != nil }
    var changes: [String: Change] = [:]
    for (path, signature) in seen {
      if let change = Self.observe(&self.files[path, default: File()], signature) {
        changes[path] = change
      }
    }
    return changes
  }

  private static func observe(_ file: inout File, _ signature: FileSignature?) -> Change? {
    defer { file.last = signature }
    guard let signature, signature.size > 0 else {
      // Told once, and what comes then is new even where it looks as before.
      file.told = nil
      file.lacking += 1
      guard file.lacking == Self.patience else { return nil }
      return signature == nil ? .gone : .empty
    }
    file.lacking = 0
    guard signature != file.told, signature == file.last else { return nil }
    file.told = signature
    return .changed
  }
}
