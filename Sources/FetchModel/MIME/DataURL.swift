/// What a `data:` URL holds ([Fetch §6](https://fetch.spec.whatwg.org/#data-url-processor)).
public struct DataURL: Sendable {
  public var type: MIMEType
  public var body: [UInt8]

  /// *The data: URL processor*.
  ///
  /// - Parameter url: the URL; a fragment is left out.
  /// - Returns: `nil` where the URL is not of that scheme or has no comma, or its base64 is broken.
  public init?(_ url: WebURL) {
    guard url.scheme == "data" else { return nil }
    let input = url.hrefWithoutFragment.utf8.dropFirst("data:".utf8.count)
    guard let comma = input.firstIndex(of: UInt8(ascii: ",")) else { return nil }
    var type = trim(String(Substring(input[..<comma])))
    var body = String(Substring(input[input.index(after: comma)...])).percentDecoded()
    if let prefix = Self.prefixOfBase64(type) {
      guard let decoded = forgivingBase64Decode(body) else { return nil }
      body = decoded
      type = prefix
    }
    if type.hasPrefix(";") { type = "text/plain" + type }
    self.body = body
    if let parsed = MIMEType(type) {
      self.type = parsed
    } else {
      self.type = MIMEType(type: "text", subtype: "plain")
      self.type.setParameter("charset", to: "US-ASCII")
    }
  }

  /// The type without `; base64` at its end; `nil` where it does not end so.
  private static func prefixOfBase64(_ type: String) -> String? {
    let suffix = Array("base64".utf8)
    let bytes = Array(type.utf8)
    guard bytes.count > suffix.count,
      bytes.suffix(suffix.count).map({ asciiLowercase($0) }) == suffix
    else { return nil }
    var rest = bytes.dropLast(suffix.count)
    while rest.last == UInt8(ascii: " ") { rest.removeLast() }
    guard rest.popLast() == UInt8(ascii: ";") else { return nil }
    return String(decoding: rest, as: UTF8.self)
  }
}

private func trim(_ text: String) -> String {
  let isSpace = { (byte: UInt8) in
    byte == 0x20 || byte == 9 || byte == 10 || byte == 12 || byte == 13
  }
  var bytes = Array(text.utf8)[...].drop(while: isSpace)
  while let last = bytes.last, isSpace(last) { bytes.removeLast() }
  return String(decoding: bytes, as: UTF8.self)
}

/// *Forgiving-base64 decode* ([Infra §6](https://infra.spec.whatwg.org/#forgiving-base64-decode)).
///
/// - Returns: `nil` where the input is no base64.
public func forgivingBase64Decode(_ input: [UInt8]) -> [UInt8]? {
  var digits = input.filter { $0 != 0x20 && $0 != 9 && $0 != 10 && $0 != 12 && $0 != 13 }
  if digits.count % 4 == 0 {
    for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
  }
  guard digits.count % 4 != 1 else { return nil }
  var output: [UInt8] = []
  output.reserveCapacity(digits.count * 3 / 4)
  var bits: UInt32 = 0
  var count = 0
  for digit in digits {
    guard let value = base64Value(digit) else { return nil }
    bits = (bits << 6 | value) & 0xFF_FFFF
    count += 6
    if count >= 8 {
      count -= 8
      output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return output
}

private func base64Value(_ digit: UInt8) -> UInt32? {
  switch digit {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
  case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: nil
  }
}
