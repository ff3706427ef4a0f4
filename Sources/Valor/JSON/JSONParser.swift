/// A strict parser of JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)) that remembers where
/// each value stands and refuses a key that stands twice in an object, of which others silently take
/// one.
///
/// ```swift
/// let root = try JSONParser.parse(bytes)
/// ```
struct JSONParser {
  /// How deep arrays and objects may be nested: the parser recurses.
  private static let maximumDepth = 64

  private let bytes: [UInt8]
  private var index = 0
  private var depth = 0
  /// The last place that was asked for, from where the next one is counted.
  private var marked = (offset: 0, position: JSONPosition(line: 1, column: 1))

  /// Parses a whole text; a byte order mark before it is skipped.
  ///
  /// - Throws: ``JSONSyntaxError`` where it is no JSON, no UTF-8, nested too deeply, or has a key
  ///   twice.
  static func parse(_ bytes: some Sequence<UInt8>) throws(JSONSyntaxError) -> JSONNode {
    var parser = JSONParser(Array(bytes))
    if parser.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.index = 3 }
    try parser.checkUTF8()
    parser.skipSpace()
    let root = try parser.node()
    parser.skipSpace()
    guard parser.index == parser.bytes.count else {
      throw parser.error("nothing may follow the value")
    }
    return root
  }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func checkUTF8() throws(JSONSyntaxError) {
    if String(validating: self.bytes, as: UTF8.self) != nil { return }
    // The first difference is where a decoder puts its first replacement.
    let repaired = String(decoding: self.bytes, as: UTF8.self).utf8
    let offset = zip(self.bytes, repaired).prefix { $0 == $1 }.count
    throw JSONSyntaxError(position: self.position(of: offset), reason: "this is no UTF-8")
  }

  // MARK: Values

  private mutating func node() throws(JSONSyntaxError) -> JSONNode {
    let start = self.index
    let position = self.mark()
    let value = try self.value()
    return JSONNode(value: value, position: position, bytes: self.bytes[start..<self.index])
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONNode.Value {
    guard let byte = self.peek else { throw self.error("the text ends where a value has to be") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try self.object())
    case UInt8(ascii: "["): return .array(try self.array())
    case UInt8(ascii: "\""): return .string(try self.string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .number(try self.number())
    case UInt8(ascii: "t"): return .bool(try self.word("true", true))
    case UInt8(ascii: "f"): return .bool(try self.word("false", false))
    case UInt8(ascii: "n"): return try self.word("null", .null)
    default: throw self.error("a value has to be here")
    }
  }

  private mutating func word<Value>(
    _ word: StaticString, _ value: Value
  ) throws(JSONSyntaxError) -> Value {
    let text = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard self.bytes[self.index...].starts(with: text) else {
      throw self.error("a value has to be here")
    }
    self.index += text.count
    return value
  }

  private mutating func array() throws(JSONSyntaxError) -> [JSONNode] {
    try self.enter()
    defer { self.depth -= 1 }
    var elements: [JSONNode] = []
    if self.take(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try self.node())
      self.skipSpace()
      if self.take(UInt8(ascii: "]")) { return elements }
      guard self.take(UInt8(ascii: ",")) else {
        throw self.error("a comma or ] has to be here")
      }
      self.skipSpace()
    }
  }

  private mutating func object() throws(JSONSyntaxError) -> [JSONNode.Member] {
    try self.enter()
    defer { self.depth -= 1 }
    var members: [JSONNode.Member] = []
    var keys: Set<String> = []
    if self.take(UInt8(ascii: "}")) { return members }
    while true {
      guard self.peek == UInt8(ascii: "\"") else {
        throw self.error("a key in quotes has to be here")
      }
      let position = self.mark()
      let key = try self.string()
      guard keys.insert(key).inserted else {
        throw JSONSyntaxError(
          position: position, reason: "the key \"\(key)\" stands here twice")
      }
      self.skipSpace()
      guard self.take(UInt8(ascii: ":")) else { throw self.error("a colon has to be here") }
      self.skipSpace()
      let value = try self.node()
      members.append(JSONNode.Member(key: key, keyPosition: position, value: value))
      self.skipSpace()
      if self.take(UInt8(ascii: "}")) { return members }
      guard self.take(UInt8(ascii: ",")) else {
        throw self.error("a comma or } has to be here")
      }
      self.skipSpace()
    }
  }

  private mutating func enter() throws(JSONSyntaxError) {
    self.depth += 1
    guard self.depth <= Self.maximumDepth else { throw self.error("this is nested too deeply") }
    self.index += 1
    self.skipSpace()
  }

  // MARK: Numbers and strings

  private mutating func number() throws(JSONSyntaxError) -> String {
    let start = self.index
    _ = self.take(UInt8(ascii: "-"))
    if !self.take(UInt8(ascii: "0")) { try self.digits() }
    if self.take(UInt8(ascii: ".")) { try self.digits() }
    if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
      if !self.take(UInt8(ascii: "+")) { _ = self.take(UInt8(ascii: "-")) }
      try self.digits()
    }
    return String(decoding: self.bytes[start..<self.index], as: UTF8.self)
  }

  private mutating func digits() throws(JSONSyntaxError) {
    let start = self.index
    while let byte = self.peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      self.index += 1
    }
    guard self.index > start else { throw self.error("a digit has to be here") }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    self.index += 1
    var text: [UInt8] = []
    while let byte = self.peek {
      switch byte {
      case UInt8(ascii: "\""):
        self.index += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += try self.escape()
      case 0..<0x20: throw self.error("a control character in a string has to be escaped")
      default:
        text.append(byte)
        self.index += 1
      }
    }
    throw self.error("the text ends within a string")
  }

  private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
    let start = self.index
    self.index += 1
    guard let byte = self.peek else { throw self.error("the text ends within a string") }
    self.index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(try self.unicodeEscape(from: start)).utf8)
    default:
      self.index = start
      throw self.error("there is no such escape")
    }
  }

  private mutating func unicodeEscape(from start: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try self.fourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if UTF16.isLeadSurrogate(UInt16(first)), self.take(UInt8(ascii: "\\")),
      self.take(UInt8(ascii: "u"))
    {
      let second = try self.fourDigits()
      if UTF16.isTrailSurrogate(UInt16(second)) {
        let value = 0x1_0000 + ((first & 0x3FF) << 10 | second & 0x3FF)
        if let scalar = Unicode.Scalar(value) { return scalar }
      }
    }
    self.index = start
    throw self.error("this is half of a surrogate pair")
  }

  private mutating func fourDigits() throws(JSONSyntaxError) -> UInt32 {
    guard self.index + 4 <= self.bytes.count else {
      throw self.error("four hexadecimal digits have to be here")
    }
    var value: UInt32 = 0
    for byte in self.bytes[self.index..<self.index + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw self.error("four hexadecimal digits have to be here")
      }
      value = value << 4 | UInt32(digit)
    }
    self.index += 4
    return value
  }

  // MARK: Bytes

  private var peek: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard self.peek == byte else { return false }
    self.index += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = self.peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      self.index += 1
    }
  }

  private func error(_ reason: String) -> JSONSyntaxError {
    JSONSyntaxError(position: self.position(of: self.index), reason: reason)
  }

  /// Where the next byte stands. Asked in the order of the text, so each byte is counted once.
  private mutating func mark() -> JSONPosition {
    self.marked.position = self.position(of: self.index, from: self.marked)
    self.marked.offset = self.index
    return self.marked.position
  }

  private func position(of offset: Int) -> JSONPosition {
    self.position(of: offset, from: (0, JSONPosition(line: 1, column: 1)))
  }

  private func position(
    of offset: Int, from start: (offset: Int, position: JSONPosition)
  ) -> JSONPosition {
    var position = start.position
    for byte in self.bytes[start.offset..<offset] {
      if byte == 0x0A {
        position = JSONPosition(line: position.line + 1, column: 1)
      } else if byte & 0xC0 != 0x80 {
        // Bytes that go on with a scalar do not count.
        position.column += 1
      }
    }
    return position
  }
}
