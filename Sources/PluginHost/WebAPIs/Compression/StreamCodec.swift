/// The codec of a CompressionStream or DecompressionStream: input comes in chunks, output goes in
/// pieces of bounded size, so that a script can wait for its reader in between.
final class StreamCodec {
  struct Output {
    var bytes: [UInt8] = []
    /// Whether there may be another piece without more input.
    var hasMore = false
    /// Why nothing comes after this piece.
    var failure: String?
  }

  /// The longest piece of output, in bytes.
  private static let pieceLength = 65_536

  private let codec: any ByteCodec
  private let compresses: Bool
  /// The chunk at hand and how much of it has been taken.
  private var input: [UInt8] = []
  private var position = 0
  private var finishes = false
  private var isFinished = false

  /// - Returns: `nil` where there is no memory for it.
  init?(_ format: CompressionFormat, compresses: Bool) {
    guard let codec = format.makeCodec(compresses: compresses) else { return nil }
    self.codec = codec
    self.compresses = compresses
  }

  /// Gives it the next chunk, after the one before has been read to its end.
  func write(_ chunk: [UInt8]) {
    self.input = chunk
    self.position = 0
  }

  /// No chunk comes any more.
  func finish() {
    self.input = []
    self.position = 0
    self.finishes = true
  }

  /// The next piece of output.
  func read() -> Output {
    if self.isFinished { return Output(failure: self.trailing) }
    return withUnsafeTemporaryAllocation(byteCount: Self.pieceLength, alignment: 16) { scratch in
      var count = 0
      var status = CodecStep.Status.more
      while status == .more, count < scratch.count {
        status = self.step(UnsafeMutableRawBufferPointer(rebasing: scratch[count...]), &count)
      }
      return self.output(UnsafeRawBufferPointer(rebasing: scratch[..<count]), status)
    }
  }

  private func output(_ bytes: UnsafeRawBufferPointer, _ status: CodecStep.Status) -> Output {
    if case .damaged = status { return Output(failure: "The compressed data is damaged.") }
    var output = Output(bytes: Array(bytes))
    switch status {
    case .more: output.hasMore = true
    case .finished:
      self.isFinished = true
      output.failure = self.trailing
    default:
      if self.finishes, !self.compresses {
        output.failure = "The compressed data ends too early."
      }
    }
    return output
  }

  private var trailing: String? {
    self.position < self.input.count ? "There is data behind the compressed data." : nil
  }

  /// Adds to `count` what was produced.
  private func step(
    _ output: UnsafeMutableRawBufferPointer, _ count: inout Int
  ) -> CodecStep.Status {
    let result = self.input.withUnsafeBytes { input in
      self.codec.step(
        UnsafeRawBufferPointer(rebasing: input[self.position...]), into: output,
        finishes: self.finishes)
    }
    count += result.produced
    self.position += result.consumed
    return result.status
  }
}
