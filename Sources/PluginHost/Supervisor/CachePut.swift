import FetchModel
import NIOCore

/// A response on its way into the storage for a worker's `put`. Touched on the supervisor's event
/// loop only.
final class CachePut {
  /// Aborts the fetch that the body comes from.
  private let signal: FetchSignal?
  private let body: FetchBody
  private var writer: StoredBodyWriter?
  private(set) var isAborted = false

  init(_ body: FetchBody, signal: FetchSignal?) {
    self.body = body
    self.signal = signal
  }

  /// Stores the body.
  ///
  /// - Parameters:
  ///   - budget: is charged; what is stored stays charged.
  ///   - completion: called once, on any thread.
  func store(
    in files: BodyFiles, _ budget: OriginBudget,
    completion: @escaping StoredBodyWriter.Completion
  ) {
    guard !self.isAborted else { return completion(.failure(Self.aborted)) }
    switch self.body {
    case .none: completion(.success(.none))
    case .bytes(let bytes) where bytes.readableBytes <= StoredBody.inlineLimit:
      do throws(StorageError) {
        try budget.charge(bytes.readableBytes)
        completion(.success(.inline(bytes)))
      } catch { completion(.failure(error)) }
    case .bytes(let bytes): self.write(pipe(of: bytes), files, budget, completion)
    case .stream(let pipe): self.write(pipe, files, budget, completion)
    }
  }

  private func write(
    _ pipe: BodyPipe, _ files: BodyFiles, _ budget: OriginBudget,
    _ completion: @escaping StoredBodyWriter.Completion
  ) {
    let writer = StoredBodyWriter(pipe, into: files, budget: budget, completion: completion)
    self.writer = writer
    writer.start()
  }

  /// The script does not want it any more, or is gone, or it cannot be stored.
  func abort() {
    self.isAborted = true
    self.signal?.abort()
    if let writer = self.writer { writer.cancel() } else { self.body.cancel() }
  }

  static let aborted = StorageError(.failed, "It was aborted.")
}
