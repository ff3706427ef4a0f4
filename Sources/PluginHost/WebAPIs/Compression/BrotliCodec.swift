import CBrotli

/// Decompresses a Brotli stream ([RFC 7932](https://www.rfc-editor.org/rfc/rfc7932)). Owner of the
/// library's state.
final class BrotliDecompressor: ByteCodec {
  private let state: OpaquePointer

  init?() {
    guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
    self.state = state
  }

  deinit { BrotliDecoderDestroyInstance(self.state) }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, finishes: Bool
  ) -> CodecStep {
    var inputCount = input.count
    var outputCount = output.count
    var nextInput = input.bindMemory(to: UInt8.self).baseAddress
    var nextOutput = output.bindMemory(to: UInt8.self).baseAddress
    let result = BrotliDecoderDecompressStream(
      self.state, &inputCount, &nextInput, &outputCount, &nextOutput, nil)
    let status: CodecStep.Status =
      switch result {
      case BROTLI_DECODER_RESULT_SUCCESS: .finished
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: .needsInput
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: .more
      default: .damaged
      }
    return CodecStep(
      consumed: input.count - inputCount, produced: output.count - outputCount, status: status)
  }
}

/// Compresses to a Brotli stream. Owner of the library's state.
final class BrotliCompressor: ByteCodec {
  /// The library's own default, 11, is meant for files that are compressed once: it takes a hundred
  /// times as long.
  private static let quality: UInt32 = 5

  private let state: OpaquePointer

  init?() {
    guard let state = BrotliEncoderCreateInstance(nil, nil, nil) else { return nil }
    self.state = state
    BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, Self.quality)
  }

  deinit { BrotliEncoderDestroyInstance(self.state) }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, finishes: Bool
  ) -> CodecStep {
    var inputCount = input.count
    var outputCount = output.count
    var nextInput = input.bindMemory(to: UInt8.self).baseAddress
    var nextOutput = output.bindMemory(to: UInt8.self).baseAddress
    let isGood = BrotliEncoderCompressStream(
      self.state, finishes ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS, &inputCount,
      &nextInput, &outputCount, &nextOutput, nil)
    var status = CodecStep.Status.needsInput
    if isGood == 0 {
      status = .damaged
    } else if BrotliEncoderIsFinished(self.state) != 0 {
      status = .finished
    } else if inputCount > 0 || BrotliEncoderHasMoreOutput(self.state) != 0 {
      status = .more
    }
    return CodecStep(
      consumed: input.count - inputCount, produced: output.count - outputCount, status: status)
  }
}
