import CZlib
import NIOCore

/// Undoes the `Content-Encoding` of a response's body for a script, as browsers do
/// ([Fetch §2.2.4](https://fetch.spec.whatwg.org/#handle-content-codings)).
///
/// Owner of a zlib stream.
final class ContentDecoder {
  struct Failure: Error { var message: String }

  private enum Kind {
    case gzip
    /// A zlib stream, or a bare deflate stream as some servers send it.
    case deflate
    case unsupported(String)
  }

  private let kind: Kind
  /// At one address for good, which zlib keeps.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isOpen = false
  private var isFinished = false
  private var hasInput = false

  /// - Returns: `nil` where the value means that nothing is encoded.
  init?(encoding: String) {
    switch encoding.lowercased() {
    case "", "identity": return nil
    case "gzip", "x-gzip": self.kind = .gzip
    case "deflate": self.kind = .deflate
    default: self.kind = .unsupported(encoding)
    }
    self.stream = .allocate(capacity: 1)
    self.stream.initialize(to: z_stream())
  }

  deinit {
    if self.isOpen { inflateEnd(self.stream) }
    self.stream.deallocate()
  }

  /// Decodes a chunk and adds the result to `output`.
  func decode(_ chunk: ByteBuffer, into output: inout [UInt8]) throws(Failure) {
    if case .unsupported(let encoding) = self.kind {
      throw Failure(message: "The content encoding '\(encoding)' is not supported.")
    }
    guard chunk.readableBytes > 0, !self.isFinished else { return }
    self.hasInput = true
    var failure: Failure?
    chunk.withUnsafeReadableBytes { bytes in
      let input = bytes.bindMemory(to: UInt8.self)
      failure = self.inflate(input, into: &output)
    }
    if let failure { throw failure }
  }

  /// The body is over.
  func finish() throws(Failure) {
    guard !self.hasInput || self.isFinished else {
      throw Failure(message: "The compressed body ends too early.")
    }
  }

  private func open(firstByte: UInt8, secondByte: UInt8?) -> Bool {
    var windowBits: CInt = 15 + 16
    if case .deflate = self.kind {
      // RFC 1950 §2.2: method 8 and a header that is a multiple of 31; anything else is bare.
      let header = UInt16(firstByte) << 8 | UInt16(secondByte ?? 0)
      let isZlib = firstByte & 15 == 8 && (secondByte == nil || header % 31 == 0)
      windowBits = isZlib ? 15 : -15
    }
    self.isOpen = valor_inflate_init(self.stream, windowBits) == Z_OK
    return self.isOpen
  }

  private func inflate(
    _ input: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
  ) -> Failure? {
    guard let base = input.baseAddress, let first = input.first else { return nil }
    if !self.isOpen {
      guard self.open(firstByte: first, secondByte: input.count > 1 ? input[1] : nil) else {
        return Failure(message: "The decompressor cannot be set up.")
      }
    }
    self.stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
    self.stream.pointee.avail_in = UInt32(clamping: input.count)
    return withUnsafeTemporaryAllocation(byteCount: 32_768, alignment: 16) { scratch in
      self.run(scratch.bindMemory(to: UInt8.self), into: &output)
    }
  }

  private func run(
    _ scratch: UnsafeMutableBufferPointer<UInt8>, into output: inout [UInt8]
  ) -> Failure? {
    repeat {
      self.stream.pointee.next_out = scratch.baseAddress
      self.stream.pointee.avail_out = UInt32(scratch.count)
      let status = CZlib.inflate(self.stream, Z_NO_FLUSH)
      let produced = scratch.count - Int(self.stream.pointee.avail_out)
      output.append(contentsOf: scratch[0..<produced])
      switch status {
      case Z_STREAM_END:
        // What follows is another member of a gzip file; anything else is ignored.
        guard case .gzip = self.kind, self.stream.pointee.avail_in > 1,
          self.stream.pointee.next_in?[0] == 0x1F, self.stream.pointee.next_in?[1] == 0x8B,
          inflateReset(self.stream) == Z_OK
        else {
          self.isFinished = true
          return nil
        }
      case Z_OK: break
      case Z_BUF_ERROR: return nil
      default: return Failure(message: "The compressed body is damaged.")
      }
    } while self.stream.pointee.avail_in > 0 || self.stream.pointee.avail_out == 0
    return nil
  }
}
