import NIOCore

/// The hosts under which the gateway lets its plugins be reached.
///
/// A web page can make a browser resolve the page's own name to this machine (DNS rebinding) and
/// then read what plugins answer as its own. Such a request names the page's host, so plugins
/// answer only for hosts that no page can have: IP addresses, `localhost`, the magic host, and what
/// the user has named.
struct GatewayHosts: Sendable {
  /// Further hosts, in small letters.
  var names: Set<String> = []

  /// Whether a request with this `Host` may reach a plugin.
  func contains(_ authority: Authority?) -> Bool {
    guard let host = authority?.host else { return false }
    if host == "localhost" || Gateway.isOwn(host) || self.names.contains(host) { return true }
    return (try? SocketAddress(ipAddress: host, port: 0)) != nil
  }
}
