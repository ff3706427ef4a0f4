import FetchModel

/// `event.request`, made from a client's HTTP request, and what of that the script must not see.
///
/// A service worker sits before the step of Fetch that adds the client's own fields
/// (*HTTP-network-or-cache fetch*); on the wire they are there already, so they are taken out and
/// kept aside for the plugin's own fetches.
struct EventRequest: Sendable {
  var request: FetchRequest
  var hidden: HeaderList

  init(_ client: FetchRequest, facts: RequestFacts) {
    let hidesValidators = facts.isRevalidation
    let hidesAuthorization = Self.isFromAuthenticationCache(facts.authorization)
    let hides = { (name: FieldName) -> Bool in
      switch name {
      case .host, .connection, .keepAlive, .te, .trailer, .transferEncoding, .upgrade, .expect,
        .contentLength, .acceptEncoding, .dnt, .referer, .origin, .secFetchDest, .secFetchMode,
        .secFetchSite, .secFetchUser, .secPurpose, .userAgent, .cookie, .cookie2, .proxy,
        .cacheControl, .pragma:
        true
      case .authorization: hidesAuthorization
      case .ifNoneMatch, .ifModifiedSince: hidesValidators
      default: false
      }
    }
    self.hidden = HeaderList(buffer: client.headers.buffer, ranges: [])
    self.request = client
    self.request.headers.ranges.removeAll(keepingCapacity: true)
    for (name, range) in zip(facts.names, client.headers.ranges) {
      if hides(name) {
        self.hidden.ranges.append(range)
      } else {
        self.request.headers.ranges.append(range)
      }
    }
    self.request.attributes = Self.attributes(facts)
  }

  /// Whether the user agent, not a script, has put these credentials there: the schemes that
  /// browsers negotiate themselves. `Bearer` and others only come from scripts, which see them.
  private static func isFromAuthenticationCache(_ authorization: String?) -> Bool {
    guard let scheme = authorization?.split(separator: " ").first?.lowercased() else { return true }
    return ["basic", "digest", "negotiate", "ntlm"].contains(scheme)
  }

  // MARK: Attributes

  private static func attributes(_ facts: RequestFacts) -> RequestAttributes {
    var attributes = RequestAttributes()
    let isNavigation = facts.isNavigation
    attributes.mode = self.mode(facts)
    attributes.destination = self.destination(facts)
    attributes.referrer = facts.referer ?? ""
    attributes.redirect = isNavigation ? "manual" : "follow"
    attributes.cache = self.cache(facts)
    attributes.credentials = self.credentials(facts, mode: attributes.mode)
    attributes.isReload = isNavigation && facts.cacheControl?.contains("max-age=0") == true
    return attributes
  }

  static func mode(_ facts: RequestFacts) -> String {
    guard let mode = facts.mode else { return facts.isNavigation ? "navigate" : "no-cors" }
    return ["navigate", "same-origin", "no-cors", "cors"].contains(mode) ? mode : "no-cors"
  }

  static func destination(_ facts: RequestFacts) -> String {
    guard let destination = facts.fetchDestination else {
      return facts.isNavigation ? "document" : ""
    }
    return self.destinations.contains(destination) ? destination : ""
  }

  /// The values of `RequestDestination`; `empty` on the wire is the empty string here.
  private static let destinations: Set<String> = [
    "audio", "audioworklet", "document", "embed", "font", "frame", "iframe", "image", "json",
    "manifest", "object", "paintworklet", "report", "script", "sharedworker", "style", "text",
    "track", "video", "worker", "xslt",
  ]

  private static func cache(_ facts: RequestFacts) -> String {
    if facts.demandsFreshness { return "reload" }
    return facts.cacheControl?.contains("max-age=0") == true ? "no-cache" : "default"
  }

  private static func credentials(_ facts: RequestFacts, mode: String) -> String {
    if mode == "navigate" { return "include" }
    if facts.fetchSite == "same-origin" { return "same-origin" }
    // An Authorization may be a script's own, which says nothing of the mode.
    if facts.hasCookie || mode == "no-cors" { return "include" }
    return "same-origin"
  }
}
