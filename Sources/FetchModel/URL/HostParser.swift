/// The *host parser* ([URL §3.5](https://url.spec.whatwg.org/#concept-host-parser)) and host
/// serialiser in one: it adds the serialised host to the output.
enum HostParser {
  /// Parses a host and writes it.
  ///
  /// - Parameters:
  ///   - host: what stands between the user information and the port.
  ///   - isOpaque: whether the URL's scheme is not special.
  /// - Returns: whether it is a host. If not, what the output got is undefined.
  static func parse(_ host: Span<UInt8>, isOpaque: Bool, into output: inout [UInt8]) -> Bool {
    if host.byte(at: 0) == UInt8(ascii: "[") { return parseIPv6(host, into: &output) }
    if isOpaque {
      if host.firstIndex(from: 0, where: { forbidden.contains($0) }) < host.count { return false }
      output.appendPercentEncoded(host, .c0Control)
      return true
    }
    if appendPlain(host, into: &output) { return true }
    guard let domain = asciiDomain(host) else { return false }
    let isPlain = domain.span.firstIndex(from: 0) { !isDomainByte($0) } == domain.count
    guard isPlain, !domain.isEmpty else { return false }
    guard IPv4Host.endsInNumber(domain.span) else {
      output.append(contentsOf: domain)
      return true
    }
    guard let address = IPv4Host.parse(domain.span) else { return false }
    IPv4Host.serialize(address, into: &output)
    return true
  }

  private static func parseIPv6(_ host: Span<UInt8>, into output: inout [UInt8]) -> Bool {
    guard host[host.count - 1] == UInt8(ascii: "]"), host.count > 1,
      let pieces = IPv6Host.parse(host.extracting(1..<host.count - 1))
    else { return false }
    output.append(UInt8(ascii: "["))
    IPv6Host.serialize(pieces, into: &output)
    output.append(UInt8(ascii: "]"))
    return true
  }

  /// The common case in one pass: an ASCII domain that needs at most its letters made small. Leaves
  /// the output as it was where it is something else.
  private static func appendPlain(_ host: Span<UInt8>, into output: inout [UInt8]) -> Bool {
    guard host.count > 0 else { return false }
    let start = output.count
    var atLabelStart = true
    var labelStartsWithDigit = false
    for position in 0..<host.count {
      let byte = asciiLowercase(host[position])
      guard isDomainByte(byte),
        !atLabelStart || byte != UInt8(ascii: "x") || !host.hasCaseless("xn--", at: position)
      else {
        output.removeSubrange(start...)
        return false
      }
      if byte == UInt8(ascii: ".") {
        // A last dot ends the last label but begins none.
        atLabelStart = true
      } else if atLabelStart {
        atLabelStart = false
        labelStartsWithDigit = isASCIIDigit(byte)
      }
      output.append(byte)
    }
    // It may be an IPv4 address, which the careful way finds out.
    guard labelStartsWithDigit else { return true }
    output.removeSubrange(start...)
    return false
  }

  /// The domain percent-decoded and *to ASCII*; `nil` where that fails.
  private static func asciiDomain(_ host: Span<UInt8>) -> [UInt8]? {
    let domain = percentDecode(host)
    let needsIDNA =
      domain.contains { $0 >= 0x80 }
      || domain.indices.contains { index in
        (index == 0 || domain[index - 1] == UInt8(ascii: "."))
          && domain.span.hasCaseless("xn--", at: index)
      }
    return needsIDNA ? DomainToASCII.shared?.convert(domain) : domain.map(asciiLowercase)
  }

  /// The *forbidden host code points*.
  private static let forbidden = ByteSet("\0\t\n\r #/:<>?@[\\]^|")
  /// The *forbidden domain code points*, with the bytes beyond ASCII.
  private static let forbiddenInDomain = ByteSet("\0\t\n\r #/:<>?@[\\]^|%\u{7F}")

  /// Whether a byte may stand in a domain: ASCII and no *forbidden domain code point*.
  private static func isDomainByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x80 && !forbiddenInDomain.contains(byte)
  }
}

/// Some of the ASCII characters.
struct ByteSet: Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ characters: String) {
    for byte in characters.utf8 {
      if byte < 64 { self.low |= 1 << UInt64(byte) } else { self.high |= 1 << UInt64(byte & 63) }
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    guard byte < 128 else { return false }
    return (byte < 64 ? self.low : self.high) >> UInt64(byte & 63) & 1 != 0
  }
}
