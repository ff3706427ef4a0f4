/// A value of a JSON text with the place where it stands, so that a message can point at it.
struct JSONNode: Sendable, Equatable {
  enum Value: Sendable, Equatable {
    case null
    case bool(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([Member])
  }

  /// A key with its value.
  struct Member: Sendable, Equatable {
    var key: String
    var keyPosition: JSONPosition
    var value: JSONNode
  }

  var value: Value
  var position: JSONPosition
  /// The value as it is written: a part of the whole text, without a copy of it.
  var bytes: ArraySlice<UInt8>

  /// The value as it is written.
  var text: String { String(decoding: self.bytes, as: UTF8.self) }

  /// What kind of value this is, for messages.
  var kind: String {
    switch self.value {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A place in a text; both count from 1, columns in Unicode scalars.
struct JSONPosition: Sendable, Equatable, CustomStringConvertible {
  var line: Int
  var column: Int

  var description: String { "\(self.line):\(self.column)" }
}

/// Why a text is no JSON, and where.
struct JSONSyntaxError: Error, Equatable {
  var position: JSONPosition
  var reason: String
}
