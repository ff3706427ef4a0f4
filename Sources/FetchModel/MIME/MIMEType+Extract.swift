extension MIMEType {
  /// *Extract a MIME type* from the values of a message's `Content-Type` fields, joined with commas
  /// ([Fetch §2.2.2](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type)).
  ///
  /// The last value that is a MIME type counts; it inherits the `charset` of an earlier one of the
  /// same essence.
  ///
  /// - Returns: `nil` where no value is one.
  public static func extract(fromContentType value: String) -> MIMEType? {
    var charset: String?
    var essence: String?
    var result: MIMEType?
    for item in decodeAndSplit(value) {
      guard let type = MIMEType(item), type.essence != "*/*" else { continue }
      result = type
      if type.essence != essence {
        charset = type.parameter("charset")
        essence = type.essence
      } else if type.parameter("charset") == nil, let charset {
        result?.setParameter("charset", to: charset)
      }
    }
    return result
  }
}

/// *Get, decode, and split* a field's value
/// ([Fetch §2.2.2](https://fetch.spec.whatwg.org/#header-value-get-decode-and-split)): at commas that
/// are not in quoted strings, white space around the items removed.
public func decodeAndSplit(_ value: String) -> [String] {
  var items: [String] = []
  var scanner = MIMEScanner(units: Array(value.unicodeScalars)[...])
  var item = String.UnicodeScalarView()
  while true {
    item.append(contentsOf: scanner.take { $0 != "\"" && $0 != "," })
    if scanner.current == "\"" {
      item.append(contentsOf: scanner.quotedText())
      if !scanner.isAtEnd { continue }
    }
    items.append(trimTabsAndSpaces(String(item)))
    item = String.UnicodeScalarView()
    guard scanner.skip(",") else { return items }
  }
}

private func trimTabsAndSpaces(_ text: String) -> String {
  var text = text[...]
  while let first = text.unicodeScalars.first, first == " " || first == "\t" {
    text.unicodeScalars.removeFirst()
  }
  while let last = text.unicodeScalars.last, last == " " || last == "\t" {
    text.unicodeScalars.removeLast()
  }
  return String(text)
}

extension MIMEScanner {
  /// *Collect an HTTP quoted string*, as it was written.
  mutating func quotedText() -> [Unicode.Scalar] {
    let before = self
    _ = self.quotedString()
    var copy = before
    let end = self.position
    var count = end - before.position
    return Array(
      copy.take { _ in
        defer { count -= 1 }
        return count > 0
      })
  }
}
