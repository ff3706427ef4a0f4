public import NIOCore
import NIOPosix

/// The admin listener: what is asked *of* the proxy rather than through it. `GET /_health` is for
/// everybody on this machine; `/_plugins` for whoever has the token.
public final class AdminServer: Sendable {
  private let listener = ListenerBox()
  private let access: AdminAccess
  private let handler: (any AdminHandler)?

  /// - Parameters:
  ///   - token: the bearer token.
  ///   - handler: serves `/_plugins`; `nil` where there is none.
  public init(token: String? = nil, handler: (any AdminHandler)? = nil) {
    self.access = AdminAccess(token: token)
    self.handler = handler
  }

  /// Binds the listener.
  ///
  /// - Returns: the address that is listened on.
  /// - Throws: `IOError` where the address cannot be bound.
  public func listen(on address: SocketAddress, group: any EventLoopGroup) async throws
    -> SocketAddress
  {
    let access = self.access
    let handler = self.handler
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AdminConnection(access: access, handler: handler))
        }
      }
      .bind(to: address).get()
    self.listener.set(channel)
    guard let bound = channel.localAddress else { throw ChannelError.alreadyClosed }
    return bound
  }

  public func shutdown() async { try? await self.listener.take()?.close().get() }
}
