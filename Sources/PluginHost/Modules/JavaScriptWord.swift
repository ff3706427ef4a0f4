/// The words of JavaScript that decide what a slash or a brace after them means.
enum JavaScriptWord: String, CaseIterable {
  case async, await, `case`, `catch`, `class`, const, `default`, delete, `do`, `else`, export
  case extends, finally, `for`, function, `if`, `import`, `in`, instanceof, `let`, new, of
  case `return`, `static`, `switch`, `throw`, `try`, typeof, `var`, void, `while`, with, yield
  /// A name, or one that is like a name here: `this`, `super`, `null`, `true`, `false`.
  case other

  private static let byLength: [[(text: [UInt8], word: JavaScriptWord)]] = {
    var table = [[(text: [UInt8], word: JavaScriptWord)]](repeating: [], count: 11)
    for word in Self.allCases where word != .other {
      table[word.rawValue.utf8.count].append((Array(word.rawValue.utf8), word))
    }
    return table
  }()

  init(_ text: UnsafeBufferPointer<UInt8>) {
    self = .other
    guard text.count >= 2, text.count <= 10, text[0] >= 0x61, text[0] <= 0x7A else { return }
    for entry in Self.byLength[text.count] where entry.text.elementsEqual(text) {
      self = entry.word
      return
    }
  }
}
