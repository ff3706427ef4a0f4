import NIOCore

/// A body that the host sends, as far as the script has asked for it.
///
/// Nothing is asked of the host before the first ``read(_:all:)``: until then the bytes are not in
/// this process, or here only as one untouched buffer.
final class IncomingBody {
  /// Where the bytes are.
  enum Source {
    /// There is no body; the response of a fetch has the host keep it all the same.
    case none
    case inline(ByteBuffer)
    case stream
  }

  /// How a read ended.
  enum Result {
    case bytes([UInt8])
    /// The end, for a reader by chunks.
    case end
    case failed(String)
  }

  /// How much is asked for ahead of a script that reads all, and of one that reads chunks.
  private static let window = 1 << 20
  private static let chunkWindow = 65_536
  /// How much is decompressed ahead of a script that reads chunks.
  private static let decodedLength = 262_144

  let stream: StreamID
  private(set) var source: Source
  /// The number of the read under way and whether it takes everything.
  private(set) var read: (number: UInt32, all: Bool)?
  private var decoder: ContentDecoder?
  /// Decoded bytes that no read has taken yet.
  private var bytes: [UInt8] = []
  private var outstanding = 0
  private var isEnded = false
  private var failure: String?
  /// Whether the script has begun to read.
  private(set) var isTouched = false
  /// Whether the host has been given it back, or is to forget it.
  var isReleased = false
  /// How many clones there are of the response that it belongs to, where the body never comes here.
  var clones = 0

  /// - Parameter contentEncoding: the value of `Content-Encoding` where the script is to see what it
  ///   encodes; `nil` for none.
  init(stream: StreamID, source: Source, contentEncoding: String?) {
    self.stream = stream
    self.source = source
    self.decoder = contentEncoding.flatMap { ContentDecoder(encoding: $0) }
  }

  /// Whether the host still has to say more of it.
  var isOpen: Bool { if case .stream = self.source { !self.isEnded } else { false } }

  /// Begins a read. Returns the credit to give the host.
  func read(_ number: UInt32, all: Bool) -> Int {
    self.read = (number, all)
    if !self.isTouched {
      self.isTouched = true
      if case .inline(let inline) = self.source {
        self.take(inline)
        self.end()
      } else if case .none = self.source {
        self.end()
      }
    }
    self.decode()
    return self.missingCredit()
  }

  /// Asks for a stream's first bytes before anybody reads: a script that has the stream may read it
  /// when it has answered. Returns the credit to give the host.
  func begin() -> Int {
    guard self.isOpen, !self.isTouched else { return 0 }
    self.isTouched = true
    self.outstanding = Self.chunkWindow
    return Self.chunkWindow
  }

  /// Bytes came. Returns the credit to give the host.
  func received(_ chunk: ByteBuffer) -> Int {
    guard !self.isEnded else { return 0 }
    self.outstanding = max(0, self.outstanding - chunk.readableBytes)
    self.take(chunk)
    return self.missingCredit()
  }

  func end() {
    guard !self.isEnded else { return }
    self.isEnded = true
    self.decode()
  }

  func fail(_ message: String) {
    guard !self.isEnded else { return }
    self.isEnded = true
    self.failure = self.failure ?? message
  }

  /// The result of the read under way, where there is one now.
  func result() -> (number: UInt32, result: Result)? {
    guard let read = self.read else { return nil }
    if let failure = self.failure, self.isEnded, read.all || self.bytes.isEmpty {
      self.read = nil
      return (read.number, .failed(failure))
    }
    if read.all {
      guard self.isEnded else { return nil }
    } else if self.bytes.isEmpty {
      guard self.isEnded else { return nil }
      self.read = nil
      return (read.number, .end)
    }
    self.read = nil
    defer { self.bytes = [] }
    return (read.number, .bytes(self.bytes))
  }

  private func take(_ chunk: ByteBuffer) {
    guard self.failure == nil else { return }
    guard let decoder = self.decoder else {
      self.bytes.append(contentsOf: chunk.readableBytesView)
      return
    }
    decoder.write(chunk)
    self.decode()
  }

  /// Decompresses as much as the read under way wants.
  private func decode() {
    guard let decoder = self.decoder, let read = self.read, self.failure == nil else { return }
    do throws(ContentDecoder.Failure) {
      try decoder.read(limit: read.all ? .max : Self.decodedLength, into: &self.bytes)
      if self.isEnded, !decoder.hasMore { try decoder.finish() }
    } catch {
      self.failure = error.message
      self.isEnded = true
    }
  }

  private func missingCredit() -> Int {
    guard case .stream = self.source, !self.isEnded, let read = self.read else { return 0 }
    if !read.all, !self.bytes.isEmpty { return 0 }
    let window = read.all ? Self.window : Self.chunkWindow
    guard self.outstanding < (read.all ? window / 2 : 1) else { return 0 }
    let credit = window - self.outstanding
    self.outstanding = window
    return credit
  }
}
