/// A host and a port as they stand in a request target or a `Host` field
/// ([RFC 3986 §3.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2), without user information).
struct Authority: Hashable, Sendable {
  /// The host in small letters; an IPv6 address without brackets.
  var host: String
  /// Whether the host stood in brackets.
  var isIPv6: Bool
  /// The port, where one was written.
  var port: Int?

  /// Reads `host [":" port]`; `nil` where the bytes are something else. A host is a registered
  /// name of letters, digits, `-`, `.`, `_`, `~` and percent-encoded bytes, an IPv4 address or a
  /// bracketed IPv6 address.
  init?(_ bytes: Span<UInt8>, _ start: Int, _ length: Int) {
    guard length > 0, length <= 1024 else { return nil }
    let end = start + length
    var position = start
    var name: [UInt8] = []
    name.reserveCapacity(length)
    self.isIPv6 = bytes[start] == UInt8(ascii: "[")
    if self.isIPv6 {
      position += 1
      while position < end, Self.isIPv6Byte(bytes[position]) {
        name.append(Self.small(bytes[position]))
        position += 1
      }
      guard position < end, bytes[position] == UInt8(ascii: "]"), name.contains(HTTP1Syntax.colon)
      else { return nil }
      position += 1
    } else {
      while position < end, Self.isNameByte(bytes[position]) {
        name.append(Self.small(bytes[position]))
        position += 1
      }
    }
    guard !name.isEmpty else { return nil }
    self.host = String(decoding: name, as: UTF8.self)
    guard position < end else {
      self.port = nil
      return
    }
    guard bytes[position] == HTTP1Syntax.colon else { return nil }
    guard let port = Self.port(bytes, position + 1, end) else { return nil }
    self.port = port
  }

  init(host: String, port: Int?) {
    self.host = host
    self.isIPv6 = host.utf8.contains(HTTP1Syntax.colon)
    self.port = port
  }

  /// The authority as it is written, the port left out where it is the scheme's own.
  func serialized(defaultPort: Int) -> String {
    let host = self.isIPv6 ? "[\(self.host)]" : self.host
    guard let port = self.port, port != defaultPort else { return host }
    return "\(host):\(port)"
  }

  private static func port(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
    guard end > start, end - start <= 5 else { return nil }
    var value = 0
    for position in start..<end {
      guard HTTP1Syntax.isDigit(bytes[position]) else { return nil }
      value = value * 10 + Int(bytes[position] &- 48)
    }
    return value > 0 && value < 65_536 ? value : nil
  }

  private static func small(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  private static func isIPv6Byte(_ byte: UInt8) -> Bool {
    HTTP1Syntax.hexValue(byte) != nil || byte == HTTP1Syntax.colon || byte == UInt8(ascii: ".")
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"):
      true
    default: false
    }
  }
}
