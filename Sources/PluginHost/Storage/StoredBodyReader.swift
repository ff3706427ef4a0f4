import FetchModel
import NIOCore
import Synchronization

/// Reads a stored body into a pipe, as fast as its reader takes it.
final class StoredBodyReader: Sendable {
  private static let chunkLength = 65_536

  /// Of one thread at a time: the pipe asks for more only after it was told to wait.
  private struct Position {
    var file: StorageFile?
    var offset = 0
  }

  private let lease: BodyFiles.Lease
  private let length: Int
  private let position = Mutex(Position())

  private init(_ lease: BodyFiles.Lease, length: Int) {
    self.lease = lease
    self.length = length
  }

  /// A pipe with the file's content. The file is opened when the pipe is read for the first time.
  static func pipe(_ lease: BodyFiles.Lease, length: Int) -> BodyPipe {
    let reader = StoredBodyReader(lease, length: length)
    let pipe = BodyPipe(length: length, startsWhenRead: true)
    // The pipe keeps the reader until its end, or for as long as somebody keeps the pipe.
    pipe.setProducer(
      onWritable: { [weak pipe] in
        if let pipe { SerialWork.runNow { reader.produce(pipe) } }
      },
      onCancel: {})
    return pipe
  }

  private func produce(_ pipe: BodyPipe) {
    do throws(StorageError) {
      while let chunk = try self.next() {
        guard chunk.readableBytes > 0 else {
          pipe.fail(Self.failure("\(self.lease.path) is shorter than it was."))
          return
        }
        // After its end a pipe takes everything; it has no reader then.
        guard !pipe.isCancelled else { return }
        if !pipe.write(chunk) { return }
      }
      pipe.finish()
    } catch { pipe.fail(Self.failure(error.message)) }
  }

  /// The next chunk; `nil` at the end.
  private func next() throws(StorageError) -> ByteBuffer? {
    try self.position.withLock { position throws(StorageError) in
      guard position.offset < self.length else { return nil }
      let file: StorageFile
      if let open = position.file {
        file = open
      } else {
        file = try StorageFile(reading: self.lease.path)
        position.file = file
      }
      let chunk = try file.read(
        min(Self.chunkLength, self.length - position.offset), at: position.offset)
      position.offset += chunk.readableBytes
      return chunk
    }
  }

  private static func failure(_ message: String) -> FetchError {
    FetchError(.proxyInternalError, .proxy, message)
  }
}
