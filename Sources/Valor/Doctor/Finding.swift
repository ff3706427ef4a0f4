/// What `valor doctor` has found about one thing.
struct Finding: Equatable {
  enum Level: String {
    case ok
    /// Good to know; nothing has to be done.
    case note
    /// Works, and something may not be as it was meant.
    case warning
    /// `valor run` would not start, or would not do its work.
    case problem
  }

  var level: Level
  /// What it is about.
  var subject: String
  var text: String

  init(_ level: Level, _ subject: String, _ text: String) {
    self.level = level
    self.subject = subject
    self.text = text
  }

  /// One line, further ones indented.
  var line: String {
    let lines = self.text.split(separator: "\n", omittingEmptySubsequences: false)
    let level = self.level.rawValue
    return level + String(repeating: " ", count: 9 - level.count) + self.subject + ": "
      + lines.joined(separator: "\n         ") + "\n"
  }
}
