import NIOCore
import Synchronization

extension FetchBody {
  /// Gives the body to two readers. The first one sets the pace; where the second one falls behind by
  /// more than `limit` bytes, its body fails, so that it can hold up nobody.
  public func tee(limit: Int = 1 << 20) -> (FetchBody, FetchBody) {
    guard case .stream(let pipe) = self else { return (self, self) }
    let tee = BodyTee(pipe, limit: limit)
    tee.start()
    return (.stream(tee.first), .stream(tee.second))
  }
}

/// Reads a pipe into two others; see ``FetchBody/tee(limit:)``.
///
/// Bytes move on the threads of those who write and read: whoever comes while another one moves them
/// leaves it to that one.
private final class BodyTee: Sendable {
  private struct State {
    var isMoving = false
    /// Somebody came meanwhile.
    var movesAgain = false
    var firstIsFull = false
    var secondIsFull = false
    var firstHasLeft = false
    var secondHasLeft = false
  }

  let first: BodyPipe
  let second: BodyPipe
  private let source: BodyPipe
  private let state = Mutex(State())

  init(_ source: BodyPipe, limit: Int) {
    self.source = source
    self.first = BodyPipe(length: source.length)
    self.second = BodyPipe(length: source.length, highWaterMark: limit)
  }

  func start() {
    // The pipes keep the tee alive for as long as one of them can still ask for more.
    self.source.setConsumer { self.move() }
    self.first.setProducer(
      onWritable: { self.resume { $0.firstIsFull = false } },
      onCancel: { self.resume { $0.firstHasLeft = true } })
    self.second.setProducer(
      onWritable: { self.resume { $0.secondIsFull = false } },
      onCancel: { self.resume { $0.secondHasLeft = true } })
    self.move()
  }

  private func resume(_ change: (inout State) -> Void) {
    let isAbandoned = self.state.withLock { state in
      change(&state)
      return state.firstHasLeft && state.secondHasLeft
    }
    if isAbandoned { self.source.cancel() } else { self.move() }
  }

  /// Moves what there is, as far as the readers keep up.
  private func move() {
    let begins = self.state.withLock { state in
      state.movesAgain = true
      defer { state.isMoving = true }
      return !state.isMoving
    }
    guard begins else { return }
    while self.takesTurn() { while self.moveChunk() {} }
  }

  /// Whether there is a reason to go on; the turn is over where there is none.
  private func takesTurn() -> Bool {
    self.state.withLock { state in
      defer { state.movesAgain = false }
      if !state.movesAgain { state.isMoving = false }
      return state.movesAgain
    }
  }

  /// Returns whether there may be more to move at once.
  private func moveChunk() -> Bool {
    let waits = self.state.withLock { $0.firstHasLeft ? $0.secondIsFull : $0.firstIsFull }
    guard !waits else { return false }
    switch self.source.read() {
    case .pending: return false
    case .chunk(let chunk):
      self.write(chunk)
      return true
    case .end:
      self.first.finish()
      self.second.finish()
    case .failed(let error):
      self.first.fail(error)
      self.second.fail(error)
    }
    return false
  }

  private func write(_ chunk: ByteBuffer) {
    let firstIsFull = !self.first.write(chunk)
    let secondIsFull = !self.second.write(chunk)
    let secondIsLate = self.state.withLock { state in
      state.firstIsFull = firstIsFull
      state.secondIsFull = secondIsFull
      guard secondIsFull, !state.firstHasLeft, !state.secondHasLeft else { return false }
      state.secondHasLeft = true
      return true
    }
    if secondIsLate {
      self.second.fail(
        FetchError(.proxyInternalError, .proxy, "The body's reader was too slow for it."))
    }
  }
}
