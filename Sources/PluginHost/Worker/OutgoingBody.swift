import NIOCore

/// A body on its way to the host: what waits for credit. Facts in, orders out.
struct OutgoingBody {
  /// The longest chunk of one frame, in bytes.
  static let chunkLength = 65_536

  /// What to send, in order.
  enum Order {
    case chunk(ByteBuffer)
    case end
    case failed(String)
  }

  private enum Ending {
    case finished
    case failed(String)
  }

  /// Whether a script writes it, and so wants to hear of credit.
  let isWrittenByScript: Bool
  private var waiting: CircularBuffer<ByteBuffer> = []
  private var credit = 0
  private var ending: Ending?
  private var isOver = false

  /// A body that a script will write.
  init() { self.isWrittenByScript = true }

  /// A body that is at hand.
  init(whole bytes: ByteBuffer) {
    self.isWrittenByScript = false
    self.waiting = [bytes]
    self.ending = .finished
  }

  /// Whether the writer may go on now.
  var isWritable: Bool { self.ending == nil && self.waiting.isEmpty && self.credit > 0 }

  mutating func write(_ bytes: ByteBuffer) {
    guard self.ending == nil, bytes.readableBytes > 0 else { return }
    self.waiting.append(bytes)
  }

  mutating func finish() { self.ending = self.ending ?? .finished }

  mutating func fail(_ message: String) { self.ending = self.ending ?? .failed(message) }

  mutating func grant(_ bytes: UInt32) {
    self.credit = min(self.credit, Int.max / 2) + Int(bytes)
  }

  /// The next thing to send, if there is one now. After `.end` and `.failed` comes nothing more.
  mutating func next() -> Order? {
    if var first = self.waiting.first {
      guard self.credit > 0 else { return nil }
      let length = min(first.readableBytes, self.credit, Self.chunkLength)
      guard let chunk = first.readSlice(length: length) else { return nil }
      self.credit -= length
      if first.readableBytes > 0 {
        self.waiting[self.waiting.startIndex] = first
      } else {
        self.waiting.removeFirst()
      }
      return .chunk(chunk)
    }
    guard let ending = self.ending, !self.isOver else { return nil }
    self.isOver = true
    switch ending {
    case .finished: return .end
    case .failed(let message): return .failed(message)
    }
  }
}
