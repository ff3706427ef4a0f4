import FetchModel
import NIOCore

/// Takes a body from the worker into a pipe, and gives the worker credit as the pipe drains.
final class BodyReceiver {
  /// The worker broke the protocol.
  struct Violation: Error { var reason: String }

  let stream: StreamID
  let pipe: BodyPipe
  private var window: CreditWindow
  private var received = 0

  /// - Parameters:
  ///   - length: the body's length where the worker has said it.
  ///   - window: how many bytes of it may be on their way.
  init(stream: StreamID, length: UInt64?, window: Int = 262_144) {
    self.window = CreditWindow(size: window)
    self.stream = stream
    self.pipe = BodyPipe(length: length.flatMap { Int(exactly: $0) })
  }

  /// The credit to give at the beginning.
  func open() -> UInt32 { UInt32(clamping: self.window.opened()) }

  /// A chunk came. Returns the credit to give now, `nil` for none.
  func received(_ chunk: ByteBuffer) throws(Violation) -> UInt32? {
    self.received += chunk.readableBytes
    if let length = self.pipe.length, self.received > length {
      throw Violation(reason: "it sent more of a body than it had said")
    }
    let keepsUp = self.pipe.write(chunk)
    guard
      let credit = self.window.received(chunk.readableBytes, readerKeepsUp: keepsUp)
    else { throw Violation(reason: "it sent more of a body than it was allowed") }
    return credit > 0 ? UInt32(clamping: credit) : nil
  }

  /// The pipe has room again. Returns the credit to give now, `nil` for none.
  func drained() -> UInt32? {
    let credit = self.window.readerCaughtUp()
    return credit > 0 ? UInt32(clamping: credit) : nil
  }

  func ended() {
    if let length = self.pipe.length, self.received < length {
      self.pipe.fail(Self.failure("The plugin's body ended before its length."))
    } else {
      self.pipe.finish()
    }
  }

  func failed(_ message: String) { self.pipe.fail(Self.failure(message)) }

  private static func failure(_ message: String) -> FetchError {
    FetchError(.pluginFailed, .plugin, message)
  }
}
