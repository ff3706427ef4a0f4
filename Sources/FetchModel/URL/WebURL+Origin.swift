extension WebURL {
  /// The origin serialised ([URL §4.7](https://url.spec.whatwg.org/#origin)): `https://example.com`
  /// or `http://example.com:8080`; `null` for an opaque one.
  public var origin: String {
    switch self.layout.scheme {
    case .http, .https, .ws, .wss, .ftp: self.tupleOrigin
    case .file: "null"
    case .other: self.blobOrigin
    }
  }

  private var tupleOrigin: String {
    // No credentials: the origin is the beginning of the URL.
    guard self.layout.hasCredentials else { return self.text(0, self.layout.pathStart) }
    return self.text(0, self.layout.schemeEnd) + "://"
      + self.text(self.layout.hostStart, self.layout.pathStart)
  }

  /// A `blob:` URL has the origin of the http(s) URL that its path is.
  private var blobOrigin: String {
    guard self.scheme == "blob", self.hasOpaquePath, let inner = WebURL(self.path),
      inner.layout.scheme == .http || inner.layout.scheme == .https
    else { return "null" }
    return inner.tupleOrigin
  }
}
