/// A token of a module's text: what finding its imports and exports takes to know of it.
struct ModuleToken {
  enum Kind: UInt8 {
    /// Names and keywords, also private ones.
    case word
    case number
    case string
    /// A regular expression, or a template without substitutions.
    case literal
    /// `(`, `[`, `{`, and the beginning of a template with substitutions.
    case open
    /// Their ends.
    case close
    case punctuator
  }

  var kind: Kind
  /// Whether it begins a statement, also one that only a line end parts from the one before.
  var startsStatement = false
  /// Whether a line ends before it.
  var followsLineEnd = false
  /// Whether a word is the name of a property, not a keyword or a variable.
  var isPropertyName = false
  /// Whether it is in a function.
  var isInFunction = false
  /// Its first byte and the one after its last.
  var start: Int
  var end: Int
  /// How many brackets are open around it.
  var depth: Int32
  /// The index of the other bracket; -1 for what is none, or has none.
  var partner: Int32 = -1
}

/// ASCII of JavaScript's punctuation, by name where a character literal says less.
enum Ascii {
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let quote: UInt8 = 0x22
  static let dollar: UInt8 = 0x24
  static let apostrophe: UInt8 = 0x27
  static let backslash: UInt8 = 0x5C
  static let backtick: UInt8 = 0x60

  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  /// Whether a name can have it; of what is not ASCII, everything that is no space.
  static func isWord(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || isDigit(byte) || byte == self.dollar || byte == 0x5F
      || byte == self.backslash || byte >= 0x80
  }
}

/// The text has no tokens from here on: it is no JavaScript.
struct ModuleSyntaxError: Error, Equatable {
  var message: String
  /// The byte where it shows.
  var offset: Int
}
