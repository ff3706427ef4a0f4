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
  func next() throws(FrameCodecError) -> Frame? { try self.decoder.next() }
}
