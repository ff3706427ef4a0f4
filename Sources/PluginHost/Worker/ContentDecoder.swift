import NIOCore

/// Undoes the `Content-Encoding` of a response's body for a script, as browsers do
/// ([Fetch §2.2.4](https://fetch.spec.whatwg.org/#handle-content-codings)).
///
/// Keeps what came compressed until it is asked for: a few bytes can stand for a great many.
final class ContentDecoder {
  struct Failure: Error { var message: String }

  private enum Kind {
    case gzip
    /// A zlib stream, or a bare deflate stream as some servers send it.
    case deflate
    case brotli
    case unsupported(String)
  }

  private let kind: Kind
  private var codec: (any ByteCodec)?
  private var input = ByteBuffer()
  private var isFinished = false
  private var hasInput = false
  /// Whether ``read(limit:into:)`` has more to give without more input.
  private(set) var hasMore = false

  /// - Returns: `nil` where the value means that nothing is encoded.
  init?(encoding: String) {
    switch encoding.lowercased() {
    case "", "identity": return nil
    case "gzip", "x-gzip": self.kind = .gzip
    case "deflate": self.kind = .deflate
    case "br": self.kind = .brotli
    default: self.kind = .unsupported(encoding)
    }
  }

  /// Takes a chunk.
  func write(_ chunk: ByteBuffer) {
    guard chunk.readableBytes > 0, !self.isFinished else { return }
    self.hasInput = true
    self.hasMore = true
    if self.input.readableBytes == 0 {
      self.input = chunk
    } else {
      self.input.writeImmutableBuffer(chunk)
    }
  }

  /// Decodes what has come and adds the result to `output`, until that has `limit` bytes or a little
  /// more.
  func read(limit: Int, into output: inout [UInt8]) throws(Failure) {
    if case .unsupported(let encoding) = self.kind, self.hasMore {
      throw Failure(message: "The content encoding '\(encoding)' is not supported.")
    }
    guard self.hasMore, !self.isFinished else { return }
    while self.hasMore, output.count < limit {
      guard let codec = self.codec ?? self.makeCodec() else {
        throw Failure(message: "The decompressor cannot be set up.")
      }
      self.codec = codec
      try self.step(codec, into: &output)
    }
  }

  /// The body is over.
  func finish() throws(Failure) {
    guard !self.hasInput || self.isFinished else {
      throw Failure(message: "The compressed body ends too early.")
    }
  }

  private func makeCodec() -> (any ByteCodec)? {
    let bytes = self.input.readableBytesView
    switch self.kind {
    case .brotli: return BrotliDecompressor()
    case .deflate:
      // RFC 1950 §2.2: method 8 and a header that is a multiple of 31; anything else is bare.
      let first = bytes.first ?? 0
      let second = bytes.dropFirst().first
      let header = UInt16(first) << 8 | UInt16(second ?? 0)
      let isZlib = first & 15 == 8 && (second == nil || header % 31 == 0)
      return ZlibDecompressor(windowBits: isZlib ? 15 : -15)
    default: return ZlibDecompressor(windowBits: 15 + 16)
    }
  }

  private func step(_ codec: any ByteCodec, into output: inout [UInt8]) throws(Failure) {
    let status = withUnsafeTemporaryAllocation(byteCount: 32_768, alignment: 16) { scratch in
      let result = self.input.withUnsafeReadableBytes {
        codec.step($0, into: scratch, finishes: false)
      }
      output.append(contentsOf: scratch[..<result.produced])
      self.input.moveReaderIndex(forwardBy: result.consumed)
      return result.status
    }
    switch status {
    case .more: break
    case .needsInput: self.hasMore = false
    case .damaged: throw Failure(message: "The compressed body is damaged.")
    case .finished:
      self.codec = nil
      guard !self.startsMember() else { break }
      self.isFinished = true
      self.hasMore = false
      self.input.clear()
    }
  }

  /// Whether what follows is another member of a gzip file; anything else is ignored.
  private func startsMember() -> Bool {
    guard case .gzip = self.kind else { return false }
    return self.input.readableBytesView.starts(with: [0x1F, 0x8B])
  }
}
