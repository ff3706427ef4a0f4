import FetchModel
import NIOCore

/// A record as a JSON object on one line ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)).
///
/// Every member is always there, `null` where there is nothing to say, so that columns stay columns.
enum JSONAccessLine {
  static func write(_ record: AccessRecord, into out: inout ByteBuffer) {
    out.writeStaticString("{\"time\":\"")
    self.writeTime(CalendarTime(milliseconds: record.time), into: &out)
    out.writeStaticString("\",\"client\":")
    self.writeText(record.client.isEmpty ? nil : record.client, into: &out)
    out.writeStaticString(",\"client_port\":")
    self.writeNumber(record.clientPort, into: &out)
    out.writeStaticString(",\"method\":")
    self.writeText(record.method, into: &out)
    out.writeStaticString(",\"url\":")
    self.writeText(record.url, into: &out)
    out.writeStaticString(",\"version\":")
    switch record.minorVersion {
    case 0: out.writeStaticString("\"HTTP/1.0\"")
    case .some: out.writeStaticString("\"HTTP/1.1\"")
    case nil: out.writeStaticString("null")
    }
    out.writeStaticString(",\"status\":")
    self.writeNumber(record.status, into: &out)
    out.writeStaticString(",\"bytes_received\":")
    self.writeNumber(record.bytesReceived, into: &out)
    out.writeStaticString(",\"bytes_sent\":")
    self.writeNumber(record.bytesSent, into: &out)
    self.writeRest(record, into: &out)
  }

  private static func writeRest(_ record: AccessRecord, into out: inout ByteBuffer) {
    out.writeStaticString(",\"duration_ms\":")
    out.writeMilliseconds(record.duration)
    out.writeStaticString(",\"first_byte_ms\":")
    if let time = record.firstByte {
      out.writeMilliseconds(time)
    } else {
      out.writeStaticString("null")
    }
    out.writeStaticString(",\"outcome\":\"")
    out.writeString(record.outcome.rawValue)
    out.writeStaticString("\",\"plugin\":")
    self.writeText(record.plugin, into: &out)
    out.writeStaticString(",\"error\":")
    self.writeText(record.error?.rawValue, into: &out)
    out.writeStaticString(",\"tls\":")
    self.writeText(record.tlsVersion, into: &out)
    out.writeStaticString(",\"upstream\":")
    self.writeText(record.upstream, into: &out)
    out.writeStaticString(",\"user_agent\":")
    self.writeText(record.userAgent ?? ByteBuffer(), into: &out)
    out.writeStaticString("}\n")
  }

  /// Writes the time as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) has it.
  private static func writeTime(_ time: CalendarTime, into out: inout ByteBuffer) {
    out.writeDecimal(time.year, width: 4)
    out.writeStaticString("-")
    out.writeDecimal(time.month, width: 2)
    out.writeStaticString("-")
    out.writeDecimal(time.day, width: 2)
    out.writeStaticString("T")
    out.writeDecimal(time.hour, width: 2)
    out.writeStaticString(":")
    out.writeDecimal(time.minute, width: 2)
    out.writeStaticString(":")
    out.writeDecimal(time.second, width: 2)
    out.writeStaticString(".")
    out.writeDecimal(time.millisecond, width: 3)
    out.writeStaticString("Z")
  }

  private static func writeNumber(_ number: Int?, into out: inout ByteBuffer) {
    if let number { out.writeDecimal(number) } else { out.writeStaticString("null") }
  }

  private static func writeText(_ text: String?, into out: inout ByteBuffer) {
    guard var text else { return self.writeNull(into: &out) }
    text.withUTF8 { self.writeString(UnsafeRawBufferPointer($0), into: &out) }
  }

  private static func writeText(_ text: ByteBuffer, into out: inout ByteBuffer) {
    guard text.readableBytes > 0 else { return self.writeNull(into: &out) }
    text.withUnsafeReadableBytes { self.writeString($0, into: &out) }
  }

  private static func writeNull(into out: inout ByteBuffer) { out.writeStaticString("null") }

  /// Writes bytes as a JSON string. What is no UTF-8 becomes U+FFFD, a sequence at a time; control
  /// characters, and the separators that some readers take for line ends, become escapes.
  static func writeString(_ bytes: UnsafeRawBufferPointer, into out: inout ByteBuffer) {
    out.writeStaticString("\"")
    var runStart = 0
    var position = 0
    while position < bytes.count {
      if Self.isPlain(bytes[position]) {
        position += 1
        continue
      }
      out.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[runStart..<position]))
      position += self.writeSpecial(bytes[position...], into: &out)
      runStart = position
    }
    out.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[runStart...]))
    out.writeStaticString("\"")
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 32 && byte < 127 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Writes the character that the bytes begin with; returns how many of them it took.
  private static func writeSpecial(
    _ bytes: Slice<UnsafeRawBufferPointer>, into out: inout ByteBuffer
  ) -> Int {
    var iterator = bytes.makeIterator()
    var parser = UTF8.ForwardParser()
    switch parser.parseScalar(from: &iterator) {
    case .emptyInput: return 1
    case .error(let length):
      out.writeStaticString("\\ufffd")
      return max(1, length)
    case .valid(let encoded):
      let scalar = UTF8.decode(encoded)
      if scalar == "\"" || scalar == "\\" {
        out.writeStaticString("\\")
        out.writeBytes(encoded)
      } else if self.isEscaped(scalar) {
        self.writeEscape(scalar.value, into: &out)
      } else {
        out.writeBytes(encoded)
      }
      return encoded.count
    }
  }

  /// Controls, line separators, and what turns the direction of the text around it.
  private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  private static func writeEscape(_ value: UInt32, into out: inout ByteBuffer) {
    out.writeStaticString("\\u")
    for shift in [12, 8, 4, 0] as [UInt32] {
      out.writeInteger(hexDigit(UInt8(truncatingIfNeeded: value >> shift & 15)))
    }
  }
}

/// The small hexadecimal digit of a number below 16.
func hexDigit(_ number: UInt8) -> UInt8 {
  number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") + number - 10
}
