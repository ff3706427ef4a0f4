import FetchModel
import NIOCore

/// One fetch of the [Fetch standard](https://fetch.spec.whatwg.org/#fetching), without its I/O: *main
/// fetch*, *HTTP fetch*, *HTTP-redirect fetch* and *CORS-preflight fetch*, and of *HTTP-network-or-cache
/// fetch* the fields that it adds. There is no cookie store and no HTTP cache below it.
///
/// Whoever drives it calls ``begin(_:now:)`` and does what it orders; each order but the last has one
/// answer, which brings the next.
///
/// ```
/// begin → send → answered → send → answered → digest → digested → deliver
/// ```
struct HTTPFetch: Sendable {
  enum Order: Sendable {
    /// Send this and tell ``answered(_:_:now:)``.
    case send(FetchRequest)
    /// Compute the digest of the response's body and tell ``digested(_:)``.
    case digest(FetchResponse, IntegrityAlgorithm)
    /// It is over with this response.
    case deliver(FetchResponse)
    /// It is over with a network error.
    case fail(FetchError)
    /// It is over: the request may be sent by whoever asked whether it may.
    case permit
  }

  /// *Response tainting*.
  enum Tainting: Sendable { case basic, cors, opaque }

  private enum State {
    case begun, preflight, network, over
    case digesting(FetchResponse, IntegrityMetadata)
  }

  /// The request as it is by now: method, headers and body may change with a redirect.
  var request: FetchRequest
  /// The *URL list*; its last is the current URL.
  var urlList: [WebURL] = []
  /// The request's *origin*.
  let origin: String
  var tainting = Tainting.basic
  var policy: ReferrerPolicy
  /// What the current URL is told about who asks; each hop can only leave out more of it.
  var referrer: String?
  /// Whether a client has sent an `Origin` to the first URL.
  var hadOrigin = false
  private var state = State.begun
  private let asksOnly: Bool

  /// - Parameters:
  ///   - request: what is asked for. Its URL may have a fragment. Without a client its origin is that of
  ///     its URL.
  ///   - asksOnly: ends with ``Order/permit`` where the request itself would be sent.
  init(_ request: FetchRequest, asksOnly: Bool = false) {
    self.request = request
    self.asksOnly = asksOnly
    let url = WebURL(request.url)
    self.urlList = url.map { [$0] } ?? []
    self.origin = request.client?.origin ?? url?.origin ?? "null"
    self.referrer =
      switch request.attributes.referrer {
      case "": nil
      case "about:client": request.client?.url
      case let referrer: referrer
      }
    self.policy =
      ReferrerPolicy(rawValue: request.attributes.referrerPolicy) ?? .strictOriginWhenCrossOrigin
  }

  // MARK: Inputs

  /// - Parameters:
  ///   - cache: the preflights of all fetches.
  ///   - now: milliseconds of any clock that only goes on.
  mutating func begin(_ cache: inout CORSPreflightCache, now: Int64) -> Order {
    guard case .begun = self.state else { return self.fail("The fetch has begun before.") }
    return self.mainFetch(&cache, now: now)
  }

  mutating func answered(
    _ result: Result<FetchResponse, FetchError>, _ cache: inout CORSPreflightCache, now: Int64
  ) -> Order {
    let response: FetchResponse
    switch result {
    case .success(let success): response = success
    case .failure(let error):
      self.forgetPreflight(&cache)
      self.state = .over
      return .fail(error)
    }
    switch self.state {
    case .preflight:
      if let failure = self.preflightAnswered(response, &cache, now: now) {
        self.forgetPreflight(&cache)
        return self.fail("The preflight for \(self.currentURL) failed: \(failure).")
      }
      return self.send()
    case .network: return self.networkAnswered(response, &cache, now: now)
    default: return self.fail("There is an answer to nothing.")
    }
  }

  mutating func digested(
    _ result: Result<(digest: [UInt8], body: FetchBody), FetchError>
  ) -> Order {
    guard case .digesting(var response, let metadata) = self.state else {
      return self.fail("There is a digest of nothing.")
    }
    self.state = .over
    switch result {
    case .failure(let error): return .fail(error)
    case .success(let (digest, body)):
      guard metadata.matches(digest) else {
        return self.fail("The body of \(self.currentURL) does not match its integrity.")
      }
      response.body = body
      return .deliver(response)
    }
  }

  // MARK: Main fetch

  var currentURL: String { self.urlList.last?.hrefWithoutFragment ?? self.request.url }

