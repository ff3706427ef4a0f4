import NIOCore
import NIOPosix

/// One process's time: the process, the channel to it, and how far either has come.
struct WorkerConnection {
  /// Counts the processes, so that what is late of one is not taken for the next one's.
  var generation = 0
  var process: (any WorkerProcess)?
  var channel: (any Channel)?
  /// Whether the script was evaluated in this process.
  var wasReady = false
  /// Whether it has kept to the protocol so far.
  var isTrusted = true
  /// The process is gone.
  var hasExited = false
  /// Everything that it sent has been read.
  var isClosed = false
  /// Its end was dealt with.
  var isFinished = false
  /// Why it ended, the first cause.
  var endReason: String?
  /// Whether the log has that cause already.
  var isEndTold = false
  /// How many bytes of the host's it had read when it ended.
  private(set) var readBytes = 0

  /// Whether there are fetch events that it has answered and that wait for further promises.
  var hasExtendedEvents = false
  /// Until when it is not idle because of them.
  var extendedUntil: NIODeadline?
  /// The number of all fetch events when that was found.
  var eventsWhenExtended = 0

  private var outbound = ByteBuffer()
  /// How many bytes of frames were made for it.
  private(set) var writtenBytes = 0

  init(generation: Int = 0) { self.generation = generation }

  /// Whether frames still have a reader.
  var isOpen: Bool { !self.hasExited && !self.isClosed && !self.isFinished }

  /// Adds a frame to what the next ``flush()`` sends.
  mutating func write(_ frame: Frame) throws(FrameCodecError) {
    let before = self.outbound.writerIndex
    try self.outbound.writeFrame(frame)
    self.writtenBytes += self.outbound.writerIndex - before
  }

  /// Whether there is anything to flush.
  var hasOutbound: Bool { self.outbound.readableBytes > 0 }

  mutating func flush() {
    guard let channel = self.channel, self.hasOutbound, self.isOpen else { return }
    channel.writeAndFlush(self.outbound, promise: nil)
    // Usually all of it is written by now, and the memory is used again.
    if self.outbound.capacity > 1 << 20 {
      self.outbound = ByteBuffer()
    } else {
      self.outbound.clear()
    }
  }

  /// How many bytes wait because the worker does not read, where there are any.
  var backlog: Int {
    guard let channel = self.channel, !channel.isWritable else { return 0 }
    return (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  /// How many bytes it has not got yet, where it does not read.
  var waitingBytes: Int { self.outbound.readableBytes + self.backlog }

  /// The process is gone: finds out how far it had read.
  mutating func exited() {
    self.hasExited = true
    let buffered = (try? self.channel?.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    let unread = self.process?.drainUnread() ?? 0
    self.readBytes = self.writtenBytes - self.outbound.readableBytes - buffered - unread
  }
}

/// Makes a channel of the host's end of a worker's socket.
func connectWorkerSocket(
  _ socket: CInt, core: SupervisorCore, generation: Int
) -> EventLoopFuture<any Channel> {
  ClientBootstrap(group: core.eventLoop)
    .channelOption(.maxMessagesPerRead, value: 4)
    .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
    .channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(
          WorkerChannelHandler(core: core, generation: generation))
      }
    }
    .withConnectedSocket(socket)
}
