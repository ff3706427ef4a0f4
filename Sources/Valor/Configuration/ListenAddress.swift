import ArgumentParser
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The value of `--listen` and `--admin`: `HOST:PORT` with an IP address or `localhost`.
struct ListenAddress: ExpressibleByArgument {
  var address: SocketAddress

  init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"),
      let port = Int(argument[argument.index(after: colon)...]), (0...65_535).contains(port)
    else { return nil }
    var host = String(argument[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    if host == "localhost" { host = "127.0.0.1" }
    guard let address = try? SocketAddress(ipAddress: host, port: port) else { return nil }
    self.address = address
  }

  /// A port of 127.0.0.1.
  static func loopback(port: UInt16) -> ListenAddress {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    return ListenAddress(address: SocketAddress(address))
  }

  private init(address: SocketAddress) { self.address = address }

  /// An address as a URL's authority.
  static func text(_ address: SocketAddress) -> String {
    let host = address.ipAddress ?? "unknown"
    let port = address.port ?? 0
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

extension ListenAddress {
  /// Whether the address is one of this machine's own.
  var isLoopback: Bool {
    guard let host = self.address.ipAddress else { return false }
    return host.hasPrefix("127.") || host == "::1"
  }
}
