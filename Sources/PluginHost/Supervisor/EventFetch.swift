import FetchModel
import Interceptor

/// The fetch that is made beside a fetch event (``ParallelFetch``). It belongs to the event until the
/// worker takes it.
///
/// Unchecked, because it is only ever touched on the supervisor's event loop.
final class EventFetch: @unchecked Sendable {
  typealias Completion = (Result<FetchResponse, FetchError>) -> Void

  let signal: FetchSignal
  private var result: Result<FetchResponse, FetchError>?
  private var completion: Completion?
  /// Whether somebody has the response or waits for it.
  private(set) var isTaken = false

  init(signal: FetchSignal) { self.signal = signal }

  /// It is over.
  func ended(_ result: Result<FetchResponse, FetchError>) {
    guard !self.signal.isAborted else {
      if case .success(let response) = result { response.body.cancel() }
      return self.deliver(.failure(FetchError(.aborted, .plugin, "The fetch was aborted.")))
    }
    self.deliver(result)
  }

  private func deliver(_ result: Result<FetchResponse, FetchError>) {
    if let completion = self.completion {
      self.completion = nil
      completion(result)
    } else {
      self.result = result
    }
  }

  /// Takes the response, now or when it is there. Only once.
  func take(_ completion: @escaping Completion) {
    self.isTaken = true
    if let result = self.result {
      self.result = nil
      completion(result)
    } else {
      self.completion = completion
    }
  }

  /// The event is over: what nobody has taken is not wanted.
  func abandon() {
    guard !self.isTaken else { return }
    self.isTaken = true
    switch self.result {
    case .success(let response): response.body.cancel()
    case .failure: break
    case nil: self.signal.abort()
    }
    self.result = nil
  }
}
