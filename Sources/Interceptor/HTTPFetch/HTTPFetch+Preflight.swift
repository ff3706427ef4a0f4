import FetchModel

extension HTTPFetch {
  /// The preflight that has to be made before the request; `nil` where none has to, or where the
  /// servers' earlier answers allow the request
  /// ([Fetch §4.8](https://fetch.spec.whatwg.org/#cors-preflight-fetch)).
  func preflight(_ cache: CORSPreflightCache, now: Int64) -> FetchRequest? {
    let method = self.request.method
    let key = self.preflightKey
    let names = self.unsafeNames
    let needsMethod = !isCORSSafelisted(method: method) || self.usesCORSPreflight
    guard
      needsMethod && !cache.allows(method: method, key, now: now)
        || names.contains(where: { !cache.allows(name: $0, key, now: now) })
    else { return nil }
    var headers = HeaderList([
      ("Accept", "*/*"), ("Access-Control-Request-Method", method),
    ])
    if !names.isEmpty {
      headers.append(name: "Access-Control-Request-Headers", value: names.joined(separator: ","))
    }
    headers.append(name: "Origin", value: self.serialisedOrigin)
    self.describeClient(in: &headers)
    var attributes = RequestAttributes()
    attributes.mode = "cors"
    attributes.destination = self.request.attributes.destination
    return FetchRequest(
      method: "OPTIONS", url: self.wireURL, headers: headers, attributes: attributes,
      signal: self.request.signal)
  }

  /// What a client's browser would have said of itself in its preflight.
  private func describeClient(in headers: inout HeaderList) {
    guard let fields = self.request.clientFields else {
      headers.append(name: "User-Agent", value: Self.userAgent)
      return self.addReferrer(to: &headers)
    }
    for name in ["Referer", "User-Agent", "Sec-Fetch-Site"] {
      if let value = fields.first(name) { headers.append(name: name, value: value) }
    }
    guard fields.contains("Sec-Fetch-Mode") else { return }
    headers.append(name: "Sec-Fetch-Mode", value: "cors")
    headers.append(name: "Sec-Fetch-Dest", value: "empty")
  }

  /// Looks at what the server allows, and remembers it.
  ///
  /// - Returns: why the request must not be made, a clause about the server; `nil` where it may be.
  func preflightAnswered(
    _ response: FetchResponse, _ cache: inout CORSPreflightCache, now: Int64
  ) -> String? {
    let credentials = self.request.attributes.credentials
    if let failure = corsFailure(
      response.headers, origin: self.serialisedOrigin, credentials: credentials)
    {
      return failure
    }
    guard (200...299).contains(response.status) else {
      return "it answers with the status \(response.status)"
    }
    guard var methods = response.headers.list("Access-Control-Allow-Methods"),
      let names = response.headers.list("Access-Control-Allow-Headers")
    else { return "it sends an Access-Control-Allow-* field that is no list of names" }
    let method = self.request.method
    if methods.isEmpty, self.usesCORSPreflight { methods = [method] }
    let isPlain = credentials != "include"
    guard
      methods.contains(method) || isCORSSafelisted(method: method)
        || isPlain && methods.contains("*")
    else { return "it does not allow the method \(method)" }
    let allowed = Set(names.map { $0.lowercased() })
    for name in self.unsafeNames where !allowed.contains(name) {
      // `Authorization` is a CORS non-wildcard request-header name.
      guard isPlain, allowed.contains("*"), name != "authorization" else {
        return "it does not allow the header \(name)"
      }
    }
    cache.insert(
      methods: methods, names: names, self.preflightKey, age: response.headers.maxAge, now: now)
    return nil
  }

  /// *Clear cache entries*: what was allowed before may not be any more.
  func forgetPreflight(_ cache: inout CORSPreflightCache) {
    guard self.tainting == .cors, cache.count > 0 else { return }
    let key = self.preflightKey
    cache.clear(origin: key.origin, url: key.url)
  }

  private var preflightKey: CORSPreflightCache.Key {
    CORSPreflightCache.Key(
      origin: self.serialisedOrigin, url: self.wireURL,
      hasCredentials: self.request.attributes.credentials == "include")
  }

  private var usesCORSPreflight: Bool { self.request.client?.usesCORSPreflight ?? false }

  /// The names that a preflight asks for. In a client's request there are some that no page has written.
  private var unsafeNames: [String] {
    let names = self.request.headers.corsUnsafeNames
    guard self.request.clientFields != nil else { return names }
    return names.filter { !isOfUserAgent($0) }
  }
}

/// Whether a browser, not a page, has put a field of this name into a request; a page cannot, or need
/// not ask for it.
private func isOfUserAgent(_ name: String) -> Bool {
  name.hasPrefix("sec-") || name.hasPrefix("proxy-") || name.hasPrefix("x-forwarded-")
    || userAgentNames.contains(name)
}

private let userAgentNames: Set<String> = [
  "accept-charset", "accept-encoding", "connection", "content-length", "cookie", "cookie2", "date",
  "device-memory", "dnt", "downlink", "dpr", "ect", "expect", "forwarded", "host", "keep-alive",
  "origin", "priority", "purpose", "referer", "rtt", "save-data", "te", "trailer",
  "transfer-encoding", "upgrade", "upgrade-insecure-requests", "user-agent", "via",
  "viewport-width", "width", "x-client-data",
]

extension HeaderList {
  /// *Extract header list values*: empty where there is no such field, `nil` for failure.
  fileprivate func list(_ name: String) -> [String]? {
    switch self.tokens(name) {
    case .absent: []
    case .invalid: nil
    case .tokens(let tokens): tokens
    }
  }

  /// How long the answer counts, in seconds.
  fileprivate var maxAge: Int64 {
    guard let text = self.combined("Access-Control-Max-Age"), !text.isEmpty,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return CORSPreflightCache.defaultAge }
    // More digits than a number has mean a long time.
    return Int64(text) ?? CORSPreflightCache.longestAge
  }
}
