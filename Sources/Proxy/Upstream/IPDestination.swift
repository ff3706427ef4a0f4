import NIOCore

/// An IP address in the one form that tells where a connection to it ends.
///
/// An IPv4 address inside IPv6 (`::ffff:127.0.0.1`) is that IPv4 address, and the unspecified
/// addresses are what systems make of them in `connect`: the loopback address of their family.
enum IPDestination: Hashable, Sendable {
  case v4(UInt32)
  case v6(UInt64, UInt64)

  /// `nil` where the address is none of IP.
  init?(_ address: SocketAddress) {
    // Behind the family and the port: an IPv4 address at 4, an IPv6 address at 8.
    switch address {
    case .v4:
      self = .v4(UInt32(bigEndian: Self.load(address, at: 4)))
    case .v6:
      let high = UInt64(bigEndian: Self.load(address, at: 8))
      let low = UInt64(bigEndian: Self.load(address, at: 16))
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

  private static func load<Value: BitwiseCopyable>(
    _ address: SocketAddress, at offset: Int
  ) -> Value {
    address.withSockAddr { pointer, _ in
      UnsafeRawPointer(pointer).loadUnaligned(fromByteOffset: offset, as: Value.self)
    }
  }

  /// Whether the address is this machine's by definition.
  var isLoopback: Bool {
    switch self {
    case .v4(let address): address >> 24 == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }
}
