/// String literals of JavaScript.
enum ModuleString {
  /// The value of a literal with its quotes, as strict code reads it; whether its escapes are right
  /// the engine has checked.
  static func value(of literal: UnsafeBufferPointer<UInt8>) -> [UInt16] {
    guard literal.count >= 2 else { return [] }
    let text = Array(
      String(decoding: literal[1..<(literal.count - 1)], as: UTF8.self).utf16)
    guard text.contains(UInt16(Ascii.backslash)) else { return text }
    var value: [UInt16] = []
    var at = 0
    while at < text.count {
      let unit = text[at]
      at += 1
      guard unit == UInt16(Ascii.backslash), at < text.count else {
        value.append(unit)
        continue
      }
      let escape = text[at]
      at += 1
      switch escape {
      case 0x6E: value.append(0x0A)
      case 0x74: value.append(0x09)
      case 0x72: value.append(0x0D)
      case 0x62: value.append(0x08)
      case 0x66: value.append(0x0C)
      case 0x76: value.append(0x0B)
      case 0x30: value.append(0)
      case 0x78: self.append(self.hexadecimal(text, &at, 2), to: &value)
      case 0x75: self.append(self.unicode(text, &at), to: &value)
      case 0x0D:
        if at < text.count, text[at] == 0x0A { at += 1 }
      case 0x0A, 0x2028, 0x2029: break
      default: value.append(escape)
      }
    }
    return value
  }

  private static func append(_ code: UInt32, to value: inout [UInt16]) {
    guard code > 0xFFFF else { return value.append(UInt16(truncatingIfNeeded: code)) }
    let rest = code - 0x10000
    value.append(UInt16(0xD800 + (rest >> 10) & 0xFFFF))
    value.append(UInt16(0xDC00 + (rest & 0x3FF)))
  }

  private static func unicode(_ text: [UInt16], _ at: inout Int) -> UInt32 {
    guard at < text.count, text[at] == 0x7B else { return self.hexadecimal(text, &at, 4) }
    at += 1
    var code: UInt32 = 0
    while at < text.count, text[at] != 0x7D {
      code = min(code << 4 | self.digit(text[at]), 0x10FFFF)
      at += 1
    }
    at += 1
    return code
  }

  private static func hexadecimal(_ text: [UInt16], _ at: inout Int, _ count: Int) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<count where at < text.count {
      code = code << 4 | self.digit(text[at])
      at += 1
    }
    return code
  }

  private static func digit(_ unit: UInt16) -> UInt32 {
    switch unit {
    case 0x30...0x39: UInt32(unit - 0x30)
    case 0x41...0x46: UInt32(unit - 0x37)
    case 0x61...0x66: UInt32(unit - 0x57)
    default: 0
    }
  }
}
