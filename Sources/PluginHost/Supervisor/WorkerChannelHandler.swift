import NIOCore

/// The worker's socket: cuts what comes into frames for the core.
final class WorkerChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let core: SupervisorCore
  /// The life of the process that the socket belongs to, so that nothing late reaches the next one.
  private let generation: Int
  private var decoder = FrameDecoder()

  init(core: SupervisorCore, generation: Int) {
    self.core = core
    self.generation = generation
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = self.unwrapInboundIn(data)
    self.decoder.append(&bytes)
    do {
      while let frame = try self.decoder.next() {
        guard self.core.received(frame, generation: self.generation) else { return }
      }
    } catch {
      self.core.violated("it sent bytes that are no frame (\(error))", generation: self.generation)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { self.core.flush() }

  func channelInactive(context: ChannelHandlerContext) {
    self.core.channelClosed(generation: self.generation)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
