public import NIOCore
import NIOPosix

/// The admin listener: what is asked *of* the proxy rather than through it. So far it says that the
/// proxy is alive.
public final class AdminServer: Sendable {
  private let listener = ListenerBox()

  public init() {}

  /// Binds the listener.
  ///
  /// - Returns: the address that is listened on.
  /// - Throws: `IOError` where the address cannot be bound.
  public func listen(on address: SocketAddress, group: any EventLoopGroup) async throws
    -> SocketAddress
  {
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AdminConnection())
        }
      }
      .bind(to: address).get()
    self.listener.set(channel)
    guard let bound = channel.localAddress else { throw ChannelError.alreadyClosed }
    return bound
  }

  public func shutdown() async { try? await self.listener.take()?.close().get() }
}

/// One connection to the admin listener: one request, one answer.
private final class AdminConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var input = ByteBuffer()
  private var reader = HeadReader(
    limits: HeadLimits(headBytes: 16_384, fieldCount: 64, targetBytes: 8_192))
  private var isDone = false
  private var timeout: Scheduled<Void>?

  func channelActive(context: ChannelHandlerContext) {
    self.timeout = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(10)) {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { self.timeout?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !self.isDone else { return }
    self.input.writeImmutableBuffer(self.unwrapInboundIn(data))
    switch self.reader.nextRequest(&self.input) {
    case .needMore: return
    case .refused(let refusal): self.send(ErrorResponse(refusal).serialized, false, context)
    case .head(let head): self.answer(head, context)
    }
  }

  private func answer(_ head: RequestHead, _ context: ChannelHandlerContext) {
    let isHead = head.method == .head
    guard self.isLocal(head.hostAuthority) else {
      let text = "The admin listener answers to its loopback address only."
      return self.send(ErrorResponse(status: 403, text: text).serialized, isHead, context)
    }
    let target = head.text(head.targetStart, head.targetLength)
    guard target == "/_health", head.method == .get || isHead else {
      let text = "There is only GET /_health here."
      return self.send(ErrorResponse(status: 404, text: text).serialized, isHead, context)
    }
    self.send({ self.health(isHead: $0, connection: $1) }, isHead, context)
  }

  /// A page from elsewhere whose name was made to resolve to this machine names its own host.
  private func isLocal(_ authority: Authority?) -> Bool {
    guard let host = authority?.host else { return false }
    return host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  private func health(isHead: Bool, connection: StaticString) -> ByteBuffer {
    let body = "{\"status\":\"ok\"}\n"
    var out = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    out.writeString("Content-Length: \(body.utf8.count)\r\n\(connection)\r\n")
    if !isHead { out.writeString(body) }
    return out
  }

  private func send(
    _ answer: (_ isHead: Bool, _ connection: StaticString) -> ByteBuffer, _ isHead: Bool,
    _ context: ChannelHandlerContext
  ) {
    self.isDone = true
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(NIOAny(answer(isHead, "Connection: close\r\n"))).whenComplete { _ in
      bound.value.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
