public import FetchModel
import Synchronization

/// *Fetch* for scripts: drives an ``HTTPFetch`` with a fetcher that answers one request with one
/// response.
///
/// The responses are whole, whatever their type: ``FetchResponse/filtered(credentials:)`` is what a
/// script sees of them. Their URL lists name every URL that was asked.
public final class HTTPFetcher: Fetcher {
  /// How many bytes the bodies of an origin's fetches with `keepalive` may have together.
  public static let keepaliveLimit = 65_536

  private let network: any Fetcher
  private let digester: any BodyDigester
  private let now: @Sendable () -> Int64
  private let preflights = Mutex(CORSPreflightCache())
  private let keepalive = Mutex<[String: Int]>([:])

  /// - Parameters:
  ///   - network: answers each single request.
  ///   - digester: for the bodies of requests with integrity metadata.
  ///   - now: milliseconds of a clock that only goes on; says how long a preflight counts.
  public init(
    _ network: any Fetcher, digester: any BodyDigester, now: @escaping @Sendable () -> Int64
  ) {
    self.network = network
    self.digester = digester
    self.now = now
  }

  public func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    guard request.attributes.keepalive else { return self.begin(request, completion) }
    let origin = request.client?.origin ?? ""
    let size = max(0, request.body.length ?? 0)
    guard self.takeKeepalive(size, origin) else {
      request.body.cancel()
      return completion(
        .failure(
          FetchError(
            .httpRequestDenied, .plugin,
            "The bodies of requests with keepalive have more than \(Self.keepaliveLimit) bytes.")))
    }
    self.begin(request) { result in
      self.giveKeepalive(size, origin)
      completion(result)
    }
  }

  private func takeKeepalive(_ size: Int, _ origin: String) -> Bool {
    self.keepalive.withLock { open in
      let before = open[origin] ?? 0
      // No sum of what a worker says, which may be any number.
      guard size <= Self.keepaliveLimit - before else { return false }
      if size > 0 { open[origin] = before + size }
      return true
    }
  }

  private func giveKeepalive(_ size: Int, _ origin: String) {
    self.keepalive.withLock { open in
      let rest = (open[origin] ?? 0) - size
      open[origin] = rest > 0 ? rest : nil
    }
  }

  /// Asks the server of a page's request whether it may be sent, as the page's browser would have done
  /// itself before it sent it. Asks nobody where no preflight is needed.
  ///
  /// - Parameter completion: called once, on any thread, with why not; `nil` where it may.
  func askPermission(
    for request: FetchRequest, completion: @escaping @Sendable (FetchError?) -> Void
  ) {
    var fetch = HTTPFetch(request, asksOnly: true)
    let order = self.preflights.withLock { fetch.begin(&$0, now: self.now()) }
    self.perform(order, fetch) { result in
      switch result {
      case .permitted, .response: completion(nil)
      case .failed(let error): completion(error)
      }
    }
  }

  private func begin(
    _ request: FetchRequest,
    _ completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    var fetch = HTTPFetch(request)
    let order = self.preflights.withLock { fetch.begin(&$0, now: self.now()) }
    self.perform(order, fetch) { end in
      switch end {
      case .response(let response): completion(.success(response))
      case .failed(let error):
        request.body.cancel()
        completion(.failure(error))
      case .permitted: completion(.failure(FetchError(.proxyInternalError, .proxy, "No fetch.")))
      }
    }
  }

  // MARK: Orders

  private enum End: Sendable {
    case response(FetchResponse)
    case failed(FetchError)
    case permitted
  }

  private func perform(
    _ order: HTTPFetch.Order, _ fetch: HTTPFetch, _ completion: @escaping @Sendable (End) -> Void
  ) {
    switch order {
    case .send(let request):
      self.network.fetch(request) { self.answered($0, fetch, completion) }
    case .digest(let response, let algorithm):
      self.digester.digest(
        response.body, contentEncoding: response.headers.first("Content-Encoding"), algorithm
      ) { result in
        var fetch = fetch
        let order = fetch.digested(result)
        self.perform(order, fetch, completion)
      }
    case .deliver(let response): completion(.response(response))
    case .fail(let error): completion(.failed(error))
    case .permit: completion(.permitted)
    }
  }

  private func answered(
    _ result: Result<FetchResponse, FetchError>, _ fetch: HTTPFetch,
    _ completion: @escaping @Sendable (End) -> Void
  ) {
    var next = fetch
    let order = self.preflights.withLock { next.answered(result, &$0, now: self.now()) }
    switch order {
    case .deliver, .digest: break
    default:
      if case .success(let response) = result { response.body.cancel() }
    }
    // A redirect has made a request without a body of it.
    if case .none = next.request.body { fetch.request.body.cancel() }
    self.perform(order, next, completion)
  }
}
