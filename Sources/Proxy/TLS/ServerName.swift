#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whom a certificate is for: a host name or an IP address, checked and in one canonical form.
///
/// Host names come from URLs, CONNECT targets and clients' Server Name Indication, so from anybody.
/// Only what passes here gets into a certificate, a cache or a verification.
public enum ServerName: Hashable, Sendable, CustomStringConvertible {
  /// A host name in small ASCII letters, without a final dot.
  case dns(String)
  /// An IPv4 address, its four bytes in network order.
  case ipv4([UInt8])
  /// An IPv6 address, its sixteen bytes in network order.
  case ipv6([UInt8])

  /// Reads a host as it is written in a URL or a CONNECT target; an IPv6 address with or without its
  /// brackets.
  ///
  /// A host name has to consist of letters, digits, hyphens and underscores in labels of 1 to 63
  /// bytes, 253 in all ([RFC 1123 §2.1](https://www.rfc-editor.org/rfc/rfc1123#section-2.1)); the
  /// underscore is not in that rule but in names that are in use. One final dot is dropped.
  ///
  /// - Throws: ``ServerNameError`` that says what is wrong with the name.
  public init(_ host: some StringProtocol) throws(ServerNameError) {
    var bytes = Array(host.utf8)
    if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]"), bytes.count > 2 {
      bytes = Array(bytes[1..<(bytes.count - 1)])
      guard let address = Self.parse(bytes, AF_INET6, size: 16) else { throw .badAddress }
      self = .ipv6(address)
    } else if let address = Self.parse(bytes, AF_INET, size: 4) {
      self = .ipv4(address)
    } else if bytes.contains(UInt8(ascii: ":")) {
      guard let address = Self.parse(bytes, AF_INET6, size: 16) else { throw .badAddress }
      self = .ipv6(address)
    } else {
      self = .dns(try Self.hostName(bytes))
    }
  }

  /// The host as it is written in a URL, an IPv6 address without brackets.
  public var description: String {
    switch self {
    case .dns(let name): name
    case .ipv4(let address): Self.format(address, AF_INET)
    case .ipv6(let address): Self.format(address, AF_INET6)
    }
  }

  /// The bytes of an IP address in network order, `nil` for a host name.
  var addressBytes: [UInt8]? {
    switch self {
    case .dns: nil
    case .ipv4(let bytes), .ipv6(let bytes): bytes
    }
  }

  private static func hostName(_ host: [UInt8]) throws(ServerNameError) -> String {
    var bytes = host
    if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= 253 else { throw .tooLong }
    var labelLength = 0
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: "."):
        guard labelLength > 0 else { throw .emptyLabel }
        labelLength = 0
        continue
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes[index] |= 0x20
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        break
      default: throw .badByte(bytes[index])
      }
      labelLength += 1
      guard labelLength <= 63 else { throw .tooLong }
    }
    guard labelLength > 0 else { throw .emptyLabel }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func parse(_ text: [UInt8], _ family: Int32, size: Int) -> [UInt8]? {
    // The longest address text has 45 bytes; a NUL would end the text early for `inet_pton`.
    guard text.count <= 45, !text.contains(0) else { return nil }
    var address = [UInt8](repeating: 0, count: size)
    let terminated = text.map { CChar(bitPattern: $0) } + [0]
    return inet_pton(family, terminated, &address) == 1 ? address : nil
  }

  private static func format(_ address: [UInt8], _ family: Int32) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, address, &text, socklen_t(text.count)) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// Why a text is no host that a certificate could be for.
public enum ServerNameError: Error, Sendable, Equatable, CustomStringConvertible {
  case empty
  case tooLong
  case emptyLabel
  /// A byte that is in no host name, such as `*`, NUL or one beyond ASCII.
  case badByte(UInt8)
  case badAddress

  public var description: String {
    switch self {
    case .empty: "the host name is empty"
    case .tooLong: "the host name has more than 253 bytes, or 63 between two dots"
    case .emptyLabel: "the host name has nothing between two dots, or begins with one"
    case .badByte(let byte):
      "the host name contains the byte 0x\(String(byte, radix: 16)), which no host name has"
    case .badAddress: "the host is no valid IP address"
    }
  }
}
