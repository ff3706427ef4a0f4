import CZlib

/// Decompresses a zlib, gzip or bare deflate stream. Owner of a zlib stream.
final class ZlibDecompressor: ByteCodec {
  /// At one address for good, which zlib keeps.
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Parameter windowBits: 15 for zlib, 31 for gzip, -15 for bare deflate.
  init?(windowBits: CInt) {
    self.stream = .allocate(capacity: 1)
    self.stream.initialize(to: z_stream())
    guard valor_inflate_init(self.stream, windowBits) == Z_OK else {
      self.stream.deallocate()
      return nil
    }
  }

  deinit {
    inflateEnd(self.stream)
    self.stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, finishes: Bool
  ) -> CodecStep {
    runZlib(self.stream, input, output) { inflate($0, Z_NO_FLUSH) }
  }
}

/// Compresses to a zlib, gzip or bare deflate stream. Owner of a zlib stream.
final class ZlibCompressor: ByteCodec {
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Parameter windowBits: 15 for zlib, 31 for gzip, -15 for bare deflate.
  init?(windowBits: CInt) {
    self.stream = .allocate(capacity: 1)
    self.stream.initialize(to: z_stream())
    guard valor_deflate_init(self.stream, windowBits) == Z_OK else {
      self.stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(self.stream)
    self.stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, finishes: Bool
  ) -> CodecStep {
    runZlib(self.stream, input, output) { deflate($0, finishes ? Z_FINISH : Z_NO_FLUSH) }
  }
}

private func runZlib(
  _ stream: UnsafeMutablePointer<z_stream>, _ input: UnsafeRawBufferPointer,
  _ output: UnsafeMutableRawBufferPointer, _ run: (UnsafeMutablePointer<z_stream>) -> CInt
) -> CodecStep {
  // zlib takes no null pointer, even for no bytes; it does not write to its input.
  var nothing: UInt8 = 0
  return withUnsafeMutablePointer(to: &nothing) { nothing in
    let bytes = input.bindMemory(to: UInt8.self).baseAddress
    let inputCount = UInt32(clamping: input.count)
    let outputCount = UInt32(clamping: output.count)
    stream.pointee.next_in = bytes.map { UnsafeMutablePointer(mutating: $0) } ?? nothing
    stream.pointee.avail_in = inputCount
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = outputCount
    let result = run(stream)
    let isFull = stream.pointee.avail_out == 0
    let status: CodecStep.Status =
      switch result {
      case Z_STREAM_END: .finished
      case Z_OK, Z_BUF_ERROR: isFull || stream.pointee.avail_in > 0 ? .more : .needsInput
      default: .damaged
      }
    return CodecStep(
      consumed: Int(inputCount - stream.pointee.avail_in),
      produced: Int(outputCount - stream.pointee.avail_out), status: status)
  }
}
