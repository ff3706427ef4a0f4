import FetchModel

/// What makes two upstream connections interchangeable.
struct UpstreamKey: Hashable, Sendable {
  /// The host to connect to; an IPv6 address without brackets.
  var host: String
  var port: Int
  /// The name that the server's certificate has to have; `nil` for a connection in the clear.
  var serverName: String?

  var isSecure: Bool { self.serverName != nil }

  /// The host and port as a person writes them.
  var description: String {
    Authority(host: self.host, port: self.port).serialized(defaultPort: 0)
  }
}
