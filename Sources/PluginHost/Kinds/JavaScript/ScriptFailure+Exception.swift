import CJavaScriptCore

extension ScriptFailure {
  /// What a script threw, and where.
  ///
  /// - Parameter source: the script's text, to find the column of a syntax error, of which the
  ///   engine says the line only.
  init(exception: JSValue, in context: JavaScriptContext, file: String, source: String) {
    self.init(message: context.text(exception), file: file, line: 0, column: 0)
    if self.message.isEmpty { self.message = "The script threw a value that has no text." }
    guard JSValueIsObject(context.ref, exception) else { return }
    self.line = context.uint32(context.property("line", of: exception))
    self.column = context.uint32(context.property("column", of: exception))
    let sourceURL = context.property("sourceURL", of: exception)
    if JSValueIsString(context.ref, sourceURL) { self.file = context.text(sourceURL) }
    if self.file.hasPrefix("valor:") {
      // Thrown by a function of ours: the place that counts is where the plugin called it.
      self.takePlace(fromStack: context.text(context.property("stack", of: exception)), file: file)
    }
    if self.column == 0, self.line > 0, self.file == file {
      self.column = Self.columnOfToken(in: self.message, source: source, line: self.line)
    }
  }

  /// Reads a message of the host with `FILE:LINE:COLUMN` in its second line; `nil` for another one.
  init?(told message: String) {
    let lines = message.split(separator: "\n")
    guard lines.count == 2 else { return nil }
    let parts = lines[1].split(separator: ":")
    guard parts.count >= 3, let line = UInt32(parts[parts.count - 2]),
      let column = UInt32(parts[parts.count - 1])
    else { return nil }
    self.init(
      message: String(lines[0]), file: String(lines[1][..<parts[parts.count - 3].endIndex]),
      line: line, column: column)
  }

  private mutating func takePlace(fromStack stack: String, file: String) {
    for frame in stack.split(separator: "\n") {
      let place = frame.split(separator: "@", maxSplits: 1).last ?? frame
      let parts = place.split(separator: ":")
      guard parts.count >= 3, place.hasPrefix(file), let line = UInt32(parts[parts.count - 2]),
        let column = UInt32(parts[parts.count - 1])
      else { continue }
      (self.file, self.line, self.column) = (file, line, column)
      return
    }
    (self.file, self.line, self.column) = (file, 0, 0)
  }

  /// The column of the token that the message quotes, where the line has it only once.
  static func columnOfToken(in message: String, source: String, line: UInt32) -> UInt32 {
    let quoted = message.split(separator: "'", omittingEmptySubsequences: false)
    guard quoted.count >= 3, !quoted[1].isEmpty else { return 0 }
    let lines = source.split(omittingEmptySubsequences: false) { $0.isNewline }
    guard Int(line) <= lines.count else { return 0 }
    let text = Array(lines[Int(line) - 1].utf16)
    let token = Array(quoted[1].utf16)
    guard text.count >= token.count else { return 0 }
    let places = (0...(text.count - token.count)).filter {
      text[$0..<($0 + token.count)].elementsEqual(token)
    }
    return places.count == 1 ? UInt32(places[0] + 1) : 0
  }
}
