/// A compressor or decompressor that works piece by piece in memory of its caller.
protocol ByteCodec: AnyObject {
  /// Takes some of `input` and writes some of `output`, which is never empty.
  ///
  /// - Parameter finishes: whether nothing comes after `input`.
  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, finishes: Bool
  ) -> CodecStep
}

/// What a step of a codec did.
struct CodecStep {
  enum Status {
    /// There may be more output for the input that is there.
    case more
    /// Nothing goes on without more input.
    case needsInput
    /// The compressed data has come to its own end.
    case finished
    /// The input is no compressed data, or there is no memory.
    case damaged
  }

  var consumed: Int
  var produced: Int
  var status: Status
}

/// The formats of CompressionStream, in the order of `Compression.js`.
enum CompressionFormat: UInt32 {
  case deflate = 0
  case deflateRaw, gzip, brotli

  func makeCodec(compresses: Bool) -> (any ByteCodec)? {
    switch (self, compresses) {
    case (.brotli, true): BrotliCompressor()
    case (.brotli, false): BrotliDecompressor()
    case (_, true): ZlibCompressor(windowBits: self.windowBits)
    case (_, false): ZlibDecompressor(windowBits: self.windowBits)
    }
  }

  /// How zlib is told of the format.
  private var windowBits: CInt {
    switch self {
    case .deflateRaw: -15
    case .gzip: 15 + 16
    default: 15
    }
  }
}
