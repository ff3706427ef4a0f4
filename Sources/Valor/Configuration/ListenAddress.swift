import ArgumentParser
import NIOCore

/// The value of `--listen` and `--admin`: `HOST:PORT` with an IP address or `localhost`.
struct ListenAddress: ExpressibleByArgument {
  let address: SocketAddress

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

  /// An address as a URL's authority.
  static func text(_ address: SocketAddress) -> String {
    let host = address.ipAddress ?? "unknown"
    let port = address.port ?? 0
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Whether the address is one of this machine's own.
  static func isLoopback(_ address: SocketAddress) -> Bool {
    guard let host = address.ipAddress else { return false }
    return host.hasPrefix("127.") || host == "::1"
  }
}
