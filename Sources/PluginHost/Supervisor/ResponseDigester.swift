public import FetchModel
public import Interceptor
import NIOCore
import Synchronization

/// Computes the digests of responses' bodies for Subresource Integrity, with OpenSSL.
public struct ResponseDigester: BodyDigester {
  /// The greatest length of such a body, coded and decoded, in bytes: it is held whole.
  public static let maximumLength = 64 << 20

  public init() {}

  public func digest(
    _ body: FetchBody, contentEncoding: String?, _ algorithm: IntegrityAlgorithm,
    completion: @escaping @Sendable (Result<(digest: [UInt8], body: FetchBody), FetchError>) -> Void
  ) {
    let finish = { @Sendable (bytes: ByteBuffer) in
      completion(
        digestOf(bytes, contentEncoding, algorithm).map { (digest: $0, body: .bytes(bytes)) })
    }
    switch body {
    case .none: finish(ByteBuffer())
    case .bytes(let bytes): finish(bytes)
    case .stream(let pipe):
      let collector = BodyCollector(pipe, limit: Self.maximumLength) { result in
        switch result {
        case .success(let bytes): finish(bytes)
        case .failure(let error): completion(.failure(error))
        }
      }
      collector.start()
    }
  }
}

private func digestOf(
  _ bytes: ByteBuffer, _ encoding: String?, _ algorithm: IntegrityAlgorithm
) -> Result<[UInt8], FetchError> {
  var data: [UInt8] = []
  if let decoder = encoding.flatMap({ ContentDecoder(encoding: $0) }) {
    do throws(ContentDecoder.Failure) {
      decoder.write(bytes)
      try decoder.read(limit: ResponseDigester.maximumLength + 1, into: &data)
      guard data.count <= ResponseDigester.maximumLength else { return .failure(tooLong) }
      try decoder.finish()
    } catch { return .failure(FetchError(.httpProtocolError, .upstream, error.message)) }
  } else {
    data = Array(bytes.readableBytesView)
  }
  let function: HashFunction =
    switch algorithm {
    case .sha256: .sha256
    case .sha384: .sha384
    case .sha512: .sha512
    }
  guard let digest = function.digest(data) else {
    return .failure(FetchError(.proxyInternalError, .proxy, "The digest cannot be computed."))
  }
  return .success(digest)
}

private let tooLong = FetchError(
  .httpRequestDenied, .proxy,
  "A body whose integrity is checked has more than \(ResponseDigester.maximumLength >> 20) MiB.")

/// Reads a pipe to its end.
private final class BodyCollector: Sendable {
  private struct State {
    var bytes = ByteBuffer()
    var isReading = false
    /// The pipe has called meanwhile.
    var readsAgain = false
    var isOver = false
  }

  private let pipe: BodyPipe
  private let limit: Int
  private let completion: @Sendable (Result<ByteBuffer, FetchError>) -> Void
  private let state = Mutex(State())

  init(
    _ pipe: BodyPipe, limit: Int,
    completion: @escaping @Sendable (Result<ByteBuffer, FetchError>) -> Void
  ) {
    self.pipe = pipe
    self.limit = limit
    self.completion = completion
  }

  func start() {
    // The pipe keeps the collector for as long as more can come.
    self.pipe.setConsumer { self.read() }
    self.read()
  }

  private func read() {
    let begins = self.state.withLock { state in
      state.readsAgain = true
      defer { state.isReading = true }
      return !state.isReading && !state.isOver
    }
    guard begins else { return }
    while self.takesTurn() { while self.readChunk() {} }
  }

  private func takesTurn() -> Bool {
    self.state.withLock { state in
      defer { state.readsAgain = false }
      if !state.readsAgain || state.isOver { state.isReading = false }
      return state.readsAgain && !state.isOver
    }
  }

  private func readChunk() -> Bool {
    switch self.pipe.read() {
    case .pending: return false
    case .chunk(let chunk):
      let isTooLong = self.state.withLock { state in
        state.bytes.writeImmutableBuffer(chunk)
        return state.bytes.readableBytes > self.limit
      }
      guard isTooLong else { return true }
      self.pipe.cancel()
      self.end(.failure(tooLong))
    case .end: self.end(.success(self.state.withLock { $0.bytes }))
    case .failed(let error): self.end(.failure(error))
    }
    return false
  }

  private func end(_ result: Result<ByteBuffer, FetchError>) {
    let isFirst = self.state.withLock { state in
      defer { state.isOver = true }
      return !state.isOver
    }
    if isFirst { self.completion(result) }
  }
}
