/// The four forms of a request target
/// ([RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)), as offsets into the head.
enum RequestTarget: Equatable {
  /// `/path?query`
  case origin(start: Int, length: Int)
  /// `http://host:port/path?query`; `pathLength` is 0 where the path is empty.
  case absolute(
    isHTTPS: Bool, authorityStart: Int, authorityLength: Int, pathStart: Int, pathLength: Int)
  /// `host:port`, with CONNECT only.
  case authority(start: Int, length: Int)
  /// `*`, with OPTIONS only.
  case asterisk

  /// Tells the form of the target in `bytes[start..<start + length]`.
  ///
  /// Bytes beyond ASCII pass, since curl and others send paths with them; controls, spaces and
  /// fragments do not.
  init(
    _ bytes: Span<UInt8>, _ start: Int, _ length: Int, method: HTTPMethod
  ) throws(Refusal) {
    guard length > 0 else { throw .badTarget }
    for position in start..<start + length {
      let byte = bytes[position]
      if byte <= 32 || byte == 127 || byte == UInt8(ascii: "#") { throw .badTarget }
    }
    if method == .connect {
      self = .authority(start: start, length: length)
    } else if bytes[start] == UInt8(ascii: "/") {
      self = .origin(start: start, length: length)
    } else if length == 1, bytes[start] == UInt8(ascii: "*") {
      guard method == .options else { throw .badTarget }
      self = .asterisk
    } else {
      self = try Self.absoluteForm(bytes, start, length)
    }
  }

  private static func absoluteForm(
    _ bytes: Span<UInt8>, _ start: Int, _ length: Int
  ) throws(Refusal) -> RequestTarget {
    let isHTTP = length > 7 && HTTP1Syntax.equals(bytes, start, 7, "http://")
    let isHTTPS = length > 8 && HTTP1Syntax.equals(bytes, start, 8, "https://")
    guard isHTTP || isHTTPS else { throw .badTarget }
    let authority = start + (isHTTP ? 7 : 8)
    let end = start + length
    var path = authority
    while path < end, bytes[path] != UInt8(ascii: "/"), bytes[path] != UInt8(ascii: "?") {
      path += 1
    }
    guard path > authority else { throw .badTarget }
    return .absolute(
      isHTTPS: isHTTPS, authorityStart: authority, authorityLength: path - authority,
      pathStart: path, pathLength: end - path)
  }
}

/// The methods that change how a message is handled
/// ([RFC 9110 §9](https://www.rfc-editor.org/rfc/rfc9110#section-9)).
enum HTTPMethod: Equatable, Sendable {
  case get, head, post, put, delete, connect, options, trace
  case other

  /// Methods are compared with case.
  init(_ bytes: Span<UInt8>, _ length: Int) {
    func matches(_ text: StaticString) -> Bool {
      guard length == text.utf8CodeUnitCount else { return false }
      for offset in 0..<length where bytes[offset] != text.utf8Start[offset] { return false }
      return true
    }
    self = .other
    switch length {
    case 3:
      if matches("GET") { self = .get } else if matches("PUT") { self = .put }
    case 4:
      if matches("HEAD") { self = .head } else if matches("POST") { self = .post }
    case 5: if matches("TRACE") { self = .trace }
    case 6: if matches("DELETE") { self = .delete }
    case 7:
      if matches("CONNECT") { self = .connect } else if matches("OPTIONS") { self = .options }
    default: break
    }
  }

  init(_ name: String) {
    let bytes = Array(name.utf8)
    self.init(bytes.span, bytes.count)
  }

  /// Whether sending twice has the effect of sending once
  /// ([RFC 9110 §9.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2)).
  var isIdempotent: Bool {
    switch self {
    case .get, .head, .put, .delete, .options, .trace: true
    case .post, .connect, .other: false
    }
  }
}
