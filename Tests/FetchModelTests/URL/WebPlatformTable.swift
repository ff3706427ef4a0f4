import Foundation

/// The tables of the Web Platform Tests in the folder `Fixtures`.
enum WebPlatformTable {
  typealias Row = [String: Any]

  struct Missing: Error { var name: String }

  /// The rows of a table that is an array, without the comments between them.
  static func rows(_ name: String) throws -> [Row] {
    guard let array = try self.load(name) as? [Any] else { throw Missing(name: name) }
    return array.compactMap { $0 as? Row }
  }

  /// The tables of a file that is an object, without its comment.
  static func object(_ name: String) throws -> [String: [Row]] {
    guard let object = try self.load(name) as? [String: Any] else { throw Missing(name: name) }
    return object.compactMapValues { $0 as? [Row] }
  }

  /// The rows of a table whose rows are arrays.
  static func tuples(_ name: String) throws -> [[Any]] {
    guard let array = try self.load(name) as? [[Any]] else { throw Missing(name: name) }
    return array
  }

  private static func load(_ name: String) throws -> Any {
    guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json")
    else { throw Missing(name: name) }
    let data = try Data(contentsOf: url)
    return try JSONSerialization.jsonObject(with: Data(replacingLoneSurrogates(Array(data))))
  }

  /// JSON may say `\uD800`, a Swift `String` cannot: what takes strings from a script converts such
  /// a thing to U+FFFD, and so does this.
  private static func replacingLoneSurrogates(_ json: [UInt8]) -> [UInt8] {
    var json = json
    var index = 0
    while index < json.count {
      guard json[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      let unit = escapedUnit(json, index)
      let next = escapedUnit(json, index + 6)
      if let unit, UTF16.isLeadSurrogate(unit), let next, UTF16.isTrailSurrogate(next) {
        index += 12
      } else if let unit {
        if UTF16.isSurrogate(unit) {
          json.replaceSubrange(index + 2..<index + 6, with: "FFFD".utf8)
        }
        index += 6
      } else {
        index += 2
      }
    }
    return json
  }

  private static func escapedUnit(_ json: [UInt8], _ index: Int) -> UInt16? {
    guard index + 6 <= json.count, json[index] == UInt8(ascii: "\\"),
      json[index + 1] == UInt8(ascii: "u")
    else { return nil }
    return UInt16(String(decoding: json[index + 2..<index + 6], as: UTF8.self), radix: 16)
  }
}

extension [String: Any] {
  func string(_ key: String) -> String? { self[key] as? String }

  /// A row in a message: everything beyond ASCII as an escape.
  func escaped(_ key: String) -> String {
    (self.string(key) ?? "null").unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
  }
}
