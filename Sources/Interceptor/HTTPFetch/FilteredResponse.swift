public import FetchModel

extension FetchResponse {
  /// The *filtered response* of its type: what a script may see of it
  /// ([Fetch §2.2.6](https://fetch.spec.whatwg.org/#concept-filtered-response)).
  ///
  /// - Parameter credentials: the credentials mode of the request: with `include`, a server that exposes
  ///   `*` exposes a field of that name.
  public func filtered(credentials: String) -> FetchResponse {
    var filtered = self
    switch self.type {
    case .basic: filtered.headers = self.headers.filter { !isForbiddenResponseName($0) }
    case .cors:
      let exposed = corsExposedNames(self.headers, credentials: credentials)
      filtered.headers = self.headers.filter { !isForbiddenResponseName($0) }
      filtered.headers.keep { exposed.contains($0) }
    case .opaque, .opaqueredirect:
      filtered.status = 0
      filtered.statusText = ""
      filtered.headers = HeaderList()
      filtered.body = .none
      if self.type == .opaque { filtered.urlList = [] }
    case .default, .error: break
    }
    return filtered
  }
}

/// *Forbidden response-header name*.
private func isForbiddenResponseName(_ name: FieldName) -> Bool {
  switch name {
  case .setCookie, .setCookie2: true
  default: false
  }
}

extension HeaderList {
  /// Removes the fields whose names, in small letters, `predicate` does not want.
  fileprivate mutating func keep(_ predicate: (String) -> Bool) {
    let list = self
    self.ranges = .init(
      list.ranges.indices.filter { predicate(list.name(at: $0).lowercased()) }
        .map { list.ranges[$0] })
  }
}
