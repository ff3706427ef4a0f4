import FetchModel
import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension LoopServices {
  /// Gives a connection to an origin: an idle one at once, or a new one when it is ready.
  ///
  /// - Parameters:
  ///   - fresh: not an idle one, which might turn out to be closed.
  ///   - ready: called once, on this event loop.
  func acquire(
    _ key: UpstreamKey, fresh: Bool = false,
    ready: @escaping (Result<UpstreamConnection, FetchError>) -> Void
  ) {
    if !fresh, let connection = self.pool.take(key) { return ready(.success(connection)) }
    self.connect(key) { result in
      switch result {
      case .success(let connection): connection.whenReady(ready)
      case .failure(let error): ready(.failure(error))
      }
    }
  }

  /// Opens a TCP connection; TLS, if the key asks for it, has not begun.
  func connect(
    _ key: UpstreamKey, done: @escaping (Result<UpstreamConnection, FetchError>) -> Void
  ) {
    let connection = UpstreamConnection(key: key, services: self)
    let bound = NIOLoopBound(connection, eventLoop: self.eventLoop)
    let bootstrap = ClientBootstrap(group: self.eventLoop)
      .connectTimeout(self.limits.connectTime)
      .channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(bound.value)
        }
      }
    let future: EventLoopFuture<any Channel>
    if let address = try? SocketAddress(ipAddress: key.host, port: key.port) {
      future = bootstrap.connect(to: address)
    } else {
      future = bootstrap.connect(host: key.host, port: key.port)
    }
    future.assumeIsolated().whenComplete { result in
      done(result.map { _ in connection }.mapError { Self.explain($0, key) })
    }
  }

  /// What a failed attempt to connect means.
  private static func explain(_ error: any Error, _ key: UpstreamKey) -> FetchError {
    if let error = error as? NIOConnectionError {
      if let first = error.connectionErrors.first { return self.explain(first.error, key) }
      return FetchError(
        .dnsError, .upstream, "The host name \(key.host) could not be resolved.")
    }
    if case .connectTimeout(let time)? = error as? ChannelError {
      return FetchError(
        .connectionTimeout, .upstream,
        "\(key.description) did not accept a connection within \(time.nanoseconds / 1_000_000_000) seconds."
      )
    }
    guard let error = error as? IOError else {
      return FetchError(
        .destinationUnavailable, .upstream, "\(key.description) cannot be reached: \(error).")
    }
    return self.explain(errno: error.errnoCode, key)
  }

  private static func explain(errno code: CInt, _ key: UpstreamKey) -> FetchError {
    switch code {
    case ECONNREFUSED:
      FetchError(.connectionRefused, .upstream, "\(key.description) refused the connection.")
    case ETIMEDOUT:
      FetchError(
        .connectionTimeout, .upstream, "\(key.description) did not accept a connection in time.")
    case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT:
      FetchError(
        .destinationIPUnroutable, .upstream, "There is no route to \(key.description).")
    default:
      FetchError(
        .destinationUnavailable, .upstream,
        "\(key.description) cannot be reached: \(String(cString: strerror(code))).")
    }
  }
}
