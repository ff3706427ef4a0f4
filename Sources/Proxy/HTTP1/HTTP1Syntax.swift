/// The byte classes of HTTP/1.1 ([RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
enum HTTP1Syntax {
  static let cr: UInt8 = 13
  static let lf: UInt8 = 10
  static let space: UInt8 = 32
  static let tab: UInt8 = 9
  static let colon: UInt8 = 58

  /// `tchar` for the bytes 0 to 63 and 64 to 127, one bit a byte.
  private static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
  private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

  /// Whether a byte may stand in a token.
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool {
    if byte < 64 { return self.tokenLow & (1 &<< UInt64(byte)) != 0 }
    if byte < 128 { return self.tokenHigh & (1 &<< UInt64(byte &- 64)) != 0 }
    return false
  }

  /// Whether a byte may stand in a field value: visible, space, tab or beyond ASCII.
  @inline(__always)
  static func isFieldValue(_ byte: UInt8) -> Bool {
    (byte >= 32 && byte != 127) || byte == self.tab
  }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  /// The value of a hexadecimal digit.
  @inline(__always)
  static func hexValue(_ byte: UInt8) -> UInt8? {
    if byte &- 48 < 10 { return byte &- 48 }
    let small = byte | 0x20
    return small &- 97 < 6 ? small &- 87 : nil
  }

  /// Whether the bytes in a range are this ASCII text in small letters, compared without case.
  @inline(__always)
  static func equals(
    _ bytes: Span<UInt8>, _ start: Int, _ length: Int, _ text: StaticString
  ) -> Bool {
    guard length == text.utf8CodeUnitCount else { return false }
    for offset in 0..<length {
      let byte = bytes[start + offset]
      let small = byte &- 0x41 < 26 ? byte | 0x20 : byte
      if small != text.utf8Start[offset] { return false }
    }
    return true
  }

  /// Calls `body` with the start and the length of each element of a comma-separated list, empty
  /// elements left out ([RFC 9110 §5.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1)).
  static func forEachListElement(
    _ bytes: Span<UInt8>, _ start: Int, _ length: Int, _ body: (_ start: Int, _ length: Int) -> Void
  ) {
    let end = start + length
    var position = start
    while position < end {
      var stop = position
      while stop < end, bytes[stop] != UInt8(ascii: ",") { stop += 1 }
      var from = position
      var to = stop
      while from < to, bytes[from] == self.space || bytes[from] == self.tab { from += 1 }
      while to > from, bytes[to - 1] == self.space || bytes[to - 1] == self.tab { to -= 1 }
      if to > from { body(from, to - from) }
      position = stop + 1
    }
  }
}

extension HTTP1Syntax {
  /// Whether an `Authorization` or `WWW-Authenticate` value names a scheme that authenticates the
  /// connection rather than the request: NTLM or Negotiate
  /// ([RFC 4559 §6](https://www.rfc-editor.org/rfc/rfc4559#section-6)).
  static func bindsConnection(_ bytes: Span<UInt8>, _ line: FieldSection.Line) -> Bool {
    var isFound = false
    self.forEachListElement(bytes, Int(line.valueStart), Int(line.valueLength)) { start, length in
      var end = start
      while end < start + length, self.isToken(bytes[end]) { end += 1 }
      if self.equals(bytes, start, end - start, "ntlm")
        || self.equals(bytes, start, end - start, "negotiate")
      {
        isFound = true
      }
    }
    return isFound
  }
}

/// The fields that a proxy has to know.
enum KnownField: UInt8, Sendable {
  case other
  case host, via, te, expect, upgrade, trailer, connection, keepAlive, contentLength
  case transferEncoding, proxyConnection, proxyAuthorization, proxyAuthenticate
  case proxyAuthenticationInfo, authorization, wwwAuthenticate

  /// Classifies a name; most names are decided by their length alone.
  @inline(__always)
  init(_ bytes: Span<UInt8>, _ start: Int, _ length: Int) {
    func matches(_ text: StaticString) -> Bool { HTTP1Syntax.equals(bytes, start, length, text) }
    self = .other
    switch length {
    case 2: if matches("te") { self = .te }
    case 3: if matches("via") { self = .via }
    case 4: if matches("host") { self = .host }
    case 6: if matches("expect") { self = .expect }
    case 7:
      if matches("upgrade") { self = .upgrade } else if matches("trailer") { self = .trailer }
    case 10:
      if matches("connection") {
        self = .connection
      } else if matches("keep-alive") {
        self = .keepAlive
      }
    case 13: if matches("authorization") { self = .authorization }
    case 14: if matches("content-length") { self = .contentLength }
    case 16:
      if matches("proxy-connection") {
        self = .proxyConnection
      } else if matches("www-authenticate") {
        self = .wwwAuthenticate
      }
    case 17: if matches("transfer-encoding") { self = .transferEncoding }
    case 18: if matches("proxy-authenticate") { self = .proxyAuthenticate }
    case 19: if matches("proxy-authorization") { self = .proxyAuthorization }
    case 25: if matches("proxy-authentication-info") { self = .proxyAuthenticationInfo }
    default: break
    }
  }

  /// Whether the field speaks of one connection only and is never passed on
  /// ([RFC 9110 §7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)). `Trailer` stays:
  /// trailers do pass.
  var isHopByHop: Bool {
    switch self {
    case .connection, .keepAlive, .proxyConnection, .proxyAuthorization, .proxyAuthenticate,
      .proxyAuthenticationInfo, .te, .transferEncoding, .upgrade:
      true
    case .other, .host, .via, .expect, .trailer, .contentLength, .authorization, .wwwAuthenticate:
      false
    }
  }
}
