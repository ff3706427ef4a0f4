/// IPv4 addresses as hosts ([URL §3.5](https://url.spec.whatwg.org/#host-parsing)).
enum IPv4Host {
  /// The *ends-in-a-number checker*: whether a domain has to be an IPv4 address.
  static func endsInNumber(_ host: Span<UInt8>) -> Bool {
    var end = host.count
    if end > 0, host[end - 1] == UInt8(ascii: ".") { end -= 1 }
    guard end > 0 else { return false }
    var start = end
    while start > 0, host[start - 1] != UInt8(ascii: ".") { start -= 1 }
    let last = host.extracting(start..<end)
    guard last.count > 0, isASCIIDigit(last[0]) else { return false }
    return last.firstIndex(from: 0) { !isASCIIDigit($0) } == last.count || number(last) != nil
  }

  /// The *IPv4 parser*: one to four decimal, octal (`0…`) or hexadecimal (`0x…`) numbers, the last
  /// of which fills what the others leave of the 32 bits. `nil` for anything else.
  static func parse(_ host: Span<UInt8>) -> UInt32? {
    var (address, count, start) = (UInt64(0), 0, 0)
    var end = host.count
    if end > 0, host[end - 1] == UInt8(ascii: ".") { end -= 1 }
    while true {
      let dot = host.extracting(0..<end).firstIndex(from: start) { $0 == UInt8(ascii: ".") }
      guard count < 4, let value = number(host.extracting(start..<dot)) else { return nil }
      if dot == end {
        let bits = UInt64(32 - 8 * count)
        guard value < 1 << bits else { return nil }
        return UInt32(truncatingIfNeeded: address << bits | value)
      }
      guard value <= 255 else { return nil }
      address = address << 8 | value
      count += 1
      start = dot + 1
    }
  }

  /// The *IPv4 number parser*. Numbers beyond 32 bits stay just beyond them.
  private static func number(_ text: Span<UInt8>) -> UInt64? {
    guard text.count > 0 else { return nil }
    var (position, radix) = (0, UInt64(10))
    if text.hasCaseless("0x", at: 0) {
      (position, radix) = (2, 16)
    } else if text.count > 1, text[0] == UInt8(ascii: "0") {
      (position, radix) = (1, 8)
    }
    var value: UInt64 = 0
    while position < text.count {
      guard let digit = hexDigitValue(text[position]), digit < radix else { return nil }
      value = min(value * radix + UInt64(digit), 1 << 32)
      position += 1
    }
    return value
  }

  /// Writes four decimal numbers with dots.
  static func serialize(_ address: UInt32, into output: inout [UInt8]) {
    var shift: UInt32 = 24
    while true {
      let number = UInt8(truncatingIfNeeded: address >> shift)
      if number >= 100 { output.append(UInt8(ascii: "0") + number / 100) }
      if number >= 10 { output.append(UInt8(ascii: "0") + number / 10 % 10) }
      output.append(UInt8(ascii: "0") + number % 10)
      if shift == 0 { return }
      output.append(UInt8(ascii: "."))
      shift -= 8
    }
  }
}
