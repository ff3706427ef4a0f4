/// IPv6 addresses as hosts ([URL §3.5](https://url.spec.whatwg.org/#concept-ipv6-parser)).
enum IPv6Host {
  /// The *IPv6 parser*: the eight pieces of what stands between the brackets; `nil` where that is no
  /// address. Zone identifiers are none.
  static func parse(_ text: Span<UInt8>) -> [UInt16]? {
    let colon = UInt8(ascii: ":")
    var pieces: [UInt16] = []
    var compress: Int?
    var position = 0
    if text.byte(at: 0) == colon {
      guard text.byte(at: 1) == colon else { return nil }
      position = 2
      compress = 0
    }
    while position < text.count {
      // The zeros that `::` stands for are one piece at least.
      let index = pieces.count + (compress == nil ? 0 : 1)
      if index == 8 { return nil }
      if text[position] == colon {
        if compress != nil { return nil }
        position += 1
        compress = pieces.count
        continue
      }
      let start = position
      let value = piece(text, at: &position)
      if text.byte(at: position) == UInt8(ascii: ".") {
        guard position > start, index <= 6, let last = dottedDecimal(text, from: start)
        else { return nil }
        pieces += [UInt16(truncatingIfNeeded: last >> 16), UInt16(truncatingIfNeeded: last)]
        break
      }
      if position < text.count {
        guard text[position] == colon, position + 1 < text.count else { return nil }
        position += 1
      }
      pieces.append(value)
    }
    return fill(pieces, at: compress)
  }

  /// Reads up to four hexadecimal digits.
  private static func piece(_ text: Span<UInt8>, at position: inout Int) -> UInt16 {
    var value: UInt16 = 0
    let end = min(position + 4, text.count)
    while position < end, let digit = hexDigitValue(text[position]) {
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }

  /// Reads the IPv4 address that ends the text: exactly four decimal numbers without leading zeros.
  private static func dottedDecimal(_ text: Span<UInt8>, from start: Int) -> UInt32? {
    var (address, position) = (UInt32(0), start)
    for index in 0..<4 {
      if index > 0 {
        guard text.byte(at: position) == UInt8(ascii: ".") else { return nil }
        position += 1
      }
      let first = position
      var value: UInt32 = 0
      while let byte = text.byte(at: position), isASCIIDigit(byte), position - first < 3 {
        value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
        position += 1
      }
      guard position > first, value <= 255 else { return nil }
      if position - first > 1, text[first] == UInt8(ascii: "0") { return nil }
      address = address << 8 | value
    }
    return position == text.count ? address : nil
  }

  /// Puts the zeros in that `::` stands for.
  private static func fill(_ pieces: [UInt16], at compress: Int?) -> [UInt16]? {
    guard let compress else { return pieces.count == 8 ? pieces : nil }
    let zeros = [UInt16](repeating: 0, count: max(0, 8 - pieces.count))
    return pieces[..<compress] + zeros + pieces[compress...]
  }

  /// The *IPv6 serializer*: small hexadecimal numbers, the first longest run of two or more zeros
  /// as `::`. Without brackets.
  static func serialize(_ pieces: [UInt16], into output: inout [UInt8]) {
    let zeros = longestZeros(pieces)
    var index = 0
    while index < pieces.count {
      if index == zeros.lowerBound, !zeros.isEmpty {
        output.append(contentsOf: (index == 0 ? "::" : ":").utf8)
        index = zeros.upperBound
        continue
      }
      output.append(contentsOf: String(pieces[index], radix: 16).utf8)
      index += 1
      if index < pieces.count { output.append(UInt8(ascii: ":")) }
    }
  }

  private static func longestZeros(_ pieces: [UInt16]) -> Range<Int> {
    var longest = 0..<0
    var start = 0
    while start < pieces.count {
      var end = start
      while end < pieces.count, pieces[end] == 0 { end += 1 }
      if end - start > max(longest.count, 1) { longest = start..<end }
      start = end + 1
    }
    return longest
  }
}
