/// A MIME type ([MIME Sniffing §4](https://mimesniff.spec.whatwg.org/#understanding-mime-types)).
///
/// ```swift
/// MIMEType("Text/HTML; Charset=\"utf-8\"")?.serialized  // "text/html;charset=utf-8"
/// ```
public struct MIMEType: Sendable, Equatable {
  /// In small letters.
  public var type: String
  /// In small letters.
  public var subtype: String
  /// The parameters in their order; names in small letters, each once.
  public private(set) var parameters: [(name: String, value: String)] = []

  /// Type and subtype.
  public var essence: String { "\(self.type)/\(self.subtype)" }

  public init(type: String, subtype: String) {
    self.type = type
    self.subtype = subtype
  }

  public static func == (left: MIMEType, right: MIMEType) -> Bool {
    left.serialized == right.serialized
  }

  /// *Parse a MIME type* ([§4.4](https://mimesniff.spec.whatwg.org/#parse-a-mime-type)).
  ///
  /// - Returns: `nil` where it is none.
  public init?(_ text: String) {
    let units = Array(text.unicodeScalars)
    var scanner = MIMEScanner(units: trimmed(units[...]))
    let type = scanner.take { $0 != "/" }
    guard isToken(type), scanner.skip("/") else { return nil }
    let subtype = trimmed(scanner.take { $0 != ";" }, end: true)
    guard isToken(subtype) else { return nil }
    self.type = asciiLowercased(type)
    self.subtype = asciiLowercased(subtype)
    while scanner.skip(";") {
      if let (name, value) = scanner.parameter(), self.parameter(name) == nil {
        self.parameters.append((name, value))
      }
    }
  }

  /// The value of a parameter, named in small letters.
  public func parameter(_ name: String) -> String? {
    self.parameters.first { $0.name == name }?.value
  }

  /// Sets a parameter; a new one comes last.
  public mutating func setParameter(_ name: String, to value: String) {
    if let index = self.parameters.firstIndex(where: { $0.name == name }) {
      self.parameters[index].value = value
    } else {
      self.parameters.append((name, value))
    }
  }

  /// *Serialize a MIME type* ([§4.5](https://mimesniff.spec.whatwg.org/#serialize-a-mime-type)).
  public var serialized: String {
    var text = self.essence
    for (name, value) in self.parameters {
      text += ";\(name)="
      if !value.isEmpty, value.unicodeScalars.allSatisfy(isTokenScalar) {
        text += value
      } else {
        text += "\""
        for scalar in value.unicodeScalars {
          if scalar == "\"" || scalar == "\\" { text += "\\" }
          text.unicodeScalars.append(scalar)
        }
        text += "\""
      }
    }
    return text
  }

  /// Whether this is one of the JavaScript MIME types
  /// ([§4.6](https://mimesniff.spec.whatwg.org/#javascript-mime-type)).
  public var isJavaScript: Bool { javaScriptEssences.contains(self.essence) }
}

private let javaScriptEssences: Set<String> = [
  "application/ecmascript", "application/javascript", "application/x-ecmascript",
  "application/x-javascript", "text/ecmascript", "text/javascript", "text/javascript1.0",
  "text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4",
  "text/javascript1.5", "text/jscript", "text/livescript", "text/x-ecmascript",
  "text/x-javascript",
]

/// Walks over the scalars of a MIME type or of a field's value.
struct MIMEScanner {
  private let units: ArraySlice<Unicode.Scalar>
  private(set) var position: Int

  init(units: ArraySlice<Unicode.Scalar>) {
    self.units = units
    self.position = units.startIndex
  }

  var isAtEnd: Bool { self.position >= self.units.endIndex }
  var current: Unicode.Scalar? { self.isAtEnd ? nil : self.units[self.position] }

  mutating func take(while keeps: (Unicode.Scalar) -> Bool) -> ArraySlice<Unicode.Scalar> {
    let start = self.position
    while let unit = self.current, keeps(unit) { self.position += 1 }
    return self.units[start..<self.position]
  }

  mutating func skip(_ unit: Unicode.Scalar) -> Bool {
    guard self.current == unit else { return false }
    self.position += 1
    return true
  }

  /// A parameter after its semicolon; `nil` where it does not count.
  mutating func parameter() -> (String, String)? {
    _ = self.take(while: isHTTPSpace)
    let name = self.take { $0 != ";" && $0 != "=" }
    guard self.skip("=") else { return nil }
    let value: ArraySlice<Unicode.Scalar>
    if self.current == "\"" {
      value = ArraySlice(self.quotedString())
      _ = self.take { $0 != ";" }
    } else {
      value = trimmed(self.take { $0 != ";" }, end: true)
      if value.isEmpty { return nil }
    }
    guard isToken(name), value.allSatisfy(isQuotedStringScalar) else { return nil }
    return (asciiLowercased(name), string(value))
  }

  /// *Collect an HTTP quoted string*, its value extracted
  /// ([Fetch §2.2](https://fetch.spec.whatwg.org/#collect-an-http-quoted-string)).
  mutating func quotedString() -> [Unicode.Scalar] {
    var value: [Unicode.Scalar] = []
    _ = self.skip("\"")
    while true {
      value.append(contentsOf: self.take { $0 != "\"" && $0 != "\\" })
      guard let unit = self.current else { return value }
      self.position += 1
      guard unit == "\\" else { return value }
      guard let escaped = self.current else { return value + ["\\"] }
      value.append(escaped)
      self.position += 1
    }
  }
}

private func isHTTPSpace(_ unit: Unicode.Scalar) -> Bool {
  unit == " " || unit == "\t" || unit == "\n" || unit == "\r"
}

private func isTokenScalar(_ unit: Unicode.Scalar) -> Bool {
  guard unit.isASCII else { return false }
  switch unit {
  case "a"..."z", "A"..."Z", "0"..."9", "!", "#", "$", "%", "&", "'", "*", "+", "-", ".", "^", "_",
    "`", "|", "~":
    return true
  default: return false
  }
}

/// Whether it may stand in a quoted string: HTAB, space to tilde, and U+0080 to U+00FF.
private func isQuotedStringScalar(_ unit: Unicode.Scalar) -> Bool {
  unit == "\t" || (0x20...0x7E).contains(unit.value) || (0x80...0xFF).contains(unit.value)
}

private func isToken(_ units: ArraySlice<Unicode.Scalar>) -> Bool {
  !units.isEmpty && units.allSatisfy(isTokenScalar)
}

private func trimmed(
  _ units: ArraySlice<Unicode.Scalar>, end: Bool = false
) -> ArraySlice<Unicode.Scalar> {
  var units = end ? units : units.drop(while: isHTTPSpace)
  while let last = units.last, isHTTPSpace(last) { units.removeLast() }
  return units
}

private func string(_ units: ArraySlice<Unicode.Scalar>) -> String {
  var view = String.UnicodeScalarView()
  view.append(contentsOf: units)
  return String(view)
}

private func asciiLowercased(_ units: ArraySlice<Unicode.Scalar>) -> String {
  string(
    ArraySlice(
      units.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value) | 0x20) : $0 }))
}
