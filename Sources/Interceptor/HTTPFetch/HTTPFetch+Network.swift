import FetchModel

extension HTTPFetch {
  /// The *default `User-Agent` value*: what `navigator.userAgent` says.
  static let userAgent = "Mozilla/5.0 (compatible; Valor)"

  /// The request as it goes over the wire: *HTTP-network-or-cache fetch*, the steps that add fields
  /// ([Fetch §4.6](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch)).
  var networkRequest: FetchRequest {
    var request = self.request
    request.client = nil
    request.clientFields = nil
    request.url = self.wireURL
    if let fields = self.request.clientFields {
      fields.forEachField { request.headers.append(name: $0, value: $1) }
    } else {
      request.headers.appendIfAbsent("Accept", "*/*")
      request.headers.appendIfAbsent("Accept-Language", "*")
      request.headers.appendIfAbsent("User-Agent", Self.userAgent)
    }
    self.addOrigin(to: &request.headers)
    self.addReferrer(to: &request.headers)
    self.addCacheFields(to: &request.headers)
    if request.headers.contains("Range") {
      request.headers.set("Accept-Encoding", to: "identity")
    }
    return request
  }

  /// The current URL without what does not go over the wire.
  var wireURL: String {
    guard var url = self.urlList.last else { return self.request.url }
    if url.hasCredentials {
      url.set(.username, to: "")
      url.set(.password, to: "")
    }
    return url.hrefWithoutFragment
  }

  /// Whether the fields that describe who asks are a client's own, so that none is added that it has
  /// not sent.
  private var standsForClient: Bool { self.request.clientFields != nil }

  private func addOrigin(to headers: inout HeaderList) {
    let isCORS = self.tainting == .cors
    guard !headers.contains("Origin"), isCORS || !self.standsForClient || self.hadOrigin,
      let url = self.urlList.last,
      let origin = originField(
        origin: self.serialisedOrigin, url: url, method: self.request.method,
        mode: self.request.attributes.mode, isCORS: isCORS, policy: self.policy.rawValue)
    else { return }
    headers.append(name: "Origin", value: origin)
  }

  func addReferrer(to headers: inout HeaderList) {
    guard !headers.contains("Referer"), let referrer = self.referrer else { return }
    headers.append(name: "Referer", value: referrer)
  }

  /// The fields that a cache mode stands for. A script's own conditions are answered by nobody in
  /// between.
  private func addCacheFields(to headers: inout HeaderList) {
    var mode = self.request.attributes.cache
    if mode == "default", !self.standsForClient,
      ["If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"]
        .contains(where: { headers.contains($0) })
    {
      mode = "no-store"
    }
    switch mode {
    case "no-cache": headers.appendIfAbsent("Cache-Control", "max-age=0")
    case "no-store", "reload":
      headers.appendIfAbsent("Pragma", "no-cache")
      headers.appendIfAbsent("Cache-Control", "no-cache")
    default: break
    }
  }
}

extension HeaderList {
  fileprivate mutating func appendIfAbsent(_ name: String, _ value: String) {
    if !self.contains(name) { self.append(name: name, value: value) }
  }
}
