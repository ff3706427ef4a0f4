import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The worker's end of the socket: frames out are gathered and written once a turn, frames in are
/// cut from what was read. Never blocks.
///
/// Owner of the descriptor.
final class FrameSocket {
  /// Console lines are dropped from here on: the host does not read.
  private static let consoleLimit = 8 << 20

  let descriptor: CInt
  private var decoder = FrameDecoder()
  private var output = ByteBuffer()
  /// Frames that came while a script waited for an answer, in their order.
  private var kept: CircularBuffer<Frame> = []
  /// What came is no frame: the stream is of no use any more.
  private var failure: FrameCodecError?

  init(takingOwnership descriptor: CInt) {
    self.descriptor = descriptor
    let flags = fcntl(descriptor, F_GETFL)
    _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    #if canImport(Darwin)
      var yes: CInt = 1
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<CInt>.size))
    #endif
  }

  deinit { _ = close(self.descriptor) }

  var hasOutput: Bool { self.output.readableBytes > 0 }

  /// Adds a frame to what is written at the end of this turn.
  ///
  /// - Returns: `false` where it is too long for a frame and was not added.
  @discardableResult
  func send(_ frame: Frame) -> Bool {
    if case .console = frame, self.output.readableBytes > Self.consoleLimit { return true }
    do throws(FrameCodecError) {
      try self.output.writeFrame(frame)
      return true
    } catch { return false }
  }

  /// Writes what the socket takes. Returns `false` where the other side is gone.
  func flush() -> Bool {
    while self.output.readableBytes > 0 {
      let written = self.output.withUnsafeReadableBytes { bytes in
        #if canImport(Glibc)
          Glibc.send(self.descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        #else
          Darwin.send(self.descriptor, bytes.baseAddress, bytes.count, 0)
        #endif
      }
      if written > 0 {
        self.output.moveReaderIndex(forwardBy: written)
      } else if errno == EAGAIN {
        self.output.discardReadBytes()
        return true
      } else if errno != EINTR {
        return false
      }
    }
    // A burst does not keep its memory for good.
    if self.output.capacity > 1 << 20 { self.output = ByteBuffer() } else { self.output.clear() }
    return true
  }

  /// Reads once. Returns `false` where the other side is gone.
  func fill() -> Bool {
    let count = self.decoder.fill(capacity: 65_536) { memory in
      read(self.descriptor, memory.baseAddress, memory.count)
    }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
  }

  /// The next frame that came whole.
  func next() throws(FrameCodecError) -> Frame? {
    if let frame = self.kept.popFirst() { return frame }
    if let failure = self.failure { throw failure }
    return try self.decoder.next()
  }

  /// Whether ``next()`` has something without reading.
  var hasKept: Bool { !self.kept.isEmpty || self.failure != nil }

  // MARK: Waiting

  /// Waits for the answer to a call, as a script that cannot go on without it does. What comes
  /// meanwhile is kept for later, but for pings, which are answered.
  ///
  /// - Returns: the answer; `nil` where the other side is gone.
  func waitForAnswer(to call: UInt32) -> Frame? {
    while true {
      guard self.flush() else { return nil }
      while let frame = self.nextOfSocket() {
        switch frame {
        case .callResult(call, _, _, _): return frame
        case .ping(let number): self.send(.pong(number))
        default: self.kept.append(frame)
        }
      }
      guard self.failure == nil, self.flush() else { return nil }
      let events = Int16(POLLIN) | (self.hasOutput ? Int16(POLLOUT) : 0)
      var item = pollfd(fd: self.descriptor, events: events, revents: 0)
      guard poll(&item, 1, -1) > 0 || errno == EINTR, self.fill() else { return nil }
    }
  }

  private func nextOfSocket() -> Frame? {
    do throws(FrameCodecError) {
      return try self.decoder.next()
    } catch {
      self.failure = error
      return nil
    }
  }
}
