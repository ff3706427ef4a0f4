import FetchModel
import NIOCore

/// The way to an origin: the upstream proxy's tunnel, where there is one, and TLS.
extension UpstreamConnection {
  /// The proxy that exchanges on this connection go to instead of the origin.
  var forwardProxy: UpstreamProxy? {
    self.key.isSecure ? nil : self.services.shared.upstreamProxy
  }

  /// Makes the connection usable once its channel is active: through the upstream proxy's tunnel,
  /// where there is one, and the TLS handshake.
  ///
  /// - Parameters:
  ///   - isTunnel: whether it is for bytes that nobody looks into.
  ///   - ready: called once.
  func establish(
    isTunnel: Bool, _ ready: @escaping (Result<UpstreamConnection, FetchError>) -> Void
  ) {
    guard let context = self.context, context.channel.isActive else {
      return ready(.failure(self.closedError))
    }
    self.ready = ready
    guard let proxy = self.services.shared.upstreamProxy, isTunnel || self.key.isSecure else {
      return self.startTLS(context)
    }
    let target = self.key.description
    self.reading = .tunnelAnswer(
      ProxyTunnelReader(
        proxy: proxy.description, target: target, limits: self.services.limits.head))
    self.writeRaw(
      ProxyTunnelReader.request(
        to: target, through: proxy, identity: self.services.shared.identity))
    self.flush()
    context.read()
  }

  /// Starts TLS where the connection is one of TLS; otherwise it is ready.
  func startTLS(_ context: ChannelHandlerContext) {
    guard let serverName = self.key.serverName else {
      return self.finishConnecting(.success(self))
    }
    do {
      self.transport.startTLS(
        try self.services.makeClientSession(serverName, self.key), context)
    } catch {
      return self.finishConnecting(.failure(self.tlsError(error)))
    }
    self.transport.advance(context)
    context.read()
  }

  /// Returns whether to go on.
  func readTunnelAnswer(_ old: ProxyTunnelReader) -> Bool {
    var reader = old
    switch reader.next(&self.input) {
    case .needMore:
      self.reading = .tunnelAnswer(reader)
      return false
    case .failed(let error):
      self.fail(error)
      return false
    case .established:
      self.reading = .idle
      guard let context = self.context else { return false }
      // Inside the tunnel a server of TLS waits for the client to begin.
      guard self.key.serverName == nil || self.input.readableBytes == 0 else {
        self.fail(
          FetchError(
            .httpProtocolError, .upstream,
            "\(self.key.description) does not speak TLS on this port: it began to speak first."))
        return false
      }
      self.startTLS(context)
      return self.key.serverName == nil
    }
  }

  func finishConnecting(_ result: Result<UpstreamConnection, FetchError>) {
    let ready = self.ready
    self.ready = nil
    if case .failure = result { self.close() }
    ready?(result)
  }

  func tlsError(_ failure: TLSFailure) -> FetchError {
    var error = failure.fetchError(.upstream)
    error.message = "No TLS with \(self.key.description): \(failure.message)."
    return error
  }

  var closedError: FetchError {
    FetchError(
      .connectionTerminated, .upstream,
      "\(self.key.description) closed the connection before it answered.",
      isRetryable: !self.hasReceived)
  }
}
