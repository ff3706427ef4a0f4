import FetchModel
import NIOCore

/// Whether a method needs no preflight
/// ([Fetch §2.2.1](https://fetch.spec.whatwg.org/#cors-safelisted-method)).
func isCORSSafelisted(method: String) -> Bool {
  method == "GET" || method == "HEAD" || method == "POST"
}

extension HeaderList {
  /// *CORS-unsafe request-header names*: those that a preflight has to ask for, in small letters, each
  /// once, sorted ([Fetch §2.2.2](https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names)).
  var corsUnsafeNames: [String] {
    var unsafe: Set<String> = []
    var safe: Set<String> = []
    var safeSize = 0
    self.forEachField { name, value in
      let lower = latin1String(name).lowercased()
      if isCORSSafelisted(lower, value) {
        safe.insert(lower)
        safeSize += value.count
      } else {
        unsafe.insert(lower)
      }
    }
    return (safeSize > 1_024 ? unsafe.union(safe) : unsafe).sorted()
  }
}

/// *CORS-safelisted request-header*, by the name in small letters.
private func isCORSSafelisted(_ name: String, _ value: UnsafeRawBufferPointer) -> Bool {
  guard value.count <= 128 else { return false }
  switch name {
  case "accept": return !value.contains(where: isCORSUnsafe)
  case "accept-language", "content-language": return value.allSatisfy(isLanguageByte)
  case "content-type":
    guard !value.contains(where: isCORSUnsafe) else { return false }
    switch MIMEType(latin1String(value))?.essence {
    case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain": return true
    default: return false
    }
  case "range": return isSimpleRange(value)
  default: return false
  }
}

/// *CORS-unsafe request-header byte*.
private func isCORSUnsafe(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x09: false
  case ..<0x20, 0x7F: true
  case UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ":"),
    UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "?"), UInt8(ascii: "@"), UInt8(ascii: "["),
    UInt8(ascii: "\\"), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
    true
  default: false
  }
}

/// What the value of a safelisted `Accept-Language` consists of.
private func isLanguageByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: " "), UInt8(ascii: "*"),
    UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ";"), UInt8(ascii: "="):
    true
  default: false
  }
}

/// *Parse a single range header value* without white space, where there is a first position:
/// `bytes=0-`, `bytes=5-9`.
private func isSimpleRange(_ value: UnsafeRawBufferPointer) -> Bool {
  let prefix = "bytes="
  guard value.starts(with: prefix.utf8) else { return false }
  let range = value.dropFirst(prefix.utf8.count)
  let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
  guard let dash = range.firstIndex(of: UInt8(ascii: "-")) else { return false }
  let start = range[..<dash]
  let end = range[(dash + 1)...]
  guard !start.isEmpty, start.allSatisfy(isDigit), end.allSatisfy(isDigit) else { return false }
  guard !end.isEmpty else { return true }
  let (low, high) = (significant(start), significant(end))
  return low.count < high.count || low.count == high.count && !high.lexicographicallyPrecedes(low)
}

/// The digits without zeros in front.
private func significant(_ digits: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
  Array(digits.drop { $0 == UInt8(ascii: "0") })
}

extension HeaderList {
  /// *Get, decode, and split* without quoted strings, for lists of names: the non-empty items of all
  /// fields of that name; `nil` where there is none, or where an item is no token (*extract header list
  /// values* fails).
  func tokens(_ name: String) -> TokenList {
    let values = self.all(name)
    guard !values.isEmpty else { return .absent }
    var tokens: [String] = []
    for item in values.flatMap({ $0.utf8.split(separator: UInt8(ascii: ",")) }) {
      let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
      var token = item.drop(while: isSpace)
      while let last = token.last, isSpace(last) { token.removeLast() }
      guard !token.isEmpty else { continue }
      guard token.allSatisfy(isTokenByte) else { return .invalid }
      tokens.append(String(Substring(token)))
    }
    return .tokens(tokens)
  }

  /// What ``tokens(_:)`` finds.
  enum TokenList: Equatable {
    case absent, invalid
    case tokens([String])
  }

  /// *Get* ([Fetch §2.2.2](https://fetch.spec.whatwg.org/#concept-header-list-get)): the values of
  /// all fields of that name joined with commas.
  func combined(_ name: String) -> String? {
    let values = self.all(name)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }
}
