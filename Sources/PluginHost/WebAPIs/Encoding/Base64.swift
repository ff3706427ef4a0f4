/// Base64 as `atob` and `btoa` have it.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let group = bytes[index..<min(index + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in group { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - group.count))
      for position in 0..<4 {
        let digit = Int(bits >> UInt32(18 - 6 * position) & 63)
        output.append(position <= group.count ? Self.alphabet[digit] : UInt8(ascii: "="))
      }
      index += 3
    }
    return output
  }

  /// The [forgiving-base64 decode](https://infra.spec.whatwg.org/#forgiving-base64-decode).
  ///
  /// - Returns: `nil` where the input is no base64.
  static func decode(_ input: some Sequence<UInt16>) -> [UInt8]? {
    var digits = input.filter { !Self.isWhitespace($0) }
    if digits.count % 4 == 0 {
      for _ in 0..<2 where digits.last == UInt16(UInt8(ascii: "=")) { digits.removeLast() }
    }
    guard digits.count % 4 != 1 else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(digits.count * 3 / 4)
    var bits: UInt32 = 0
    var count = 0
    for digit in digits {
      guard let value = Self.value(digit) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return output
  }

  private static func isWhitespace(_ unit: UInt16) -> Bool {
    unit == 0x20 || unit == 0x09 || unit == 0x0A || unit == 0x0C || unit == 0x0D
  }

  private static func value(_ unit: UInt16) -> UInt32? {
    switch unit {
    case 0x41...0x5A: UInt32(unit) - 0x41
    case 0x61...0x7A: UInt32(unit) - 0x61 + 26
    case 0x30...0x39: UInt32(unit) - 0x30 + 52
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
  }
}
