import NIOCore

/// The worker's socket: cuts what comes into frames for the core.
final class WorkerChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let core: SupervisorCore
  /// The life of the process that the socket belongs to, so that nothing late reaches the next one.
  private let generation: Int
  private var decoder = FrameDecoder()
  /// The worker floods the host.
  private var isPaused = false
  private var isOver = false

  init(core: SupervisorCore, generation: Int) {
    self.core = core
    self.generation = generation
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = self.unwrapInboundIn(data)
    self.decoder.append(&bytes)
    if !self.isPaused { self.handleFrames(context) }
  }

  private func handleFrames(_ context: ChannelHandlerContext) {
    do {
      while let frame = try self.decoder.next() {
        guard self.core.received(frame, generation: self.generation) else { return }
        guard let wait = self.core.spent(frame.cost) else { continue }
        guard !self.isOver else { continue }
        return self.pause(wait, context)
      }
    } catch {
      self.core.violated("it sent bytes that are no frame (\(error))", generation: self.generation)
    }
  }

  /// Reads nothing for a time. What the worker sends meanwhile waits in its own process.
  private func pause(_ wait: TimeAmount, _ context: ChannelHandlerContext) {
    self.isPaused = true
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    context.eventLoop.assumeIsolated().scheduleTask(in: max(wait, .milliseconds(5))) {
      guard self.isPaused, !self.isOver else { return }
      self.isPaused = false
      self.handleFrames(context)
      self.core.flush()
      guard !self.isPaused else { return }
      try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { self.core.flush() }

  func channelInactive(context: ChannelHandlerContext) {
    // The last of what it said counts, too.
    self.isOver = true
    if self.isPaused { self.handleFrames(context) }
    self.core.channelClosed(generation: self.generation)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
