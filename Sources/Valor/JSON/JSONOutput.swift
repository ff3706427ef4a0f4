/// A value to be written as JSON.
enum JSONOutput: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case string(String)
  /// JSON as it is.
  case raw(String)
  case array([JSONOutput])
  case object([Member])

  struct Member: Sendable, Equatable {
    var key: String
    var value: JSONOutput
  }

  /// Strings as an array.
  static func strings(_ strings: [String]) -> JSONOutput { .array(strings.map { .string($0) }) }

  /// The value on one line.
  var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): "\(value)"
    case .string(let value): quoteJSON(value)
    case .raw(let text): text
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\(quoteJSON($0.key)):\($0.value.text)" }.joined(separator: ",") + "}"
    }
  }
}

extension JSONOutput: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (String, JSONOutput)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }
}

extension JSONOutput: ExpressibleByStringLiteral {
  init(stringLiteral value: String) { self = .string(value) }
}

/// A text as a JSON string. U+2028 and U+2029 are escaped too, so that it can be put into a script.
func quoteJSON(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _
    where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028
      || scalar.value == 0x2029:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
