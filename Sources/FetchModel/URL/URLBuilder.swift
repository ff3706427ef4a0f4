/// A URL's serialisation as it is written, component by component from the left.
///
/// The serialisation has the components in the order in which a parser meets them, so the parser
/// writes them straight to where they stay.
struct URLBuilder {
  var output: [UInt8] = []
  var layout = URLLayout()

  /// The number of bytes written. Inputs are bounded (``WebURL/maximumLength``), so it fits.
  var end: UInt32 { UInt32(truncatingIfNeeded: self.output.count) }

  /// The path written so far.
  var pathLength: Int { self.output.count - Int(self.layout.pathStart) }

  /// Writes the scheme in small letters and its colon. Without further calls there is no host.
  mutating func putScheme(_ name: Span<UInt8>) {
    self.layout.scheme = URLScheme(name)
    for index in 0..<name.count { self.output.append(asciiLowercase(name[index])) }
    self.layout.schemeEnd = self.end
    self.output.append(UInt8(ascii: ":"))
    self.putNoHost()
  }

  /// Leaves out everything after the scheme.
  mutating func keepScheme() {
    let scheme = self.layout.scheme
    let schemeEnd = self.layout.schemeEnd
    self.output.removeSubrange(Int(schemeEnd + 1)...)
    self.layout = URLLayout()
    self.layout.scheme = scheme
    self.layout.schemeEnd = schemeEnd
    self.putNoHost()
  }

  private mutating func putNoHost() {
    self.layout.usernameEnd = self.end
    self.putHostStart()
    self.putHostEnd()
  }

  /// Writes the `//` that announces a host.
  mutating func putAuthority() {
    self.output.append(UInt8(ascii: "/"))
    self.output.append(UInt8(ascii: "/"))
    self.putNoHost()
  }

  /// Writes user name and password and the `@`; nothing where both are empty.
  mutating func putCredentials(username: Span<UInt8>, password: Span<UInt8>) {
    if username.isEmpty, password.isEmpty { return }
    self.output.appendPercentEncoded(username, .userinfo)
    self.layout.usernameEnd = self.end
    if !password.isEmpty {
      self.output.append(UInt8(ascii: ":"))
      self.output.appendPercentEncoded(password, .userinfo)
    }
    self.output.append(UInt8(ascii: "@"))
    self.putHostStart()
    self.putHostEnd()
  }

  private mutating func putHostStart() { self.layout.hostStart = self.end }

  /// Says that the host is written.
  mutating func putHostEnd() {
    self.layout.hostEnd = self.end
    self.layout.pathStart = self.end
  }

  /// Writes the port after the host, unless it is the scheme's default.
  mutating func putPort(_ port: UInt16?) {
    guard let port, port != self.layout.scheme.defaultPort else { return }
    self.output.append(UInt8(ascii: ":"))
    self.output.append(contentsOf: String(port).utf8)
    self.layout.port = port
    self.layout.pathStart = self.end
  }

  /// *Shorten a URL's path* ([URL §4.4](https://url.spec.whatwg.org/#shorten-a-urls-path)).
  mutating func shortenPath() {
    guard self.pathLength > 0 else { return }
    if self.layout.scheme == .file, self.pathLength == 3 {
      let path = self.output.span.extracting(Int(self.layout.pathStart)..<self.output.count)
      if isASCIILetter(path[1]), path[2] == UInt8(ascii: ":") { return }
    }
    while self.pathLength > 0, let byte = self.output.popLast() {
      if byte == UInt8(ascii: "/") { return }
    }
  }

  /// Says that the path is written. A path that could be read as a host gets `/.` before it.
  mutating func putPathEnd() {
    let start = Int(self.layout.pathStart)
    if !self.layout.hasHost, self.pathLength > 1, self.output[start] == UInt8(ascii: "/"),
      self.output[start + 1] == UInt8(ascii: "/")
    {
      self.output.insert(contentsOf: "/.".utf8, at: start)
      self.layout.pathStart += 2
    }
    self.putQueryEnd(from: self.end)
  }

  /// Says that the query, which began at `start` with its `?`, is written.
  mutating func putQueryEnd(from start: UInt32) {
    self.layout.queryStart = start
    self.layout.fragmentStart = self.end
  }

  /// Writes a query and its `?`, and says that it is written.
  mutating func putQuery(_ query: Span<UInt8>) {
    let start = self.end
    self.output.append(UInt8(ascii: "?"))
    self.output.appendPercentEncoded(
      query, self.layout.scheme.isSpecial ? .specialQuery : .query)
    self.putQueryEnd(from: start)
  }

  /// Writes a fragment and its `#`.
  mutating func putFragment(_ fragment: Span<UInt8>) {
    self.layout.fragmentStart = self.end
    self.output.append(UInt8(ascii: "#"))
    self.output.appendPercentEncoded(fragment, .fragment)
  }

  /// The finished URL; `nil` where it is too long.
  func build() -> WebURL? {
    guard self.output.count <= WebURL.maximumLength else { return nil }
    return WebURL(href: String(decoding: self.output, as: UTF8.self), layout: self.layout)
  }
}
