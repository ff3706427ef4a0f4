import Interceptor

/// Clients as scripts get them: four lines each.
enum ClientList {
  static func text(_ clients: [ClientDescription]) -> String {
    clients.map { "\($0.id)\n\($0.url)\n\($0.kind.rawValue)\n\($0.frameType.rawValue)" }
      .joined(separator: "\n")
  }

  /// - Parameter text: `1` or `0` for uncontrolled clients too, then the type or `all`.
  static func query(_ text: String) -> ClientQuery {
    let lines = text.split(separator: "\n")
    return ClientQuery(
      includesUncontrolled: lines.first == "1",
      kind: lines.last.flatMap { ClientDescription.Kind(rawValue: String($0)) })
  }
}
