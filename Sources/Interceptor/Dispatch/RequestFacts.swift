import FetchModel

/// What a request's fields say about where it comes from, gathered in one pass.
struct RequestFacts: Sendable {
  var fetchMode: String?
  var fetchDestination: String?
  var fetchSite: String?
  var referer: String?
  var origin: String?
  var accept: String?
  var cacheControl: String?
  var authorization: String?
  var pragmaIsNoCache = false
  var hasCookie = false
  var isServiceWorkerScript = false
  var upgradesToWebSocket = false
  var upgradesInsecureRequests = false
  /// `Access-Control-Request-Method` and `-Headers`: what a preflight asks for.
  var requestedMethod: String?
  var requestedHeaders: String?
  /// Whether there is an `If-None-Match` or an `If-Modified-Since`.
  var hasValidator = false

  /// Whether a browser's name is in `User-Agent`.
  private var isBrowser = false
  /// Whether `Origin` names another origin than that of the URL.
  private var hasForeignOrigin = false

  /// What each field is called, in the fields' order.
  private(set) var names = ContiguousArray<FieldName>()

  /// - Parameter url: what is asked for.
  init(_ headers: HeaderList, url: String) {
    self.names.reserveCapacity(headers.count)
    headers.forEachField { bytes, _ in
      let name = FieldName(bytes)
      let index = self.names.count
      self.note(name, headers.value(at: index))
      self.names.append(name)
    }
    if let origin = self.origin { self.hasForeignOrigin = origin != originOf(url) }
  }

  init(_ request: FetchRequest) { self.init(request.headers, url: request.url) }

  private mutating func note(_ name: FieldName, _ value: @autoclosure () -> String) {
    switch name {
    case .secFetchMode: self.fetchMode = value()
    case .secFetchDest: self.fetchDestination = value()
    case .secFetchSite: self.fetchSite = value()
    case .referer: self.referer = value()
    case .origin: self.origin = value()
    case .accept: self.accept = self.accept ?? value()
    case .cacheControl: self.cacheControl = value().lowercased()
    case .authorization: self.authorization = value()
    case .pragma: self.pragmaIsNoCache = value().lowercased().contains("no-cache")
    case .cookie: self.hasCookie = true
    case .serviceWorker: self.isServiceWorkerScript = value() == "script"
    case .upgrade: self.upgradesToWebSocket = value().lowercased().contains("websocket")
    case .upgradeInsecureRequests: self.upgradesInsecureRequests = true
    case .accessControlRequestMethod: self.requestedMethod = value()
    case .accessControlRequestHeaders: self.requestedHeaders = value()
    case .userAgent: self.isBrowser = value().hasPrefix("Mozilla/")
    case .ifNoneMatch, .ifModifiedSince: self.hasValidator = true
    default: break
    }
  }

  /// Whether a page of another origin asks.
  var isCrossOrigin: Bool {
    if let site = self.fetchSite { return site == "cross-site" || site == "same-site" }
    return self.isPlainCORS && self.hasForeignOrigin
  }

  /// The request's mode where it can be known: as `Sec-Fetch-Mode` says; or `cors` for what a page's
  /// script asks an origin where browsers do not say, which is any with plain http.
  var mode: String? { self.fetchMode ?? (self.isPlainCORS ? "cors" : nil) }

  /// Only requests with mode `cors`, and those with other methods than GET and HEAD, have an `Origin`.
  private var isPlainCORS: Bool {
    self.fetchMode == nil && self.origin != nil && self.isBrowser && !self.looksLikeNavigation
  }

  /// Whether a page's script asks a server of another origin, which has to permit that.
  var isCrossOriginCORS: Bool { self.isCrossOrigin && self.mode == "cors" && self.origin != nil }

  /// Whether a browser asks whether its cache is up to date. A script that sets such a field gets the
  /// cache mode `no-store`, which brings `Pragma: no-cache` along.
  var isRevalidation: Bool { self.hasValidator && !self.pragmaIsNoCache }

  /// Whether the client says what kind of request this is, as browsers do on secure origins.
  var hasFetchMetadata: Bool { self.fetchMode != nil }

  /// Whether the request asks for a new page.
  ///
  /// Without `Sec-Fetch-Mode` this is a guess: by what only browsers' navigations send, then by the
  /// absence of a `Referer`. So a request of a simple client is a navigation.
  var isNavigation: Bool {
    if let mode = self.mode { return mode == "navigate" }
    return self.looksLikeNavigation || self.referer == nil
  }

  /// Whether a browser navigates here, not some other client.
  var isBrowserNavigation: Bool {
    if let mode = self.fetchMode { return mode == "navigate" }
    return self.looksLikeNavigation
  }

  /// *Non-subresource request* of a browser.
  var isBrowserNonSubresource: Bool {
    self.isBrowserNavigation || self.fetchDestination == "worker"
      || self.fetchDestination == "sharedworker"
  }

  /// Whether a browser that sends no fetch metadata navigates here.
  private var looksLikeNavigation: Bool {
    self.upgradesInsecureRequests || self.accept?.hasPrefix("text/html") == true
  }

  /// Whether the client told the caches on the way not to answer.
  var demandsFreshness: Bool {
    self.pragmaIsNoCache && self.cacheControl?.contains("no-cache") == true
  }

  /// A page that is reloaded with the shift key held: the service worker is left out.
  var isForcedReload: Bool {
    self.isBrowserNavigation && self.demandsFreshness
  }
}
