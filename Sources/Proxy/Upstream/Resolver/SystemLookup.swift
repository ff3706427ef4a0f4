import FetchModel
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The system's own resolution of host names: `/etc/hosts`, DNS and whatever else it is set up for.
enum SystemLookup {
  /// The longest name that is looked up, in bytes
  /// ([RFC 1035 §2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)).
  static let longestName = 254
  /// How many addresses of one name are used.
  private static let mostAddresses = 32

  /// Finds the addresses of a host, the most wanted first
  /// ([RFC 6724](https://www.rfc-editor.org/rfc/rfc6724)), with the port 0. Waits as long as the
  /// system does, so never on an event loop.
  static func addresses(of name: String) -> Result<[SocketAddress], FetchError> {
    // What stands for this machine is never asked of others (RFC 6761 §6.3).
    if let loopback = Self.loopback(name) { return .success(loopback) }
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Self.stream
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else { return .failure(Self.error(code, name)) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next, addresses.count < Self.mostAddresses {
      if let address = Self.address(entry.pointee), !addresses.contains(address) {
        addresses.append(address)
      }
      next = entry.pointee.ai_next
    }
    guard !addresses.isEmpty else {
      return .failure(
        FetchError(.dnsError, .upstream, "The host \(name) has no address of IPv4 or IPv6."))
    }
    return .success(addresses)
  }

  private static func loopback(_ name: String) -> [SocketAddress]? {
    let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
    guard bare == "localhost" || bare.hasSuffix(".localhost") else { return nil }
    return ["127.0.0.1", "::1"].compactMap { try? SocketAddress(ipAddress: $0, port: 0) }
  }

  private static var stream: CInt {
    #if canImport(Glibc)
      CInt(SOCK_STREAM.rawValue)
    #else
      SOCK_STREAM
    #endif
  }

  private static func address(_ entry: addrinfo) -> SocketAddress? {
    guard let pointer = entry.ai_addr else { return nil }
    let bytes = UnsafeRawPointer(pointer)
    switch entry.ai_family {
    case AF_INET where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in>.size:
      return SocketAddress(bytes.loadUnaligned(as: sockaddr_in.self))
    case AF_INET6 where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size:
      return SocketAddress(bytes.loadUnaligned(as: sockaddr_in6.self))
    default: return nil
    }
  }

  private static func error(_ code: CInt, _ name: String) -> FetchError {
    let cause = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    return FetchError(
      .dnsError, .upstream, "The host name \(name) could not be resolved: \(cause).")
  }
}