  mutating func mainFetch(_ cache: inout CORSPreflightCache, now: Int64) -> Order {
    guard let url = self.urlList.last else {
      return self.fail("\(self.request.url.prefix(200)) is no URL.")
    }
    guard !url.hasBadPort else {
      return self.fail("The port of \(self.currentURL) is blocked.")
    }
    if let source = self.referrer { self.referrer = self.policy.referrer(from: source, to: url) }
    let attributes = self.request.attributes
    let scheme = url.scheme
    if scheme == "data" { return self.fetchData(url) }
    let isBasic =
      self.tainting == .basic && isSameOrigin(url, self.origin) || attributes.mode == "navigate"
    if !isBasic {
      switch attributes.mode {
      case "same-origin":
        return self.fail(
          "\(self.currentURL) is not of \(self.origin), and the request's mode is \"same-origin\".")
      case "no-cors":
        guard attributes.redirect == "follow" else {
          return self.fail("A request with mode \"no-cors\" has to follow redirects.")
        }
        self.tainting = .opaque
      default: self.tainting = .cors
      }
    }
    guard scheme == "http" || scheme == "https" else {
      return self.fail("\(url.href.prefix(200)) is no http(s) URL.")
    }
    guard attributes.cache != "only-if-cached" else {
      return self.fail(
        "There is no HTTP cache, and the request's cache mode is \"only-if-cached\".")
    }
    guard self.tainting == .cors, let preflight = self.preflight(cache, now: now) else {
      return self.send()
    }
    self.state = .preflight
    return .send(preflight)
  }

  /// *Scheme fetch* of a `data:` URL.
  private mutating func fetchData(_ url: WebURL) -> Order {
    guard let data = DataURL(url) else { return self.fail("The data: URL is not valid.") }
    let isBodyless = self.request.method == "HEAD"
    var response = FetchResponse(
      status: 200, statusText: "OK", headers: HeaderList([("Content-Type", data.type.serialized)]),
      body: isBodyless ? .none : .bytes(.init(bytes: data.body)))
    response.urlList = self.urlList.map { $0.href }
    response.type = .basic
    return self.end(response)
  }

  private mutating func send() -> Order {
    if self.asksOnly {
      self.state = .over
      return .permit
    }
    self.state = .network
    return .send(self.networkRequest)
  }

  // MARK: HTTP fetch

  private mutating func networkAnswered(
    _ answer: FetchResponse, _ cache: inout CORSPreflightCache, now: Int64
  ) -> Order {
    var response = answer
    response.urlList = self.urlList.map { $0.href }
    if let failure = self.refusal(of: response) {
      self.forgetPreflight(&cache)
      return self.fail("\(self.currentURL) must not be read by \(self.origin): \(failure).")
    }
    if [301, 302, 303, 307, 308].contains(response.status) {
      switch self.request.attributes.redirect {
      case "manual":
        response.type = .opaqueredirect
        return self.end(response)
      case "error":
        return self.fail(
          "\(self.currentURL) redirects, and the request's redirect mode is \"error\".")
      default:
        switch self.redirect(response) {
        case .none: break
        case .failed(let message): return self.fail(message)
        case .followed: return self.mainFetch(&cache, now: now)
        }
      }
    }
    response.type =
      switch self.tainting {
      case .basic: .basic
      case .cors: .cors
      case .opaque: .opaque
      }
    return self.end(response)
  }

  /// Why a response must not be given to who asks.
  private func refusal(of response: FetchResponse) -> String? {
    switch self.tainting {
    case .basic: return nil
    case .cors:
      return corsFailure(
        response.headers, origin: self.serialisedOrigin,
        credentials: self.request.attributes.credentials)
    case .opaque:
      guard let url = self.urlList.last,
        isBlockedByResourcePolicy(response.headers, origin: self.origin, url: url)
      else { return nil }
      return "its Cross-Origin-Resource-Policy says so"
    }
  }

  /// The end of main fetch: the body is checked whole where there is something to check it with.
  private mutating func end(_ response: FetchResponse) -> Order {
    self.state = .over
    guard let metadata = IntegrityMetadata(self.request.attributes.integrity) else {
      return .deliver(response)
    }
    if response.type.isOpaque {
      return self.fail("The integrity of \(self.currentURL) cannot be checked: it is opaque.")
    }
    if case .none = response.body {
      return self.fail("The integrity of \(self.currentURL) cannot be checked: it has no body.")
    }
    self.state = .digesting(response, metadata)
    return .digest(response, metadata.algorithm)
  }

  // MARK: Ends

  /// What the `Origin` field says, and a CORS check compares.
  var serialisedOrigin: String {
    isRedirectTainted(self.urlList, origin: self.origin) ? "null" : self.origin
  }

  mutating func fail(_ message: String) -> Order {
    self.state = .over
    return .fail(FetchError(.httpRequestDenied, .plugin, message))
  }
}
