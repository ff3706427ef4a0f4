import FetchModel

extension HTTPFetch {
  /// The number of redirects after which a fetch fails.
  static let maximumRedirects = 20

  enum Redirection {
    /// The response says nowhere to go, so it is the answer.
    case none
    case failed(String)
    case followed
  }

  /// *HTTP-redirect fetch* ([Fetch §4.4](https://fetch.spec.whatwg.org/#http-redirect-fetch)) up to the
  /// next main fetch.
  mutating func redirect(_ response: FetchResponse) -> Redirection {
    let from = self.currentURL
    guard let current = self.urlList.last else { return .none }
    let url: WebURL
    switch locationURL(response.headers, base: current) {
    case .absent: return .none
    case .url(let location) where location.scheme == "http" || location.scheme == "https":
      url = location
    case .url, .invalid: return .failed("\(from) redirects to something that is no http(s) URL.")
    }
    guard self.urlList.count <= Self.maximumRedirects else {
      let first = self.urlList[0].hrefWithoutFragment
      return .failed("More than \(Self.maximumRedirects) redirects from \(first) on.")
    }
    if url.hasCredentials,
      self.tainting == .cors
        || self.request.attributes.mode == "cors" && !isSameOrigin(url, self.origin)
    {
      return .failed("\(from) redirects to a URL with credentials.")
    }
    if response.status != 303, case .stream = self.request.body {
      return .failed("\(from) redirects, and the request's body was a stream.")
    }
    self.rewriteMethod(response.status)
    self.dropFields(from: current, to: url)
    self.urlList.append(url)
    if let policy = ReferrerPolicy(response.headers) { self.policy = policy }
    return .followed
  }

  private mutating func rewriteMethod(_ status: Int) {
    let method = self.request.method
    guard
      (status == 301 || status == 302) && method == "POST"
        || status == 303 && method != "GET" && method != "HEAD"
    else { return }
    self.request.method = "GET"
    self.request.body = .none
    // The request-body-headers of Fetch, and what the body was framed with.
    for name in [
      "Content-Encoding", "Content-Language", "Content-Location", "Content-Type", "Content-Length",
    ] { self.request.headers.remove(name) }
  }

  /// Takes out what was said for the URL that redirects only.
  private mutating func dropFields(from current: WebURL, to url: WebURL) {
    self.request.headers.remove("Host")
    let isCrossOrigin = !isSameOrigin(url, current.origin)
    if isCrossOrigin {
      for name in ["Authorization", "Cookie", "Cookie2", "Proxy-Authorization"] {
        self.request.headers.remove(name)
      }
    }
    guard var fields = self.request.clientFields else { return }
    // These are found anew for each URL, an origin only where the client has sent one at all.
    self.hadOrigin = self.hadOrigin || fields.contains("Origin")
    fields.remove("Origin")
    fields.remove("Referer")
    if isCrossOrigin {
      for name in ["Authorization", "Cookie", "Cookie2", "Sec-Fetch-User"] { fields.remove(name) }
      if fields.contains("Sec-Fetch-Site") { fields.set("Sec-Fetch-Site", to: "cross-site") }
    }
    self.request.clientFields = fields
  }
}

private enum Location {
  case absent, invalid
  case url(WebURL)
}

/// *Location URL* ([Fetch §2.2.6](https://fetch.spec.whatwg.org/#concept-response-location-url)).
private func locationURL(_ headers: HeaderList, base: WebURL) -> Location {
  let values = headers.all("Location")
  guard let value = values.first else { return .absent }
  // Two that differ could be taken for either.
  guard values.allSatisfy({ $0 == value }) else { return .invalid }
  // The value's bytes: URLs in it may be in UTF-8.
  let bytes = value.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  guard var url = WebURL(utf8: bytes.span, base: base) else { return .invalid }
  if url.fragment == nil, let fragment = base.fragment { url.set(.hash, to: "#" + fragment) }
  return .url(url)
}

extension WebURL {
  /// Whether it *includes credentials*.
  var hasCredentials: Bool { !self.username.isEmpty || !self.password.isEmpty }
}
