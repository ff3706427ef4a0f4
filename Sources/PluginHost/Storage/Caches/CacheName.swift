/// A cache's name: any UTF-16, surrogates without a partner included, since it is a `DOMString`.
struct CacheName: Hashable, Sendable {
  var units: [UInt16]

  init(units: [UInt16]) { self.units = units }

  init(_ name: String) { self.units = Array(name.utf16) }

  /// The name as the database has it: `%` and four digits stand for what a text cannot hold,
  /// and for control characters.
  var text: String {
    var text = String.UnicodeScalarView()
    var rest = self.units[...]
    while let unit = rest.popFirst() {
      if UTF16.isLeadSurrogate(unit), let trail = rest.first, UTF16.isTrailSurrogate(trail) {
        rest.removeFirst()
        text.append(UTF16.decode(UTF16.EncodedScalar([unit, trail])))
      } else if let scalar = Unicode.Scalar(unit), unit >= 0x20, scalar != "%" {
        text.append(scalar)
      } else {
        let digits = String(unit, radix: 16)
        text.append("%")
        text.append(contentsOf: repeatElement("0", count: 4 - digits.count))
        text.append(contentsOf: digits.unicodeScalars)
      }
    }
    return String(text)
  }

  /// Reads what ``text`` has made; `nil` where it is none.
  init?(text: String) {
    self.units = []
    var rest = Array(text.utf16)[...]
    while let unit = rest.popFirst() {
      guard unit == UInt8(ascii: "%") else {
        self.units.append(unit)
        continue
      }
      guard rest.count >= 4,
        let escaped = UInt16(String(decoding: rest.prefix(4), as: UTF16.self), radix: 16)
      else { return nil }
      self.units.append(escaped)
      rest = rest.dropFirst(4)
    }
  }
}
