import FetchModel
import NIOCore

/// Takes a body out of its pipe on an event loop and gives it to a sink there, which may pause it.
final class BodyDrain {
  enum Event {
    case data(ByteBuffer)
    /// Nothing more for now: a good time to flush.
    case pause
    case end
    case failed(FetchError)
  }

  private let pipe: BodyPipe
  private var sink: ((Event) -> Void)?
  private var isPaused = false
  private var isPumping = false

  /// - Parameter sink: called on the event loop on which ``start(on:)`` is called.
  init(_ pipe: BodyPipe, sink: @escaping (Event) -> Void) {
    self.pipe = pipe
    self.sink = sink
  }

  func start(on eventLoop: any EventLoop) {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    self.pipe.setConsumer { eventLoop.execute { bound.value.pump() } }
    self.pump()
  }

  /// Stops giving data until ``resume()``.
  func pause() { self.isPaused = true }

  func resume() {
    guard self.isPaused else { return }
    self.isPaused = false
    self.pump()
  }

  /// Tells the producer that nobody takes the rest.
  func cancel() {
    self.sink = nil
    self.pipe.cancel()
  }

  private func pump() {
    // Flushing can make the sink's channel writable at once, which resumes from within.
    guard !self.isPumping else { return }
    self.isPumping = true
    defer { self.isPumping = false }
    while let sink = self.sink {
      if self.isPaused {
        // The flush that this brings may have made room already.
        sink(.pause)
        if self.isPaused { return }
        continue
      }
      switch self.pipe.read() {
      case .chunk(let data): sink(.data(data))
      case .pending:
        sink(.pause)
        return
      case .end:
        self.sink = nil
        sink(.end)
      case .failed(let error):
        self.sink = nil
        sink(.failed(error))
      }
    }
  }
}
