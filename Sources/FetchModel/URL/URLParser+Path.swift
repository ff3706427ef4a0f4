// The states after the scheme: authority, path, query and fragment.

extension URLParser {
  /// *Authority state*, *host state*, *port state*.
  mutating func parseAuthority(_ input: Span<UInt8>, _ start: Int) -> Bool {
    let end = self.hostEnd(input, start)
    self.builder.putAuthority()
    var hostStart = start
    if let at = Self.lastAt(input, start..<end) {
      hostStart = at + 1
      if hostStart == end { return false }
      self.parseCredentials(input.extracting(start..<at))
    }
    let host = input.extracting(hostStart..<end)
    let colon = Self.portColon(host)
    if colon == 0 && colon < host.count { return false }
    if self.isSpecial && host.isEmpty { return false }
    guard self.parseHost(host.extracting(0..<colon)) else { return false }
    if colon < host.count {
      guard let port = Self.port(host.extracting(colon + 1..<host.count), isPrefix: false)
      else { return false }
      self.builder.putPort(port.value)
    }
    return self.parsePathStart(input, end)
  }

  /// The index of the delimiter that ends an authority or a host.
  func hostEnd(_ input: Span<UInt8>, _ start: Int) -> Int {
    let isSpecial = self.isSpecial
    return input.firstIndex(from: start) {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
        || (isSpecial && $0 == UInt8(ascii: "\\"))
    }
  }

  /// The last `@`: what is before it is user information, with all other `@` of it.
  private static func lastAt(_ input: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var position = range.upperBound
    while position > range.lowerBound {
      position -= 1
      if input[position] == UInt8(ascii: "@") { return position }
    }
    return nil
  }

  private mutating func parseCredentials(_ input: Span<UInt8>) {
    let colon = input.firstIndex(from: 0) { $0 == UInt8(ascii: ":") }
    self.builder.putCredentials(
      username: input.extracting(0..<colon),
      password: input.extracting(min(colon + 1, input.count)..<input.count))
  }

  /// The index of the colon before the port, which is the first outside of brackets; the count
  /// where there is none.
  static func portColon(_ host: Span<UInt8>) -> Int {
    var insideBrackets = false
    return host.firstIndex(from: 0) { byte in
      if byte == UInt8(ascii: "[") { insideBrackets = true }
      if byte == UInt8(ascii: "]") { insideBrackets = false }
      return byte == UInt8(ascii: ":") && !insideBrackets
    }
  }

  /// The result of parsing a port: no number, or one.
  struct Port { var value: UInt16? }

  /// Reads a port.
  ///
  /// - Parameter isPrefix: whether something else may follow the digits.
  /// - Returns: `nil` where it is out of range or something else follows.
  static func port(_ input: Span<UInt8>, isPrefix: Bool) -> Port? {
    var value: UInt32 = 0
    let end = input.firstIndex(from: 0) { byte in
      guard isASCIIDigit(byte) else { return true }
      value = min(value * 10 + UInt32(byte - UInt8(ascii: "0")), 65536)
      return false
    }
    guard value <= 65535, isPrefix || end == input.count else { return nil }
    return Port(value: end == 0 ? nil : UInt16(value))
  }

  /// Parses and writes the host.
  mutating func parseHost(_ host: Span<UInt8>) -> Bool {
    guard HostParser.parse(host, isOpaque: !self.isSpecial, into: &self.builder.output)
    else { return false }
    self.builder.putHostEnd()
    return true
  }

  // MARK: Files

  /// *File state*, *file slash state*.
  ///
  /// - Parameter base: the base, if it is a file URL too.
  mutating func parseFile(_ input: Span<UInt8>, _ start: Int, _ base: WebURL?) -> Bool {
    self.putFileAuthority(base)
    if self.isSlash(input.byte(at: start)) {
      if self.isSlash(input.byte(at: start + 1)) { return self.parseFileHost(input, start + 2) }
      if let base, !input.startsWithWindowsDriveLetter(at: start + 1) { self.copyDrive(base) }
      return self.parsePath(input, start + 1)
    }
    guard let base else { return self.parsePath(input, start) }
    if !input.startsWithWindowsDriveLetter(at: start) {
      self.copyPath(base)
      return self.parseAfterBasePath(input, start, base)
    }
    return self.parsePath(input, start)
  }

  private mutating func putFileAuthority(_ base: WebURL?) {
    if let base { self.copyAuthority(base) } else { self.builder.putAuthority() }
  }

  /// Takes over the base's drive letter, if its path begins with one.
  private mutating func copyDrive(_ base: WebURL) {
    base.withUTF8 { href in
      let path = href.extracting(Int(base.layout.pathStart)..<Int(base.layout.queryStart))
      guard path.count >= 3, isASCIILetter(path[1]), path[2] == UInt8(ascii: ":"),
        path.count == 3 || path[3] == UInt8(ascii: "/")
      else { return }
      self.builder.output.append(path.extracting(0..<3))
    }
  }

