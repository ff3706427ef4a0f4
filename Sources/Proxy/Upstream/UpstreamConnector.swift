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
  /// Gives a connection for exchanges with an origin: an idle one at once, or a new one when it is
  /// ready.
  ///
  /// - Parameters:
  ///   - fresh: not an idle one, which might turn out to be closed.
  ///   - ready: called once on this event loop, unless what is returned is cancelled.
  /// - Returns: what is under way; `nil` where `ready` has been called.
  func acquire(
    _ key: UpstreamKey, fresh: Bool = false,
    ready: @escaping (Result<UpstreamConnection, FetchError>) -> Void
  ) -> UpstreamOpening? {
    let key = self.connectionKey(key)
    if !fresh, let connection = self.pool.take(key) {
      ready(.success(connection))
      return nil
    }
    let opening = UpstreamOpening(key, for: .exchanges, services: self, ready: ready)
    self.pool.admit(opening, fresh: fresh)
    return opening
  }

  /// Opens a connection for bytes that nobody looks into.
  ///
  /// - Parameter ready: as for ``acquire(_:fresh:ready:)``.
  func openTunnel(
    _ key: UpstreamKey, ready: @escaping (Result<UpstreamConnection, FetchError>) -> Void
  ) -> UpstreamOpening {
    let opening = UpstreamOpening(key, for: .tunnel, services: self, ready: ready)
    opening.begin()
    return opening
  }

  /// What exchanges with an origin are shared under: an upstream proxy takes those in the clear for
  /// every origin on the same connections.
  @inline(__always)
  func connectionKey(_ key: UpstreamKey) -> UpstreamKey {
    guard let proxy = self.shared.upstreamProxy, !key.isSecure else { return key }
    return UpstreamKey(host: proxy.host, port: proxy.port, serverName: nil)
  }

  /// Whom a connection is made to, for a message.
  func peerName(_ key: UpstreamKey) -> String {
    self.shared.upstreamProxy.map { "The upstream proxy \($0.description)" } ?? key.description
  }

  /// Opens a TCP connection.
  func open(
    _ connection: UpstreamConnection, to address: SocketAddress
  ) -> EventLoopFuture<any Channel> {
    let bound = NIOLoopBound(connection, eventLoop: self.eventLoop)
    return ClientBootstrap(group: self.eventLoop)
      .connectTimeout(self.limits.connectTime)
      .channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(bound.value)
        }
      }
      .connect(to: address)
  }

  /// What a failed attempt to connect means.
  func explain(_ error: any Error, _ key: UpstreamKey) -> FetchError {
    let peer = self.peerName(key)
    if case .connectTimeout(let time)? = error as? ChannelError {
      let seconds = time.nanoseconds / 1_000_000_000
      return FetchError(
        .connectionTimeout, .upstream,
        "\(peer) did not accept a connection within \(seconds) seconds.")
    }
    guard let error = error as? IOError else {
      return FetchError(
        .destinationUnavailable, .upstream, "\(peer) cannot be reached: \(error).")
    }
    switch error.errnoCode {
    case ECONNREFUSED:
      return FetchError(.connectionRefused, .upstream, "\(peer) refused the connection.")
    case ETIMEDOUT:
      return FetchError(
        .connectionTimeout, .upstream, "\(peer) did not accept a connection in time.")
    case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT:
      return FetchError(.destinationIPUnroutable, .upstream, "There is no route to \(peer).")
    default:
      let cause = String(cString: strerror(error.errnoCode))
      return FetchError(
        .destinationUnavailable, .upstream, "\(peer) cannot be reached: \(cause).")
    }
  }
}
