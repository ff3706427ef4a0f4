/// The *basic URL parser* without a state override
/// ([URL §4.4](https://url.spec.whatwg.org/#concept-basic-url-parser)).
///
/// The standard's state machine looks at one code point a step. Each function here is a state, or
/// some states that always follow one another, and takes the bytes up to the next delimiter at
/// once. As everything beyond ASCII is percent-encoded or goes to IDNA, bytes are enough.
struct URLParser {
  var builder = URLBuilder()

  var isSpecial: Bool { self.builder.layout.scheme.isSpecial }

  /// Parses UTF-8; `nil` means *failure*.
  static func parse(_ input: Span<UInt8>, base: WebURL?) -> WebURL? {
    guard input.count <= WebURL.maximumLength else { return nil }
    var (start, end) = (0, input.count)
    while start < end, input[start] <= 0x20 { start += 1 }
    while end > start, input[end - 1] <= 0x20 { end -= 1 }
    let trimmed = input.extracting(start..<end)
    if let cleaned = withoutTabsAndNewlines(trimmed) { return run(cleaned.span, base) }
    return run(trimmed, base)
  }

  private static func run(_ input: Span<UInt8>, _ base: WebURL?) -> WebURL? {
    var parser = URLParser()
    parser.builder.output.reserveCapacity(input.count + (base?.href.utf8.count ?? 0) + 8)
    return parser.parse(input, base) ? parser.builder.build() : nil
  }

  /// The bytes without tabs and newlines; `nil` where there are none.
  static func withoutTabsAndNewlines(_ input: Span<UInt8>) -> [UInt8]? {
    let first = input.firstIndex(from: 0, where: isTabOrNewline)
    guard first < input.count else { return nil }
    var output: [UInt8] = []
    output.append(input.extracting(0..<first))
    for index in first..<input.count where !isTabOrNewline(input[index]) {
      output.append(input[index])
    }
    return output
  }

  @inline(__always)
  private static func isTabOrNewline(_ byte: UInt8) -> Bool {
    byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// Whether this byte separates path segments.
  @inline(__always)
  func isSlash(_ byte: UInt8?) -> Bool {
    byte == UInt8(ascii: "/") || (self.isSpecial && byte == UInt8(ascii: "\\"))
  }

  // MARK: Before the authority

  /// *Scheme start state*, *scheme state*, *no scheme state*.
  private mutating func parse(_ input: Span<UInt8>, _ base: WebURL?) -> Bool {
    guard let colon = Self.schemeEnd(input) else {
      guard let base else { return false }
      return self.parseWithoutScheme(input, base)
    }
    self.builder.putScheme(input.extracting(0..<colon))
    let next = colon + 1
    let scheme = self.builder.layout.scheme
    let isSlash = input.byte(at: next) == UInt8(ascii: "/")
    let isDoubleSlash = isSlash && input.byte(at: next + 1) == UInt8(ascii: "/")
    if scheme == .file {
      let base = base.flatMap { $0.layout.scheme == .file ? $0 : nil }
      return self.parseFile(input, next, base)
    }
    if scheme.isSpecial {
      if let base, base.layout.scheme == scheme, !isDoubleSlash {
        return self.parseRelative(input, next, base)
      }
      return self.parseAuthority(input, self.skipSlashes(input, next))
    }
    if isDoubleSlash { return self.parseAuthority(input, next + 2) }
    if isSlash { return self.parsePath(input, next + 1) }
    return self.parseOpaquePath(input, next)
  }

  /// The index of the colon after a scheme; `nil` where the input does not begin with a scheme.
  static func schemeEnd(_ input: Span<UInt8>) -> Int? {
    guard let first = input.byte(at: 0), isASCIILetter(first) else { return nil }
    let end = input.firstIndex(from: 1) {
      !isASCIILetter($0) && !isASCIIDigit($0) && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-")
        && $0 != UInt8(ascii: ".")
    }
    return input.byte(at: end) == UInt8(ascii: ":") ? end : nil
  }

  private mutating func parseWithoutScheme(_ input: Span<UInt8>, _ base: WebURL) -> Bool {
    if base.hasOpaquePath {
      guard input.byte(at: 0) == UInt8(ascii: "#") else { return false }
      self.copyAuthority(base)
      self.copyPath(base)
      self.copyQuery(base)
      self.builder.putFragment(input.extracting(1..<input.count))
      return true
    }
    if base.layout.scheme == .file { return self.parseFile(input, 0, base) }
    return self.parseRelative(input, 0, base)
  }

  private func skipSlashes(_ input: Span<UInt8>, _ start: Int) -> Int {
    input.firstIndex(from: start) { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }
  }

  // MARK: Relative to a base

  /// Starts anew with the base's scheme, user information, host and port.
  mutating func copyAuthority(_ base: WebURL) {
    self.builder.output.removeAll(keepingCapacity: true)
    self.builder.layout = base.layout
    let end = base.layout.hasHost ? base.layout.pathStart : base.layout.schemeEnd + 1
    self.append(base, 0, end)
    self.builder.layout.pathStart = self.builder.end
  }

  mutating func copyPath(_ base: WebURL) {
    self.append(base, base.layout.pathStart, base.layout.queryStart)
  }

  /// Ends the path and adds the base's query.
  private mutating func copyQuery(_ base: WebURL) {
    self.builder.putPathEnd()
    let start = self.builder.end
    self.append(base, base.layout.queryStart, base.layout.fragmentStart)
    self.builder.putQueryEnd(from: start)
  }

  private mutating func append(_ base: WebURL, _ start: UInt32, _ end: UInt32) {
    base.withUTF8 { self.builder.output.append($0.extracting(Int(start)..<Int(end))) }
  }

  /// *Relative state*, *relative slash state*.
  private mutating func parseRelative(
    _ input: Span<UInt8>, _ start: Int, _ base: WebURL
  ) -> Bool {
    self.copyAuthority(base)
    if self.isSlash(input.byte(at: start)) {
      if self.isSpecial, self.isSlash(input.byte(at: start + 1)) {
        return self.parseNewAuthority(input, self.skipSlashes(input, start))
      }
      if input.byte(at: start + 1) == UInt8(ascii: "/") {
        return self.parseNewAuthority(input, start + 2)
      }
      return self.parsePath(input, start + 1)
    }
    self.copyPath(base)
    return self.parseAfterBasePath(input, start, base)
  }

  /// What *relative state* and *file state* do when they have the base's path: a query or fragment
  /// stays with it, and a path replaces its last segment.
  mutating func parseAfterBasePath(
    _ input: Span<UInt8>, _ start: Int, _ base: WebURL
  ) -> Bool {
    switch input.byte(at: start) {
    case nil:
      self.copyQuery(base)
    case UInt8(ascii: "#"):
      self.copyQuery(base)
      self.builder.putFragment(input.extracting(start + 1..<input.count))
    case UInt8(ascii: "?"):
      self.builder.putPathEnd()
      self.parseQueryAndFragment(input, start)
    default:
      self.builder.shortenPath()
      return self.parsePath(input, start)
    }
    return true
  }

  /// Goes on with an authority instead of the base's.
  private mutating func parseNewAuthority(_ input: Span<UInt8>, _ start: Int) -> Bool {
    self.builder.keepScheme()
    return self.parseAuthority(input, start)
  }
}
