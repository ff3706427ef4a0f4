/// The answer to `GET /_plugins` as a table for a person.
enum PluginTable {
  private static let columns = [
    ("NAME", "name"), ("STATE", "state"), ("WORKER", "worker"), ("PID", "pid"),
    ("EVENTS", "events"), ("ERRORS", "errors"), ("RESTARTS", "restarts"), ("MOUNT", "mount"),
    ("SCOPES", "scopes"),
  ]

  static func text(_ root: JSONNode) -> String {
    guard case .array(let plugins)? = root["plugins"]?.value, !plugins.isEmpty else {
      return "There are no plugins.\n"
    }
    let rows =
      [Self.columns.map(\.0)]
      + plugins.map { plugin in Self.columns.map { plugin[$0.1]?.shown ?? "-" } }
    let widths = Self.columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      let line = cells.joined(separator: "  ")
      return line.prefix(
        upTo: line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex)
        + "\n"
    }.joined()
  }
}

extension JSONNode {
  /// The value of an object's key.
  subscript(key: String) -> JSONNode? {
    guard case .object(let members) = self.value else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// A value for a person.
  var shown: String {
    switch self.value {
    case .null: "-"
    case .string(let text): text
    case .array(let elements): elements.map(\.shown).joined(separator: " ")
    default: self.text
    }
  }
}
