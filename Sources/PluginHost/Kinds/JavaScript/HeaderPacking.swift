import FetchModel
import NIOCore

/// Lists of fields as our scripts have them: "name\nvalue\nname\nvalue". No name or value has a line
/// feed in it.
enum HeaderPacking {
  /// Makes the string of a list.
  static func pack(_ list: HeaderList, in context: JavaScriptContext) -> JSValue {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(list.buffer.writerIndex + 2 * list.count)
    var isASCII = true
    list.forEachField { name, value in
      if !bytes.isEmpty { bytes.append(0x0A) }
      isASCII = Self.append(name, to: &bytes) && isASCII
      bytes.append(0x0A)
      isASCII = Self.append(value, to: &bytes) && isASCII
    }
    // A field is Latin-1, whose code points are the bytes.
    if !isASCII { return context.string(utf16: bytes.map { UInt16($0) }) }
    return bytes.withUnsafeBytes { context.string(utf8: $0) }
  }

  /// Adds the bytes with what would break the packing made a space; returns whether all are ASCII.
  private static func append(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) -> Bool {
    var or: UInt8 = 0
    for byte in text {
      or |= byte
      bytes.append(byte == 0x0A || byte == 0 ? 0x20 : byte)
    }
    return or < 0x80
  }

  /// Reads lines of a script: `leading` of them by themselves, the rest as fields.
  ///
  /// - Parameter dropping: whether a field of this name, in small letters, is left out.
  static func unpack(
    _ value: JSValue, leading: Int, in context: JavaScriptContext,
    dropping: (UnsafeRawBufferPointer) -> Bool = { _ in false }
  ) -> (lines: [String], list: HeaderList) {
    let bytes = Self.latin1(value, in: context)
    return bytes.withUnsafeBytes { bytes in
      var lines: [String] = []
      var list = HeaderList()
      var position = 0
      while lines.count < leading {
        lines.append(latin1String(Self.line(bytes, &position)))
      }
      while position < bytes.count {
        let name = Self.line(bytes, &position)
        let value = Self.line(bytes, &position)
        if !dropping(name) { list.append(name: name, value: value) }
      }
      return (lines, list)
    }
  }

  private static func line(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int
  ) -> UnsafeRawBufferPointer {
    let start = min(position, bytes.count)
    let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
    position = end + 1
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  private static func latin1(_ value: JSValue, in context: JavaScriptContext) -> [UInt8] {
    guard let string = CopiedString(value, context) else { return [] }
    var bytes: [UInt8] = []
    if string.append(to: &bytes) { return bytes }
    return string.withCharacters { $0.map { UInt8(truncatingIfNeeded: $0) } }
  }
}

/// Whether a field of a response made by a script describes the message and not the content: the
/// body that goes out is as the script sees it, and its length is what it turns out to be.
func describesMessage(_ name: UnsafeRawBufferPointer) -> Bool {
  isASCII(name, equalTo: "content-encoding") || isASCII(name, equalTo: "content-length")
}

private func isASCII(_ bytes: UnsafeRawBufferPointer, equalTo lower: StaticString) -> Bool {
  guard bytes.count == lower.utf8CodeUnitCount else { return false }
  for index in 0..<bytes.count
  where asciiLowercase(bytes[index]) != lower.utf8Start[index] { return false }
  return true
}
