public import NIOCore

/// An ordered list of HTTP fields, with the bytes, the case of names and duplicates kept as they
/// came ([RFC 9110 §5](https://www.rfc-editor.org/rfc/rfc9110#section-5)).
///
/// The fields are ranges into one buffer, so that a parsed head becomes a list without a copy and
/// without a `String` for each field. Values are bytes; as `String`s they are decoded as Latin-1
/// (the "isomorphic decode" of the Infra standard), which loses nothing.
public struct HeaderList: Sendable {
  /// Where one field's name and value are, as absolute indices into ``HeaderList/buffer``.
  @frozen public struct FieldRange: Sendable, Equatable {
    public var nameStart: Int32
    public var nameLength: Int32
    public var valueStart: Int32
    public var valueLength: Int32

    @inlinable
    public init(nameStart: Int, nameLength: Int, valueStart: Int, valueLength: Int) {
      self.nameStart = Int32(truncatingIfNeeded: nameStart)
      self.nameLength = Int32(truncatingIfNeeded: nameLength)
      self.valueStart = Int32(truncatingIfNeeded: valueStart)
      self.valueLength = Int32(truncatingIfNeeded: valueLength)
    }
  }

  /// The bytes that ``ranges`` point into; what lies between the fields has no meaning.
  public var buffer: ByteBuffer
  /// The fields in their order.
  public var ranges: ContiguousArray<FieldRange>

  @inlinable
  public init() {
    self.buffer = ByteBuffer()
    self.ranges = []
  }

  /// Takes fields that were found in a buffer. The ranges are indices of that buffer.
  @inlinable
  public init(buffer: ByteBuffer, ranges: ContiguousArray<FieldRange>) {
    self.buffer = buffer
    self.ranges = ranges
  }

  /// Builds a list from names and values. Values are written as Latin-1; a character beyond it
  /// becomes `?`.
  public init(_ fields: [(String, String)]) {
    self.init()
    for (name, value) in fields { self.append(name: name, value: value) }
  }

  @inlinable public var count: Int { self.ranges.count }
  @inlinable public var isEmpty: Bool { self.ranges.isEmpty }

  /// The name of the field at `index`, as it was written.
  public func name(at index: Int) -> String {
    let range = self.ranges[index]
    return self.latin1(start: range.nameStart, length: range.nameLength)
  }

  /// The value of the field at `index`.
  public func value(at index: Int) -> String {
    let range = self.ranges[index]
    return self.latin1(start: range.valueStart, length: range.valueLength)
  }

  /// The value of the first field of that name, compared without case; `nil` where there is none.
  public func first(_ name: String) -> String? {
    self.firstIndex(of: name).map { self.value(at: $0) }
  }

  /// The values of all fields of that name, in order.
  public func all(_ name: String) -> [String] {
    self.ranges.indices.filter { self.isNamed(name, at: $0) }.map { self.value(at: $0) }
  }

  /// Whether a field of that name, compared without case, is there.
  public func contains(_ name: String) -> Bool { self.firstIndex(of: name) != nil }

  /// Adds a field at the end.
  public mutating func append(name: String, value: String) {
    let nameStart = self.buffer.writerIndex
    self.writeLatin1(name)
    let valueStart = self.buffer.writerIndex
    self.writeLatin1(value)
    self.ranges.append(
      FieldRange(
        nameStart: nameStart, nameLength: valueStart - nameStart,
        valueStart: valueStart, valueLength: self.buffer.writerIndex - valueStart))
  }

  /// Adds a field at the end, from bytes.
  public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let nameStart = self.buffer.writerIndex
    self.buffer.writeBytes(name)
    self.buffer.writeBytes(value)
    self.ranges.append(
      FieldRange(
        nameStart: nameStart, nameLength: name.count,
        valueStart: nameStart + name.count, valueLength: value.count))
  }

  /// Removes every field of that name.
  public mutating func remove(_ name: String) {
    let list = self
    self.ranges = ContiguousArray(
      list.ranges.indices.filter { !list.isNamed(name, at: $0) }.map { list.ranges[$0] })
  }

  /// Removes every field of that name and adds one with this value.
  public mutating func set(_ name: String, to value: String) {
    self.remove(name)
    self.append(name: name, value: value)
  }

  /// Calls `body` with the name's and the value's bytes of each field.
  @inlinable
  public func forEachField(
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    self.buffer.withVeryUnsafeBytes { bytes in
      for range in self.ranges {
        let name = bytes[Int(range.nameStart)..<Int(range.nameStart + range.nameLength)]
        let value = bytes[Int(range.valueStart)..<Int(range.valueStart + range.valueLength)]
        body(UnsafeRawBufferPointer(rebasing: name), UnsafeRawBufferPointer(rebasing: value))
      }
    }
  }

  /// Whether the field at `index` has that ASCII name, compared without case.
  public func isNamed(_ name: String, at index: Int) -> Bool {
    let range = self.ranges[index]
    guard Int(range.nameLength) == name.utf8.count else { return false }
    return self.buffer.withVeryUnsafeBytes { bytes in
      var position = Int(range.nameStart)
      for expected in name.utf8 {
        if asciiLowercase(bytes[position]) != asciiLowercase(expected) { return false }
        position += 1
      }
      return true
    }
  }

  private func firstIndex(of name: String) -> Int? {
    self.ranges.indices.first { self.isNamed(name, at: $0) }
  }

  private func latin1(start: Int32, length: Int32) -> String {
    self.buffer.withVeryUnsafeBytes { bytes in
      latin1String(UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(start + length)]))
    }
  }

  private mutating func writeLatin1(_ text: String) {
    for scalar in text.unicodeScalars {
      self.buffer.writeInteger(scalar.value < 256 ? UInt8(scalar.value) : UInt8(ascii: "?"))
    }
  }
}

/// Decodes each byte as the code point of the same number.
public func latin1String(_ bytes: UnsafeRawBufferPointer) -> String {
  if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
  var text = String.UnicodeScalarView()
  for byte in bytes { text.append(Unicode.Scalar(byte)) }
  return String(text)
}

/// The byte with an ASCII capital letter made small.
@inlinable
public func asciiLowercase(_ byte: UInt8) -> UInt8 {
  byte &- 0x41 < 26 ? byte | 0x20 : byte
}
