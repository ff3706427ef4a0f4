import FetchModel
import Logging
import NIOCore

extension ClientConnection {
  private static let established = ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n")

  // MARK: CONNECT

  /// Serves a CONNECT ([RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).
  func connect(_ head: RequestHead) {
    guard case .authority(let start, let length) = head.target,
      let authority = Authority(head.bytes.readableBytesUInt8Span, start, length),
      let port = authority.port, self.tunnelOrigin == nil, head.framing == .none
    else {
      return self.refuse(
        ErrorResponse(
          Refusal(400, "CONNECT needs host:port as its target, no body, and no tunnel around it.")),
        isHead: false)
    }
    guard !self.isLoop(head) else { return self.refuseLoop(isHead: false) }
    guard self.mayOpen(authority, port) else {
      return self.openTunnel(authority, port, isAnnounced: false)
    }
    // Nothing is looked up or connected to: a plugin may answer for a host that does not exist.
    self.write(Self.established)
    self.access?.responded(200)
    self.phase = .peek(authority, port)
    self.deadline = .now() + self.services.limits.handshakeTime
  }

  /// Whether somebody may want to look into tunnels to this origin.
  private func mayOpen(_ authority: Authority, _ port: Int) -> Bool {
    if self.services.shared.passthrough.contains(authority.host, port: port) { return false }
    return switch self.services.shared.intercept {
    case .none: false
    case .all: true
    case .claimed:
      self.isCovered(authority, port, isSecure: true)
        || self.isCovered(authority, port, isSecure: false)
    }
  }

  private func isCovered(_ authority: Authority, _ port: Int, isSecure: Bool) -> Bool {
    if Gateway.isOwn(authority.host) { return true }
    guard let interceptor = self.services.shared.interceptor else { return false }
    let host = Authority(host: authority.host, port: port)
      .serialized(defaultPort: isSecure ? 443 : 80)
    var origin = (isSecure ? "https://" : "http://") + host
    return origin.withUTF8 { interceptor.coversOrigin(UnsafeRawBufferPointer($0)) }
  }

  /// Looks at the first byte inside an accepted tunnel: TLS, HTTP in the clear, or neither.
  /// Returns whether to go on.
  func peek(_ target: Authority, _ port: Int) -> Bool {
    guard let first = self.input.getInteger(at: self.input.readerIndex) as UInt8? else {
      return false
    }
    let isTLS = first == 0x16
    let isOpened =
      self.services.shared.intercept == .all || self.isCovered(target, port, isSecure: isTLS)
    guard isOpened, isTLS || HTTP1Syntax.isToken(first) else {
      self.openTunnel(target, port, isAnnounced: true)
      return false
    }
    if isTLS {
      self.startTLS(target, port)
    } else {
      self.tunnelOrigin = TunnelOrigin(
        authority: target, port: port, isSecure: false, serverName: nil)
      self.access?.opened(tlsVersion: nil)
      self.phase = .head
    }
    return true
  }

  private func startTLS(_ target: Authority, _ port: Int) {
    guard let context = self.context else { return }
    do {
      let name = try ServerName(target.host)
      self.transport.startTLS(try self.services.shared.serverTLS.makeSession(target: name), context)
    } catch {
      self.services.shared.logger.info(
        "no TLS for a tunnel", metadata: ["target": "\(target.host)", "cause": "\(error)"])
      self.access?.failed(.proxyInternalError)
      return self.close()
    }
    self.phase = .handshake(target, port)
    let hello = self.input
    self.input = ByteBuffer()
    switch self.transport.receive(hello, into: &self.input, context) {
    case .open: break
    case .established(let handshake): self.handshakeFinished(handshake)
    case .closed: self.close()
    case .failed(let failure):
      self.access?.failed(failure.code)
      self.close()
    }
  }

  /// The client's TLS handshake is over: requests follow.
  func handshakeFinished(_ handshake: TLSHandshakeResult) {
    guard case .handshake(let target, let port) = self.phase else { return }
    self.access?.opened(tlsVersion: handshake.version)
    let name = handshake.serverName.description
    self.tunnelOrigin = TunnelOrigin(
      authority: target, port: port, isSecure: true,
      serverName: name == target.host ? nil : name)
    self.phase = .head
    self.deadline = .now() + self.services.limits.idleTime
    self.flush()
  }

  // MARK: Blind tunnels

  /// Connects to the target and passes bytes on.
  ///
  /// - Parameter isAnnounced: whether the client has been told already that the tunnel stands.
  private func openTunnel(_ target: Authority, _ port: Int, isAnnounced: Bool) {
    self.phase = .connecting(nil)
    self.deadline = .distantFuture
    let key = UpstreamKey(host: target.host, port: port, serverName: nil)
    let opening = self.services.openTunnel(key) { result in
      guard case .connecting = self.phase, self.context != nil else {
        if case .success(let upstream) = result { upstream.close() }
        return
      }
      switch result {
      case .success(let upstream):
        if !isAnnounced {
          self.write(Self.established)
          self.access?.responded(200)
        }
        self.access?.tunnels(to: upstream.remoteAddress)
        self.startTunnel(upstream)
      case .failure(let error):
        guard !isAnnounced else {
          self.access?.failed(error.code)
          return self.close()
        }
        self.refuse(
          ErrorResponse(error, proxy: self.services.shared.identity.pseudonym), isHead: false)
      }
    }
    // It may have come at once.
    if case .connecting = self.phase { self.phase = .connecting(opening) }
  }

  private func startTunnel(_ upstream: UpstreamConnection) {
    let tunnel = Tunnel(client: self, upstream: upstream)
    self.phase = .tunnel(tunnel)
    self.touch()
    upstream.startRaw(consumer: tunnel)
    self.flush()
    self.processInput()
    upstream.flush()
    self.readIfWanted()
  }

  /// Passes on a 101 and, behind it, the bytes of both sides.
  func switchProtocols(_ head: ResponseHead, to upstream: UpstreamConnection) {
    var out = ByteBuffer()
    HeadWriter.relay(
      head, framing: .asDeclared, connection: "", identity: self.services.shared.identity,
      into: &out)
    self.write(out)
    self.access?.responded(head.status)
    self.startTunnel(upstream)
  }

  /// Ends our side of a tunnel.
  func endRaw() {
    guard let context = self.context else { return }
    self.transport.writeEnd(context)
    context.close(mode: .output, promise: nil)
  }

  /// Ends a tunnel both of whose sides have ended.
  func finishRaw() {
    guard let context = self.context else { return }
    self.transport.finish(context, within: self.services.limits.stallTime)
  }
}
