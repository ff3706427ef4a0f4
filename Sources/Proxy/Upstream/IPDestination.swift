import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An IP address in the one form that tells where a connection to it ends.
///
/// An IPv4 address inside IPv6 (`::ffff:127.0.0.1`) is that IPv4 address, and the unspecified
/// addresses are what systems make of them in `connect`: the loopback address of their family.
enum IPDestination: Hashable, Sendable {
  case v4(UInt32)
  case v6(UInt64, UInt64)

  /// `nil` where the address is none of IP.
  init?(_ address: SocketAddress) {
    switch address {
    case .v4(let address):
      self = .v4(UInt32(bigEndian: address.address.sin_addr.s_addr))
    case .v6(let address):
      let (high, low) = withUnsafeBytes(of: address.address.sin6_addr) { bytes in
        (
          UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
          UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
      }
      if high == 0, low >> 32 == 0xFFFF {
        self = .v4(UInt32(truncatingIfNeeded: low))
      } else {
        self = .v6(high, low)
      }
    default: return nil
    }
    if self == .v4(0) { self = .v4(0x7F00_0001) }
    if self == .v6(0, 0) { self = .v6(0, 1) }
  }

  /// Whether the address is this machine's by definition.
  var isLoopback: Bool {
    switch self {
    case .v4(let address): address >> 24 == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }
}
