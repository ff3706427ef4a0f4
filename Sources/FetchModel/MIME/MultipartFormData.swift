/// The parts of a `multipart/form-data` body
/// ([RFC 7578](https://www.rfc-editor.org/rfc/rfc7578), parsed as
/// [Fetch §5.3](https://fetch.spec.whatwg.org/#dom-body-formdata) says).
public enum MultipartFormData {
  public struct Part: Sendable, Equatable {
    public var name: String
    /// `nil` for a part that is no file.
    public var filename: String?
    /// The value of the part's `Content-Type`; `nil` where it has none.
    public var contentType: String?
    /// Where the content is.
    public var content: Range<Int>
  }

  /// - Parameters:
  ///   - bytes: the whole body.
  ///   - boundary: the type's `boundary` parameter.
  /// - Returns: `nil` where the body is no such form.
  public static func parse(_ bytes: UnsafeRawBufferPointer, boundary: String) -> [Part]? {
    var parser = MultipartParser(bytes: bytes, delimiter: Array("--\(boundary)".utf8))
    return parser.parse()
  }
}

private struct MultipartParser {
  let bytes: UnsafeRawBufferPointer
  let delimiter: [UInt8]
  var position = 0

  init(bytes: UnsafeRawBufferPointer, delimiter: [UInt8]) {
    self.bytes = bytes
    self.delimiter = delimiter
  }

  mutating func parse() -> [MultipartFormData.Part]? {
    var parts: [MultipartFormData.Part] = []
    // Some senders begin with an empty line.
    while self.skip([0x0D, 0x0A]) {}
    while self.skip(self.delimiter) {
      if self.skip(Array("--".utf8)) { return parts }
      _ = self.takeSpaces()
      guard self.skip([0x0D, 0x0A]), let part = self.part() else { return nil }
      parts.append(part)
    }
    return nil
  }

  /// A part from its header on; ends before the next delimiter.
  private mutating func part() -> MultipartFormData.Part? {
    var name: String?
    var filename: String?
    var contentType: String?
    while !self.skip([0x0D, 0x0A]) {
      guard let (field, value) = self.field() else { return nil }
      switch field {
      case "content-disposition":
        guard let disposition = ContentDisposition(value) else { return nil }
        (name, filename) = (disposition.name, disposition.filename)
      case "content-type": contentType = latin1(value)
      default: break
      }
    }
    guard let name, let end = self.find([0x0D, 0x0A] + self.delimiter) else { return nil }
    defer { self.position = end + 2 }
    return MultipartFormData.Part(
      name: name, filename: filename, contentType: contentType, content: self.position..<end)
  }

  private mutating func field() -> (name: String, value: [UInt8])? {
    let start = self.position
    guard let end = self.find([0x0D, 0x0A]) else { return nil }
    let line = self.bytes[start..<end]
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = trimmed(line[start..<colon])
    guard !name.isEmpty else { return nil }
    self.position = end + 2
    return (latin1(name.map { asciiLowercase($0) }), trimmed(line[(colon + 1)..<end]))
  }

  private mutating func skip(_ expected: [UInt8]) -> Bool {
    guard self.bytes.count - self.position >= expected.count,
      self.bytes[self.position...].starts(with: expected)
    else { return false }
    self.position += expected.count
    return true
  }

  private mutating func takeSpaces() -> Bool {
    let start = self.position
    while self.position < self.bytes.count,
      self.bytes[self.position] == 0x20 || self.bytes[self.position] == 9
    { self.position += 1 }
    return self.position > start
  }

  /// Where `needle`, which begins with CR, is next.
  private func find(_ needle: [UInt8]) -> Int? {
    var at = self.position
    let last = self.bytes.count - needle.count
    while at <= last {
      if self.bytes[at] == 0x0D, self.bytes[at...].starts(with: needle) { return at }
      at += 1
    }
    return nil
  }
}

/// The value of a part's `Content-Disposition`.
private struct ContentDisposition {
  var name: String
  var filename: String?

  /// - Returns: `nil` where it is not `form-data` with a name.
  init?(_ value: [UInt8]) {
    var rest = value[...]
    let type = rest.prefix { $0 != UInt8(ascii: ";") }
    guard trimmed(type).map({ asciiLowercase($0) }) == Array("form-data".utf8) else { return nil }
    rest = rest.dropFirst(type.count)
    var name: String?
    while rest.popFirst() != nil {
      rest = rest.drop { $0 == 0x20 || $0 == 9 }
      let key = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
      rest = rest.dropFirst(key.count)
      guard rest.first == UInt8(ascii: "=") else { continue }
      rest.removeFirst()
      let value = Self.takeValue(&rest)
      switch trimmed(key).map({ asciiLowercase($0) }) {
      case Array("name".utf8): name = unescaped(value)
      case Array("filename".utf8): self.filename = unescaped(value)
      default: break
      }
    }
    guard let name else { return nil }
    self.name = name
  }

  /// A value in quotes, in which nothing is escaped by a backslash, or up to the next semicolon.
  private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
    let isQuoted = rest.first == UInt8(ascii: "\"")
    if isQuoted { rest.removeFirst() }
    let end = UInt8(ascii: isQuoted ? "\"" : ";")
    let value = Array(rest.prefix { $0 != end })
    rest = rest.dropFirst(value.count)
    guard isQuoted else { return trimmed(value) }
    rest = rest.drop { $0 != UInt8(ascii: ";") }
    return value
  }
}

/// Undoes `%0A`, `%0D` and `%22`, the only escapes of a form's names; UTF-8 with errors replaced.
private func unescaped(_ bytes: [UInt8]) -> String {
  var output: [UInt8] = []
  var index = 0
  while index < bytes.count {
    if bytes[index] == UInt8(ascii: "%"),
      let byte = escapes[bytes[index...].prefix(3).map { asciiLowercase($0) }]
    {
      output.append(byte)
      index += 3
    } else {
      output.append(bytes[index])
      index += 1
    }
  }
  return String(decoding: output, as: UTF8.self)
}

private let escapes: [[UInt8]: UInt8] = [
  Array("%0a".utf8): 0x0A, Array("%0d".utf8): 0x0D, Array("%22".utf8): 0x22,
]

private func trimmed(_ bytes: some Collection<UInt8>) -> [UInt8] {
  var bytes = Array(bytes)[...].drop { $0 == 0x20 || $0 == 9 }
  while let last = bytes.last, last == 0x20 || last == 9 { bytes.removeLast() }
  return Array(bytes)
}

private func latin1(_ bytes: [UInt8]) -> String {
  bytes.withUnsafeBytes { latin1String($0) }
}
