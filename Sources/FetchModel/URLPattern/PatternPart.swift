/// One piece of a component's pattern: fixed text, or one group with what is fixed around it
/// ([URL Pattern §2.1.3](https://urlpattern.spec.whatwg.org/#parts)).
struct PatternPart: Sendable {
  enum Kind: Sendable { case fixedText, regularExpression, segmentWildcard, fullWildcard }

  enum Modifier: String, Sendable {
    case none = ""
    case optional = "?"
    case zeroOrMore = "*"
    case oneOrMore = "+"

    var isRepeating: Bool { self == .zeroOrMore || self == .oneOrMore }
  }

  var kind: Kind
  /// The fixed text, or the regular expression.
  var value: [UInt8]
  var modifier: Modifier
  /// The group's name or number; empty for fixed text.
  var name = ""
  var prefix: [UInt8] = []
  var suffix: [UInt8] = []

  /// Whether the group has a name, not a number.
  var hasCustomName: Bool { self.name.utf8.first.map { !isASCIIDigit($0) } ?? false }
}

/// How a pattern string is read
/// ([URL Pattern §2.1.4](https://urlpattern.spec.whatwg.org/#options-header)).
struct PatternOptions: Sendable {
  /// What ends a segment.
  var delimiter: UInt8?
  /// What belongs to a group where it is right before it.
  var prefix: UInt8?
  var ignoresCase = false

  static let `default` = PatternOptions()
  static let hostname = PatternOptions(delimiter: UInt8(ascii: "."))
  static let pathname = PatternOptions(delimiter: UInt8(ascii: "/"), prefix: UInt8(ascii: "/"))

  /// *Generate a segment wildcard regexp*.
  var segmentWildcard: [UInt8] {
    var output = Array("[^".utf8)
    if let delimiter = self.delimiter { output.appendEscapedForRegularExpression([delimiter]) }
    return output + "]+?".utf8
  }
}

/// The *full wildcard regexp value*.
let fullWildcard = Array(".*".utf8)
