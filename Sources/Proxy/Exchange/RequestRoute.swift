import NIOCore

/// Where a request goes, once its target, its `Host` and the tunnel it came through agree.
struct RequestRoute {
  let key: UpstreamKey
  /// What `Host` says on the way to the origin, and what stands in the URL.
  let authority: String
  /// The origin-form target as a range of the head; empty for no path.
  let pathStart: Int
  let pathLength: Int
  /// The plugin's mount that a request to the proxy itself is for.
  private(set) var mount: GatewayMounts.Mount?

  var isSecure: Bool { self.key.isSecure }

  /// Writes the request's URL: small scheme and host, no default port, a path of at least `/`.
  func writeURL(of head: RequestHead, into out: inout ByteBuffer) {
    out.writeStaticString(self.isSecure ? "https://" : "http://")
    out.writeString(self.authority)
    let first: UInt8? = head.bytes.getInteger(at: self.pathStart)
    if self.pathLength == 0 || first == UInt8(ascii: "?") { out.writeStaticString("/") }
    if self.pathLength > 0,
      let path = head.bytes.getSlice(at: self.pathStart, length: self.pathLength)
    {
      out.writeImmutableBuffer(path)
    }
  }
}

/// Where the requests of a connection go that do not say so themselves: those inside a tunnel.
struct TunnelOrigin {
  /// The CONNECT target.
  let authority: Authority
  let port: Int
  /// Whether TLS was found inside.
  let isSecure: Bool
  /// The name that the client asked for in its TLS handshake, where that is not the target.
  let serverName: String?
}

extension RequestRoute {
  /// Why a request cannot be routed.
  enum Failure: Error {
    /// The request is to the proxy itself rather than through it.
    case ownAddress
    case refused(Refusal)

    var response: ErrorResponse {
      switch self {
      case .ownAddress: ErrorResponse(status: 404, text: "The proxy itself has no such page.")
      case .refused(let refusal): ErrorResponse(refusal)
      }
    }
  }

  /// Finds out where a request goes
  /// ([RFC 9112 §3.3](https://www.rfc-editor.org/rfc/rfc9112#section-3.3)).
  ///
  /// - Parameter tunnel: the tunnel that the request came through, `nil` outside of one.
  init(_ head: RequestHead, tunnel: TunnelOrigin?) throws(Failure) {
    switch head.target {
    case .authority:
      throw .refused(.badTarget)
    case .absolute(let isHTTPS, let start, let length, let pathStart, let pathLength):
      guard
        let authority = head.authority(start, length)
      else { throw .refused(.badTarget) }
      if let tunnel { try Self.check(authority, isHTTPS, against: tunnel) }
      self.init(
        authority, isSecure: isHTTPS, tunnel: tunnel, pathStart: pathStart, pathLength: pathLength)
    case .origin(let start, let length):
      guard let tunnel else { throw .ownAddress }
      let authority = head.hostAuthority ?? tunnel.authority
      try Self.check(authority, tunnel.isSecure, against: tunnel)
      self.init(
        authority, isSecure: tunnel.isSecure, tunnel: tunnel, pathStart: start, pathLength: length)
    case .asterisk:
      guard let tunnel else { throw .ownAddress }
      let authority = head.hostAuthority ?? tunnel.authority
      try Self.check(authority, tunnel.isSecure, against: tunnel)
      self.init(
        authority, isSecure: tunnel.isSecure, tunnel: tunnel, pathStart: 0, pathLength: 0)
    }
  }

  private init(
    _ authority: Authority, isSecure: Bool, tunnel: TunnelOrigin?, pathStart: Int, pathLength: Int
  ) {
    let defaultPort = isSecure ? 443 : 80
    let serverName = isSecure ? (tunnel?.serverName ?? authority.host) : nil
    self.key = UpstreamKey(
      host: tunnel?.authority.host ?? authority.host,
      port: tunnel?.port ?? authority.port ?? defaultPort, serverName: serverName)
    self.authority = authority.serialized(defaultPort: defaultPort)
    self.pathStart = pathStart
    self.pathLength = pathLength
  }

  /// The route of a request to a mounted plugin: to the plugin's own origin, the mount's path taken
  /// off.
  ///
  /// - Parameters:
  ///   - pathStart: where the path stands in the head, the mount's included.
  init(to mount: GatewayMounts.Mount, pathStart: Int, pathLength: Int) {
    let length = mount.path.utf8.count
    self.init(
      Authority(host: mount.host, port: nil), isSecure: true, tunnel: nil,
      pathStart: pathStart + length, pathLength: pathLength - length)
    self.mount = mount
  }

  /// A request inside a tunnel is for the tunnel's origin: the certificate that the client checked
  /// was for that name, and the plugin that claims it may see no other host's requests.
  private static func check(
    _ authority: Authority, _ isSecure: Bool, against tunnel: TunnelOrigin
  ) throws(Failure) {
    let port = authority.port ?? (isSecure ? 443 : 80)
    let isHost = authority.host == tunnel.authority.host || authority.host == tunnel.serverName
    guard isHost, port == tunnel.port, isSecure == tunnel.isSecure else {
      throw .refused(
        Refusal(421, "The request is for another host than the tunnel that it came through."))
    }
  }
}
