import NIOCore

/// A record in the Common Log Format: `client - - [time] "request line" status bytes`.
enum CommonAccessLine {
  static func write(_ record: AccessRecord, into out: inout ByteBuffer) {
    out.writeString(record.client.isEmpty ? "-" : record.client)
    out.writeStaticString(" - - [")
    self.writeTime(CalendarTime(milliseconds: record.time), into: &out)
    out.writeStaticString("] \"")
    if record.method.readableBytes > 0 {
      self.writeEscaped(record.method, into: &out)
      out.writeStaticString(" ")
      self.writeEscaped(record.url, into: &out)
      out.writeString(record.minorVersion == 0 ? " HTTP/1.0" : " HTTP/1.1")
    } else {
      out.writeStaticString("-")
    }
    out.writeStaticString("\" ")
    // Readers of this format want three digits, also where nothing was sent.
    out.writeDecimal(record.status ?? 0, width: 3)
    out.writeStaticString(" ")
    out.writeDecimal(record.bytesSent)
    out.writeStaticString("\n")
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func writeTime(_ time: CalendarTime, into out: inout ByteBuffer) {
    out.writeDecimal(time.day, width: 2)
    out.writeString("/\(self.months[time.month - 1])/")
    out.writeDecimal(time.year, width: 4)
    out.writeStaticString(":")
    out.writeDecimal(time.hour, width: 2)
    out.writeStaticString(":")
    out.writeDecimal(time.minute, width: 2)
    out.writeStaticString(":")
    out.writeDecimal(time.second, width: 2)
    out.writeStaticString(" +0000")
  }

  /// Writes bytes within quotes: quotes and backslashes behind a backslash, what does not print in
  /// ASCII as `\xHH`; `-` for nothing.
  private static func writeEscaped(_ text: ByteBuffer, into out: inout ByteBuffer) {
    if text.readableBytes == 0 { out.writeStaticString("-") }
    text.withUnsafeReadableBytes { bytes in
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
          out.writeStaticString("\\")
          out.writeInteger(byte)
        case 0x20...0x7E: out.writeInteger(byte)
        default:
          out.writeStaticString("\\x")
          out.writeInteger(hexDigit(byte >> 4))
          out.writeInteger(hexDigit(byte & 15))
        }
      }
    }
  }
}
