extension WebURL {
  /// The attributes of the `URL` class that can be set
  /// ([URL §6.1](https://url.spec.whatwg.org/#url-class)). `origin` cannot: ``WebURL/origin``.
  public enum Attribute: String, Sendable, CaseIterable {
    case href, `protocol`, username, password, host, hostname, port, pathname, search, hash
  }

  /// The value of an attribute, as the getter of the `URL` class returns it.
  public func get(_ attribute: Attribute) -> String {
    switch attribute {
    case .href: self.href
    case .protocol: self.text(0, self.layout.schemeEnd + 1)
    case .username: self.username
    case .password: self.password
    case .host: self.hostWithPort
    case .hostname: self.host ?? ""
    case .port: self.port.map { String($0) } ?? ""
    case .pathname: self.path
    case .search: Self.delimited("?", self.query)
    case .hash: Self.delimited("#", self.fragment)
    }
  }

  /// The host and, if it is written, the port after a colon.
  private var hostWithPort: String {
    guard let port = self.port else { return self.host ?? "" }
    return "\(self.host ?? ""):\(port)"
  }

  private static func delimited(_ delimiter: String, _ text: String?) -> String {
    guard let text, !text.isEmpty else { return "" }
    return delimiter + text
  }

  /// Sets an attribute, as the setter of the `URL` class does.
  ///
  /// - Returns: whether the value was taken. If not, the URL is as it was; for ``Attribute/href`` the
  ///   class throws a `TypeError` then, and for the others it says nothing.
  @discardableResult
  public mutating func set(_ attribute: Attribute, to value: String) -> Bool {
    guard value.utf8.count <= Self.maximumLength else { return false }
    if attribute == .href {
      guard let url = WebURL(value) else { return false }
      self = url
      return true
    }
    var record = URLRecord(self)
    guard self.change(&record, attribute, value), let url = record.serialize() else { return false }
    self = url
    return true
  }

  private func change(
    _ record: inout URLRecord, _ attribute: Attribute, _ value: String
  ) -> Bool {
    switch attribute {
    case .href: return false
    case .protocol: return self.changeProtocol(&record, Self.cleaned(value))
    case .username, .password:
      guard self.canHaveCredentialsOrPort else { return false }
      if attribute == .username { record.username = value } else { record.password = value }
    case .host, .hostname:
      return self.changeHost(&record, Self.cleaned(value), isHostname: attribute == .hostname)
    case .port:
      guard self.canHaveCredentialsOrPort else { return false }
      return Self.changePort(&record, value)
    case .pathname:
      guard !self.hasOpaquePath else { return false }
      record.path = self.parsedPath(Self.cleaned(value))
    case .search: record.query = Self.undelimited("?", value)
    case .hash: record.fragment = Self.undelimited("#", value)
    }
    return true
  }

  /// Whether the URL can have a user name, a password and a port
  /// ([URL §4.2](https://url.spec.whatwg.org/#cannot-have-a-username-password-port)).
  private var canHaveCredentialsOrPort: Bool {
    self.layout.hostEnd > self.layout.hostStart && self.layout.scheme != .file
  }

  /// Scheme state with a state override.
  private func changeProtocol(_ record: inout URLRecord, _ value: String) -> Bool {
    withBytes(value + ":") { input in
      guard let end = URLParser.schemeEnd(input) else { return false }
      let new = URLScheme(input.extracting(0..<end))
      let old = self.layout.scheme
      guard new.isSpecial == old.isSpecial else { return false }
      if new == .file, self.layout.hasCredentials || self.port != nil { return false }
      if old == .file, self.layout.hostEnd == self.layout.hostStart { return false }
      // Bytes, not characters: a colon with a combining mark is another character.
      record.scheme = String(decoding: value.utf8.prefix(end), as: UTF8.self)
      return true
    }
  }

  /// Host state, hostname state and file host state with a state override.
  private func changeHost(_ record: inout URLRecord, _ value: String, isHostname: Bool) -> Bool {
    guard !self.hasOpaquePath else { return false }
    return withBytes(value) { input in
      var parser = URLParser()
      parser.builder.layout.scheme = self.layout.scheme
      let host = input.extracting(0..<parser.hostEnd(input, 0))
      if self.layout.scheme == .file {
        guard parser.putFileHost(host) else { return false }
      } else {
        let colon = URLParser.portColon(host)
        let hasPort = colon < host.count
        if hasPort, colon == 0 || isHostname { return false }
        if host.isEmpty, parser.isSpecial || self.layout.hasCredentials || self.port != nil {
          return false
        }
        guard parser.parseHost(host.extracting(0..<colon)) else { return false }
        if hasPort {
          // A host is taken even if what follows it is no port.
          let port = URLParser.port(host.extracting(colon + 1..<host.count), isPrefix: true)
          if let value = port?.value { record.port = value }
        }
      }
      record.host = String(decoding: parser.builder.output, as: UTF8.self)
      return true
    }
  }

  /// Port state with a state override.
  private static func changePort(_ record: inout URLRecord, _ value: String) -> Bool {
    if value.isEmpty {
      record.port = nil
      return true
    }
    let port = withBytes(Self.cleaned(value)) { URLParser.port($0, isPrefix: true) }
    guard let number = port?.value else { return false }
    record.port = number
    return true
  }

  /// Path start state with a state override.
  private func parsedPath(_ value: String) -> String {
    if value.isEmpty, !self.layout.scheme.isSpecial { return self.layout.hasHost ? "" : "/" }
    return Self.canonicalPath(value, self.layout.scheme)
  }

  /// The path that the parser makes of a text without tabs and newlines; begins with a slash.
  static func canonicalPath(_ value: String, _ scheme: URLScheme) -> String {
    withBytes(self.cleaned(value)) { input in
      var parser = URLParser()
      parser.builder.layout.scheme = scheme
      let start = parser.isSlash(input.byte(at: 0)) ? 1 : 0
      parser.putPath(input.extracting(start..<input.count))
      return String(decoding: parser.builder.output, as: UTF8.self)
    }
  }

  /// What the parser does to its input first: it removes tabs and newlines.
  static func cleaned(_ value: String) -> String {
    withBytes(value) { URLParser.withoutTabsAndNewlines($0) }
      .map { String(decoding: $0, as: UTF8.self) } ?? value
  }

  /// A new query or fragment without its delimiter; `nil` where it is set to nothing.
  private static func undelimited(_ delimiter: Character, _ value: String) -> String? {
    if value.isEmpty { return nil }
    let start = value.utf8.first == delimiter.asciiValue ? 1 : 0
    return cleaned(String(decoding: value.utf8.dropFirst(start), as: UTF8.self))
  }
}
