/// A percent-encode set: which bytes of a component are written as `%XX`
/// ([URL §1.3](https://url.spec.whatwg.org/#percent-encoded-bytes)).
///
/// Bytes beyond ASCII are in every set.
public struct PercentEncodeSet: Sendable {
  private let low: UInt64
  private let high: UInt64

  /// This set and the characters of `characters`, which are ASCII.
  private func adding(_ characters: StaticString) -> PercentEncodeSet {
    var (low, high) = (self.low, self.high)
    characters.withUTF8Buffer { bytes in
      for byte in bytes {
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
      }
    }
    return PercentEncodeSet(low: low, high: high)
  }

  /// U+0000 to U+001F, U+007F and all beyond.
  public static let c0Control = PercentEncodeSet(low: 0xFFFF_FFFF, high: 1 << 63)
  public static let fragment = c0Control.adding(" \"<>`")
  public static let query = c0Control.adding(" \"#<>")
  public static let specialQuery = query.adding("'")
  public static let path = query.adding("?^`{}")
  public static let userinfo = path.adding("/:;=@[\\]|")
  /// What `encodeURIComponent()` encodes.
  public static let component = userinfo.adding("$%&+,")
  /// The set of `application/x-www-form-urlencoded`; there a space is written as `+`.
  public static let formURLEncoded = component.adding("!'()~")

  /// Whether this byte is encoded.
  public func contains(_ byte: UInt8) -> Bool {
    byte >= 128 || (byte < 64 ? self.low : self.high) >> UInt64(byte & 63) & 1 != 0
  }
}

extension String {
  /// *UTF-8 percent-encode* ([URL §1.3](https://url.spec.whatwg.org/#string-utf-8-percent-encode)).
  ///
  /// - Parameter spaceAsPlus: whether a space becomes `+`.
  public func percentEncoded(_ set: PercentEncodeSet, spaceAsPlus: Bool = false) -> String {
    var input = self
    return input.withUTF8 { bytes in
      var output: [UInt8] = []
      output.reserveCapacity(bytes.count)
      output.appendPercentEncoded(bytes.span, set, spaceAsPlus: spaceAsPlus)
      return String(decoding: output, as: UTF8.self)
    }
  }

  /// *Percent-decode* ([URL §1.3](https://url.spec.whatwg.org/#string-percent-decode)). The result
  /// is bytes: what was encoded need not be UTF-8.
  public func percentDecoded() -> [UInt8] {
    var input = self
    return input.withUTF8 { percentDecode($0.span) }
  }
}

/// *Percent-decode* ([URL §1.3](https://url.spec.whatwg.org/#percent-decode)): each `%` with two
/// hexadecimal digits becomes a byte, everything else stays.
public func percentDecode(_ input: Span<UInt8>) -> [UInt8] {
  var output: [UInt8] = []
  output.reserveCapacity(input.count)
  var position = 0
  while position < input.count {
    if input[position] == UInt8(ascii: "%"), input.count - position > 2,
      let high = hexDigitValue(input[position + 1]), let low = hexDigitValue(input[position + 2])
    {
      output.append(high << 4 | low)
      position += 3
    } else {
      output.append(input[position])
      position += 1
    }
  }
  return output
}

extension [UInt8] {
  /// Adds the bytes, those of `set` as `%XX` in capital letters.
  mutating func appendPercentEncoded(
    _ input: Span<UInt8>, _ set: PercentEncodeSet, spaceAsPlus: Bool = false
  ) {
    var runStart = 0
    for position in 0..<input.count where set.contains(input[position]) {
      self.append(input.extracting(runStart..<position))
      runStart = position + 1
      if spaceAsPlus, input[position] == UInt8(ascii: " ") {
        self.append(UInt8(ascii: "+"))
      } else {
        self.append(UInt8(ascii: "%"))
        self.append(hexDigit(input[position] >> 4))
        self.append(hexDigit(input[position] & 15))
      }
    }
    self.append(input.extracting(runStart..<input.count))
  }

  /// Adds the bytes as they are.
  mutating func append(_ input: Span<UInt8>) {
    input.withUnsafeBufferPointer { self.append(contentsOf: $0) }
  }
}

/// The value of a hexadecimal digit in ASCII; `nil` for other bytes.
func hexDigitValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// The capital hexadecimal digit of the low four bits.
private func hexDigit(_ value: UInt8) -> UInt8 {
  let value = value & 15
  return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
}
