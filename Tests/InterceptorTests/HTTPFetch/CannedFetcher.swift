import FetchModel
import NIOCore
import Synchronization

@testable import Interceptor

/// A network that answers by method and URL and notes what it was asked.
final class CannedFetcher: Fetcher {
  typealias Answer = (status: Int, fields: [(String, String)])

  private let answers: [String: Answer]
  private let body: FetchBody
  private let seen = Mutex<[FetchRequest]>([])

  /// - Parameters:
  ///   - answers: by `METHOD URL`; what is not there fails.
  ///   - body: of every answer.
  init(_ answers: [String: Answer], body: FetchBody = .none) {
    self.answers = answers
    self.body = body
  }

  var requests: [FetchRequest] { self.seen.withLock { $0 } }
  var asked: [String] { self.requests.map { "\($0.method) \($0.url)" } }

  func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    self.seen.withLock { $0.append(request) }
    guard let answer = self.answers["\(request.method) \(request.url)"] else {
      return completion(.failure(FetchError(.dnsError, .upstream, "Unknown.")))
    }
    completion(
      .success(
        FetchResponse(
          status: answer.status, headers: HeaderList(answer.fields), body: self.body)))
  }
}

/// Takes a body's length for its digest.
struct LengthDigester: BodyDigester {
  func digest(
    _ body: FetchBody, contentEncoding: String?, _ algorithm: IntegrityAlgorithm,
    completion: @escaping @Sendable (Result<(digest: [UInt8], body: FetchBody), FetchError>) -> Void
  ) {
    completion(.success((digest: [UInt8(clamping: body.length ?? 0)], body: body)))
  }
}

extension HTTPFetcher {
  convenience init(canned: CannedFetcher) {
    self.init(canned, digester: LengthDigester(), now: { 0 })
  }

  func result(_ request: FetchRequest) async -> String {
    let result = await withCheckedContinuation { continuation in
      self.fetch(request) { continuation.resume(returning: $0) }
    }
    switch result {
    case .success(let response): return "\(response.type) \(response.status) \(response.urlList)"
    case .failure(let error): return "error \(error.message)"
    }
  }
}
