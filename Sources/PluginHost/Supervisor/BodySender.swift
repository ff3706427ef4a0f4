import FetchModel
import NIOCore

/// Sends a body to the worker as far as the worker gives credit.
///
/// Nothing is read from the pipe before the first credit: until then the body is untouched and can
/// be handed on as it is.
final class BodySender {
  /// The longest chunk of one frame.
  private static let chunkLength = 65_536
  /// How much is kept to be put back in front.
  private static let replayLimit = 1 << 20

  let stream: StreamID
  private let pipe: BodyPipe
  private var keepsReplay: Bool
  private var credit = 0
  /// What was read from the pipe and could not be sent for want of credit.
  private var rest: ByteBuffer?
  /// What was sent; `nil` where it was more than is kept.
  private var replay: [ByteBuffer]? = []
  private var replayBytes = 0
  private var isUnwanted = false
  private(set) var isTouched = false
  private(set) var isClosed = false

  /// - Parameter keepsReplay: whether ``takeBack()`` may be wanted later.
  init(stream: StreamID, pipe: BodyPipe, keepsReplay: Bool) {
    self.stream = stream
    self.pipe = pipe
    self.keepsReplay = keepsReplay
  }

  /// The worker gave credit.
  ///
  /// - Parameter onReadable: called on any thread when there may be more to send.
  func gotCredit(_ bytes: UInt32, onReadable: @escaping @Sendable () -> Void) {
    guard !self.isClosed else { return }
    if !self.isTouched {
      self.isTouched = true
      self.pipe.setConsumer(onReadable: onReadable)
    }
    self.credit = min(self.credit + Int(bytes), Int.max / 2)
  }

  /// Sends what can be sent now. Returns whether the stream is over.
  func pump(_ send: (Frame) -> Void) -> Bool {
    while !self.isClosed, self.credit > 0 {
      if var chunk = self.rest {
        let length = min(self.credit, chunk.readableBytes, Self.chunkLength)
        guard let part = chunk.readSlice(length: length) else { return false }
        self.rest = chunk.readableBytes > 0 ? chunk : nil
        self.credit -= length
        self.keep(part)
        send(.bodyChunk(self.stream, part))
        continue
      }
      switch self.pipe.read() {
      case .chunk(let chunk): self.rest = chunk.readableBytes > 0 ? chunk : nil
      case .pending: return false
      case .end:
        // The sender stays for `takeBack()`.
        send(.bodyEnd(self.stream))
        return true
      case .failed(let error):
        send(.bodyFailed(self.stream, message: error.message))
        return true
      }
    }
    return self.isClosed
  }

  /// The body whole again, with what was sent in front; `nil` where too much was sent.
  func takeBack() -> BodyPipe? {
    self.isClosed = true
    guard self.keepsReplay, var chunks = self.replay else {
      self.pipe.cancel()
      return nil
    }
    if let rest = self.rest { chunks.append(rest) }
    self.pipe.putBack(chunks)
    return self.pipe
  }

  /// Whether the worker waits for more.
  var isWanted: Bool { !self.isClosed && self.credit > 0 }

  /// The event was answered: nobody will want the body back.
  func stopKeepingReplay() {
    self.keepsReplay = false
    self.replay = nil
    if self.isUnwanted { self.cancel() }
  }

  /// Takes the pipe as it came, where nothing was read from it.
  func takeUntouched() -> BodyPipe? {
    guard !self.isTouched, !self.isClosed else { return nil }
    self.isClosed = true
    return self.pipe
  }

  /// Nobody reads on: the source is told. With a replay the pipe is left for `takeBack()`.
  func cancel() {
    guard !self.isClosed else { return }
    if self.keepsReplay {
      self.isUnwanted = true
      self.credit = 0
    } else {
      self.isClosed = true
      self.pipe.cancel()
    }
  }

  private func keep(_ part: ByteBuffer) {
    guard self.keepsReplay, self.replay != nil else { return }
    self.replayBytes += part.readableBytes
    if self.replayBytes > Self.replayLimit { self.replay = nil } else { self.replay?.append(part) }
  }
}
