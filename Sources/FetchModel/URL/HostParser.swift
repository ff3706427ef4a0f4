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
      let forbidden = self.forbidden
      if host.firstIndex(from: 0, where: { forbidden.contains($0) }) < host.count { return false }
      output.appendPercentEncoded(host, .c0Control)
      return true
    }
    switch plainness(host) {
    case .domain: return appendSmall(host, into: &output)
    case .maybeNumber: return appendDomain(host, into: &output)
    case .other: break
    }
    let forbidden = self.forbiddenInDomain
    guard let domain = asciiDomain(host), !domain.isEmpty,
      !domain.contains(where: { $0 >= 0x80 || forbidden.contains($0) })
    else { return false }
    return appendDomain(domain.span, into: &output)
  }

  /// Writes an ASCII domain, which may be an IPv4 address.
  private static func appendDomain(_ domain: Span<UInt8>, into output: inout [UInt8]) -> Bool {
    guard IPv4Host.endsInNumber(domain) else { return appendSmall(domain, into: &output) }
    guard let address = IPv4Host.parse(domain) else { return false }
    IPv4Host.serialize(address, into: &output)
    return true
  }

  /// Writes ASCII with its letters made small.
  private static func appendSmall(_ text: Span<UInt8>, into output: inout [UInt8]) -> Bool {
    let start = output.count
    output.append(text)
    for index in start..<output.count { output[index] = asciiLowercase(output[index]) }
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

  /// What a look at a domain tells.
  private enum Plainness {
    /// An ASCII domain that needs at most its letters made small.
    case domain
    /// The same, but it may be an IPv4 address.
    case maybeNumber
    /// Something to decode, to convert or to refuse.
    case other
  }

  private static func plainness(_ host: Span<UInt8>) -> Plainness {
    let forbidden = self.forbiddenInDomain
    var (atLabelStart, isNumber) = (true, false)
    for position in 0..<host.count {
      let byte = host[position]
      guard byte < 0x80, !forbidden.contains(byte) else { return .other }
      if byte == UInt8(ascii: ".") {
        // A last dot ends the last label but begins none.
        atLabelStart = true
      } else if atLabelStart {
        if host.hasCaseless("xn--", at: position) { return .other }
        isNumber = isASCIIDigit(byte)
        atLabelStart = false
      }
    }
    if host.isEmpty { return .other }
    return isNumber ? .maybeNumber : .domain
  }

  /// The domain percent-decoded and *to ASCII*, where capital letters may be left; `nil` where that
  /// fails.
  private static func asciiDomain(_ host: Span<UInt8>) -> [UInt8]? {
    let domain = percentDecode(host)
    let needsIDNA =
      domain.contains { $0 >= 0x80 }
      || domain.indices.contains { index in
        (index == 0 || domain[index - 1] == UInt8(ascii: "."))
          && domain.span.hasCaseless("xn--", at: index)
      }
    guard needsIDNA else { return domain }
    return DomainToASCII.shared?.convert(IDNAMapping.update(domain))
  }

  /// The *forbidden host code points*.
  private static let forbidden = ByteSet("\0\t\n\r #/:<>?@[\\]^|")
  /// The *forbidden domain code points*: these, the C0 controls, `%` and U+007F.
  private static let forbiddenInDomain = ByteSet(" #/:<>?@[\\]^|%\u{7F}", withControls: true)
}

/// Some of the ASCII characters.
struct ByteSet: Sendable {
  private var low: UInt64
  private var high: UInt64 = 0

  /// - Parameter withControls: whether U+0000 to U+001F belong to it too.
  init(_ characters: String, withControls: Bool = false) {
    self.low = withControls ? 0xFFFF_FFFF : 0
    for byte in characters.utf8 {
      if byte < 64 { self.low |= 1 << UInt64(byte) } else { self.high |= 1 << UInt64(byte & 63) }
    }
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? self.low : self.high) >> UInt64(byte & 63) & 1 != 0
  }
}