  /// *File host state*.
  private mutating func parseFileHost(_ input: Span<UInt8>, _ start: Int) -> Bool {
    let end = self.hostEnd(input, start)
    self.builder.keepScheme()
    self.builder.putAuthority()
    let host = input.extracting(start..<end)
    if host.isWindowsDriveLetter { return self.parsePath(input, start) }
    guard self.putFileHost(host) else { return false }
    return self.parsePathStart(input, end)
  }

  /// Parses and writes the host of a file URL, in which `localhost` is the empty host.
  mutating func putFileHost(_ host: Span<UInt8>) -> Bool {
    guard !host.isEmpty else { return true }
    let start = self.builder.output.count
    guard self.parseHost(host) else { return false }
    if self.builder.output[start...].elementsEqual("localhost".utf8) {
      self.builder.output.removeSubrange(start...)
      self.builder.putHostEnd()
    }
    return true
  }

  // MARK: Path

  /// *Path start state*: a special URL has a path, another one if something is there.
  private mutating func parsePathStart(_ input: Span<UInt8>, _ start: Int) -> Bool {
    let first = input.byte(at: start)
    if self.isSlash(first) { return self.parsePath(input, start + 1) }
    if self.isSpecial { return self.parsePath(input, start) }
    // Only a query, a fragment or nothing can follow here.
    self.builder.putPathEnd()
    self.parseQueryAndFragment(input, start)
    return true
  }

  /// *Path state*, from behind the slash, and what follows the path.
  mutating func parsePath(_ input: Span<UInt8>, _ start: Int) -> Bool {
    let end = input.firstIndex(from: start) { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    self.putPath(input.extracting(start..<end))
    self.builder.putPathEnd()
    self.parseQueryAndFragment(input, end)
    return true
  }

  /// Adds the segments of a path to the one written so far. `path` begins behind its first slash.
  mutating func putPath(_ path: Span<UInt8>) {
    if self.builder.layout.scheme != .file, Self.isPlainPath(path) {
      self.builder.output.append(UInt8(ascii: "/"))
      self.builder.output.append(path)
      return
    }
    var start = 0
    while true {
      let end = path.firstIndex(from: start) { self.isSlash($0) }
      let isLast = end == path.count
      let segment = path.extracting(start..<end)
      if segment.isDoubleDotSegment {
        self.builder.shortenPath()
        if isLast { self.builder.output.append(UInt8(ascii: "/")) }
      } else if !segment.isSingleDotSegment {
        self.putSegment(segment)
      } else if isLast {
        self.builder.output.append(UInt8(ascii: "/"))
      }
      if isLast { return }
      start = end + 1
    }
  }

  /// Whether a path stays as it is: nothing to encode, and no segment that could be made of dots.
  /// Most paths are so, and this is quicker than to look at each segment.
  private static func isPlainPath(_ path: Span<UInt8>) -> Bool {
    let set = PercentEncodeSet.path
    var previous = UInt8(ascii: "/")
    for index in 0..<path.count {
      let byte = path[index]
      if set.contains(byte) || byte == UInt8(ascii: "\\") { return false }
      if previous == UInt8(ascii: "/"), byte == UInt8(ascii: ".") || byte == UInt8(ascii: "%") {
        return false
      }
      previous = byte
    }
    return true
  }

  private mutating func putSegment(_ segment: Span<UInt8>) {
    let isFirst = self.builder.pathLength == 0
    self.builder.output.append(UInt8(ascii: "/"))
    if isFirst, self.builder.layout.scheme == .file, segment.isWindowsDriveLetter {
      self.builder.output.append(segment[0])
      self.builder.output.append(UInt8(ascii: ":"))
    } else {
      self.builder.output.appendPercentEncoded(segment, .path)
    }
  }

  /// *Opaque path state* and what follows the path.
  mutating func parseOpaquePath(_ input: Span<UInt8>, _ start: Int) -> Bool {
    let end = input.firstIndex(from: start) { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    self.putOpaquePath(input, start..<end)
    self.builder.putPathEnd()
    self.parseQueryAndFragment(input, end)
    return true
  }

  /// Writes an opaque path. A space right before the query or fragment is encoded, so that it does
  /// not become a trailing one when they are removed.
  mutating func putOpaquePath(_ input: Span<UInt8>, _ path: Range<Int>) {
    let (start, end) = (path.lowerBound, path.upperBound)
    let endsInSpace = end < input.count && end > start && input[end - 1] == UInt8(ascii: " ")
    self.builder.output.appendPercentEncoded(
      input.extracting(start..<(endsInSpace ? end - 1 : end)), .c0Control)
    if endsInSpace { self.builder.output.append(contentsOf: "%20".utf8) }
  }

  /// *Query state*, *fragment state*; nothing at the end of the input.
  mutating func parseQueryAndFragment(_ input: Span<UInt8>, _ start: Int) {
    var start = start
    if input.byte(at: start) == UInt8(ascii: "?") {
      let end = input.firstIndex(from: start) { $0 == UInt8(ascii: "#") }
      self.builder.putQuery(input.extracting(start + 1..<end))
      start = end
    }
    if start < input.count {
      self.builder.putFragment(input.extracting(start + 1..<input.count))
    }
  }
}
