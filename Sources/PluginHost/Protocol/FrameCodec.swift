import NIOCore

/// Why bytes are no frame, or a frame cannot be put into bytes.
enum FrameCodecError: Error, Equatable {
  /// The frame is or would be longer than ``FrameDecoder/maximumLength``.
  case oversized(length: Int)
  /// The frame ends in the middle of a field.
  case truncated
  /// Bytes are left over after the last field.
  case trailingBytes(count: Int)
  case unknownType(UInt8)
  /// A field has a value that it cannot have: an unknown case, a string that is not UTF-8.
  case invalidValue
}

/// The numbers of the frame types on the wire.
enum FrameType: UInt8 {
  case start = 1
  case install, activate, fetchEvent, abortEvent, fetchResult, fetchFailed, callResult, ping, stop
  case fetchEventDetails, registration, broadcast
  case cachedResponse = 24
  case ready = 32
  case startFailed, lifetimeSettled, respond, respondRelay, noResponse, respondFailed, fetch
  case abortFetch, call, console, pong, eventsExtended, cloneFetch
  case bodyChunk = 64
  case bodyEnd, bodyFailed, bodyCredit, bodyCancel
}

/// Cuts a stream of bytes into frames.
///
/// Strict: whatever is not exactly a frame is an error, after which the stream is of no use.
struct FrameDecoder {
  /// The greatest length of a frame, in bytes without the four of the length itself.
  static let maximumLength = 64 << 20

  private var buffer = ByteBuffer()

  /// How many bytes wait for the rest of their frame.
  var bufferedBytes: Int { self.buffer.readableBytes }

  /// Adds bytes as they came from the socket.
  mutating func append(_ bytes: inout ByteBuffer) {
    if self.buffer.readableBytes == 0 {
      self.buffer = bytes
      bytes.moveReaderIndex(to: bytes.writerIndex)
    } else {
      self.buffer.writeBuffer(&bytes)
    }
  }

  /// Adds bytes that `read` puts into the memory it is given, without a copy between.
  ///
  /// - Parameters:
  ///   - capacity: the least size of that memory in bytes.
  ///   - read: returns how many bytes it has put there; nothing is added where it is not positive.
  /// - Returns: what `read` returned.
  mutating func fill(capacity: Int, read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    if self.buffer.readableBytes == 0 { self.buffer.clear() }
    var result = 0
    self.buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
      result = read(memory)
      return max(0, min(result, memory.count))
    }
    return result
  }

  /// Takes the next frame; `nil` where it has not come whole yet.
  mutating func next() throws(FrameCodecError) -> Frame? {
    guard
      let length = self.buffer.getInteger(
        at: self.buffer.readerIndex, endianness: .little, as: UInt32.self)
    else { return nil }
    guard length <= Self.maximumLength else { throw .oversized(length: Int(length)) }
    guard self.buffer.readableBytes >= 4 + Int(length) else {
      // One allocation for the whole of a long frame instead of a doubling for each read.
      self.buffer.reserveCapacity(minimumWritableBytes: 4 + Int(length) - self.buffer.readableBytes)
      return nil
    }
    self.buffer.moveReaderIndex(forwardBy: 4)
    guard let slice = self.buffer.readSlice(length: Int(length)) else { throw .truncated }
    var reader = FrameReader(buffer: slice)
    let frame = try reader.frame()
    guard reader.buffer.readableBytes == 0 else {
      throw .trailingBytes(count: reader.buffer.readableBytes)
    }
    return frame
  }
}

extension ByteBuffer {
  /// Adds a frame at the end, its length included.
  ///
  /// - Throws: ``FrameCodecError/oversized(length:)``; the buffer is then as before.
  mutating func writeFrame(_ frame: Frame) throws(FrameCodecError) {
    let start = self.writerIndex
    // The writer owns the bytes while it writes: with a second reference all of them were copied.
    var writer = FrameWriter(buffer: ByteBuffer())
    swap(&self, &writer.buffer)
    writer.buffer.writeInteger(0, as: UInt32.self)
    writer.frame(frame)
    swap(&self, &writer.buffer)
    let length = self.writerIndex - start - 4
    guard length <= FrameDecoder.maximumLength else {
      self.moveWriterIndex(to: start)
      throw .oversized(length: length)
    }
    self.setInteger(UInt32(length), at: start, endianness: .little)
  }
}
