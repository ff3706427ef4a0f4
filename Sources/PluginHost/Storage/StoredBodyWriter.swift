import FetchModel
import NIOCore
import Synchronization

/// Takes a body out of a pipe into the storage.
///
/// As long as it is short it is kept in memory; then it goes to a file with a temporary name, which
/// gets its own at the end.
final class StoredBodyWriter: Sendable {
  typealias Completion = @Sendable (Result<StoredBody, StorageError>) -> Void

  /// What event loops touch, so nothing waits for the disk with this lock.
  private struct Control {
    var isWriting = false
    var wasWoken = false
    var isCancelled = false
    var completion: Completion?
  }

  /// Of the thread that writes.
  private struct Content {
    var bytes = ByteBuffer()
    var file: StorageFile?
    var length = 0
  }

  private let pipe: BodyPipe
  private let files: BodyFiles
  private let name = randomFileName()
  private let budget: OriginBudget
  private let control: Mutex<Control>
  private let content = Mutex(Content())

  /// - Parameters:
  ///   - budget: is charged for every byte. What is not stored in the end is given back; what is
  ///     stored stays charged, for the caller to give back.
  ///   - completion: called once, on any thread.
  init(
    _ pipe: BodyPipe, into files: BodyFiles, budget: OriginBudget, completion: @escaping Completion
  ) {
    self.pipe = pipe
    self.files = files
    self.budget = budget
    self.control = Mutex(Control(completion: completion))
  }

  func start() {
    self.pipe.setConsumer { self.wake() }
    self.wake()
  }

  /// The body is not wanted any more: completes with a failure, unless it is complete.
  func cancel() {
    self.control.withLock { $0.isCancelled = true }
    self.wake()
  }

  private func wake() {
    let starts = self.control.withLock { control in
      guard control.completion != nil else { return false }
      control.wasWoken = true
      defer { control.isWriting = true }
      return !control.isWriting
    }
    if starts { SerialWork.runNow { self.writeOn() } }
  }

  private func writeOn() {
    repeat {
      self.control.withLock { $0.wasWoken = false }
      do throws(StorageError) {
        while try self.writeNext() {}
      } catch { self.fail(error) }
    } while !self.rests()
  }

  /// Whether nothing has come since the pipe was found empty.
  private func rests() -> Bool {
    self.control.withLock { control in
      guard control.completion == nil || !control.wasWoken else { return false }
      control.isWriting = false
      return true
    }
  }

  /// Returns whether there may be more to read now.
  private func writeNext() throws(StorageError) -> Bool {
    let (isOver, isCancelled) = self.control.withLock { ($0.completion == nil, $0.isCancelled) }
    guard !isOver else { return false }
    if isCancelled { throw StorageError(.failed, "It was aborted.") }
    switch self.pipe.read() {
    case .pending: return false
    case .chunk(let chunk):
      try self.budget.charge(chunk.readableBytes)
      try self.content.withLock { content throws(StorageError) in
        try self.add(chunk, to: &content)
      }
      return true
    case .end:
      let body = try self.content.withLock { content throws(StorageError) in
        try self.finish(&content)
      }
      self.complete(.success(body))
      return false
    case .failed(let error): throw StorageError(.bodyFailed, error.message)
    }
  }

  private func add(_ chunk: ByteBuffer, to content: inout Content) throws(StorageError) {
    content.length += chunk.readableBytes
    if content.file == nil, content.length <= StoredBody.inlineLimit {
      content.bytes.writeImmutableBuffer(chunk)
      return
    }
    if content.file == nil {
      let file = try StorageFile(creating: self.temporaryPath)
      content.file = file
      try file.append(content.bytes)
      content.bytes = ByteBuffer()
    }
    try content.file?.append(chunk)
  }

  private func finish(_ content: inout Content) throws(StorageError) -> StoredBody {
    guard let file = content.file else { return .inline(content.bytes) }
    // The database must not name a file whose bytes a loss of power could take away.
    try file.synchronize()
    try StorageFile.rename(self.temporaryPath, to: self.files.path(self.name))
    content.file = nil
    return .file(self.files.lease(self.name), length: content.length)
  }

  private func fail(_ error: StorageError) {
    self.pipe.cancel()
    let (length, hasFile) = self.content.withLock { content in
      defer { content = Content() }
      return (content.length, content.file != nil)
    }
    if hasFile { StorageFile.remove(self.temporaryPath) }
    self.budget.refund(length)
    self.complete(.failure(error))
  }

  private func complete(_ result: Result<StoredBody, StorageError>) {
    let completion = self.control.withLock { control in
      defer { control.completion = nil }
      return control.completion
    }
    completion?(result)
  }

  private var temporaryPath: String { self.files.path(self.name + ".part") }
}

/// 128 random bits, so that no name is used a second time.
private func randomFileName() -> String {
  let text = String(UInt64.random(in: .min ... .max), radix: 36)
  return text + "-" + String(UInt64.random(in: .min ... .max), radix: 36)
}
