public import NIOCore
import Synchronization

/// A bounded one-way queue of body bytes between one producer and one consumer, which may be on
/// different threads.
///
/// The producer writes until ``write(_:)`` returns `false`, then waits for `onWritable`. The
/// consumer reads until ``read()`` returns ``Read/pending``, then waits for `onReadable`. Each of
/// these callbacks is called once for each such wait, on the other side's thread and outside the
/// lock: it should only hop to its own thread and go on there. So no more than about
/// `highWaterMark` bytes wait in the pipe, whatever the speeds of the two sides.
public final class BodyPipe: Sendable {
  /// What ``read()`` found.
  public enum Read: Sendable {
    case chunk(ByteBuffer)
    /// Nothing yet: `onReadable` will be called.
    case pending
    case end
    /// The producer failed after the bytes read so far.
    case failed(FetchError)
  }

  private enum Ending {
    case finished
    case failed(FetchError)
  }

  private struct State {
    var chunks = CircularBuffer<ByteBuffer>(initialCapacity: 4)
    var buffered = 0
    var ending: Ending?
    var isCancelled = false
    var consumerWaits = false
    var producerWaits = false
    var onReadable: (@Sendable () -> Void)?
    var onWritable: (@Sendable () -> Void)?
    var onCancel: (@Sendable () -> Void)?
  }

  /// How many bytes will pass in all, where the message's framing says so beforehand.
  public let length: Int?
  private let highWaterMark: Int
  private let state: Mutex<State>

  /// - Parameters:
  ///   - length: the body's length in bytes, `nil` where unknown.
  ///   - highWaterMark: the number of waiting bytes from which the producer has to wait.
  ///   - startsWhenRead: whether `onWritable` is called when somebody reads for the first time: for
  ///     a producer that need not begin before.
  public init(length: Int? = nil, highWaterMark: Int = 131_072, startsWhenRead: Bool = false) {
    self.length = length
    self.highWaterMark = highWaterMark
    self.state = Mutex(State(producerWaits: startsWhenRead))
  }

  // MARK: Producer

  /// Sets what the producer wants to be told: `onWritable` after ``write(_:)`` returned `false` and
  /// there is room again; `onCancel` once if the consumer leaves before the end.
  public func setProducer(
    onWritable: @escaping @Sendable () -> Void, onCancel: @escaping @Sendable () -> Void
  ) {
    let cancelled = self.state.withLock { state -> Bool in
      state.onWritable = onWritable
      state.onCancel = onCancel
      return state.isCancelled
    }
    if cancelled { onCancel() }
  }

  /// Adds bytes. Returns whether the producer may go on at once. After the end, or when the
  /// consumer has left, the bytes are dropped.
  @discardableResult
  public func write(_ chunk: ByteBuffer) -> Bool {
    let (wake, mayContinue) = self.state.withLock { state -> ((@Sendable () -> Void)?, Bool) in
      guard !state.isCancelled, state.ending == nil, chunk.readableBytes > 0 else {
        return (nil, true)
      }
      state.chunks.append(chunk)
      state.buffered += chunk.readableBytes
      if state.buffered >= self.highWaterMark { state.producerWaits = true }
      return (Self.wakeConsumer(&state), !state.producerWaits)
    }
    wake?()
    return mayContinue
  }

  /// Ends the body normally.
  public func finish() { self.end(.finished) }

  /// Ends the body with an error, which the consumer sees after the bytes written before.
  public func fail(_ error: FetchError) { self.end(.failed(error)) }

  private func end(_ ending: Ending) {
    let wake = self.state.withLock { state -> (@Sendable () -> Void)? in
      guard state.ending == nil else { return nil }
      state.ending = ending
      state.onWritable = nil
      state.onCancel = nil
      return Self.wakeConsumer(&state)
    }
    wake?()
  }

  private static func wakeConsumer(_ state: inout State) -> (@Sendable () -> Void)? {
    guard state.consumerWaits else { return nil }
    state.consumerWaits = false
    return state.onReadable
  }

  /// Whether the consumer has left.
  public var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

  // MARK: Consumer

  /// Sets what is called when there is something to read after ``read()`` returned `.pending`.
  /// Set it before the first read.
  public func setConsumer(onReadable: @escaping @Sendable () -> Void) {
    self.state.withLock { $0.onReadable = onReadable }
  }

  /// Takes the next chunk, if there is one.
  public func read() -> Read {
    let (result, wake) = self.state.withLock { state -> (Read, (@Sendable () -> Void)?) in
      if let chunk = state.chunks.popFirst() {
        state.buffered -= chunk.readableBytes
        guard state.producerWaits, state.buffered <= self.highWaterMark / 2 else {
          return (.chunk(chunk), nil)
        }
        state.producerWaits = false
        return (.chunk(chunk), state.onWritable)
      }
      switch state.ending {
      case .finished:
        state.onReadable = nil
        return (.end, nil)
      case .failed(let error):
        state.onReadable = nil
        return (.failed(error), nil)
      case nil:
        state.consumerWaits = true
        guard state.producerWaits else { return (.pending, nil) }
        // Only one that starts when it is read waits before an empty pipe.
        state.producerWaits = false
        return (.pending, state.onWritable)
      }
    }
    wake?()
    return result
  }

  /// Puts chunks that were read back in front, first chunk first, so that the next consumer reads
  /// them again. Nothing happens after ``cancel()``.
  public func putBack(_ chunks: [ByteBuffer]) {
    self.state.withLock { state in
      guard !state.isCancelled else { return }
      for chunk in chunks.reversed() where chunk.readableBytes > 0 {
        state.chunks.prepend(chunk)
        state.buffered += chunk.readableBytes
      }
    }
  }

  /// Says that nobody will read on. Waiting bytes are dropped and the producer is told.
  public func cancel() {
    let tell = self.state.withLock { state -> (@Sendable () -> Void)? in
      guard !state.isCancelled else { return nil }
      state.isCancelled = true
      state.chunks.removeAll()
      state.buffered = 0
      state.onReadable = nil
      let tell = state.ending == nil ? state.onCancel : nil
      state.onCancel = nil
      state.onWritable = nil
      return tell
    }
    tell?()
  }
}
