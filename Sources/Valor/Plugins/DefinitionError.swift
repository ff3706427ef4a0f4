/// What is wrong with a definition of plugins or with a configuration file, and where.
struct DefinitionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file's path; `nil` for a request's body.
  var file: String?
  var position: JSONPosition?
  /// The plugin's name, where it is known.
  var plugin: String?
  var key: String?
  var reason: String

  /// `FILE:LINE:COLUMN: plugin "NAME": "KEY": REASON`
  var description: String {
    var parts: [String] = []
    switch (self.file, self.position) {
    case (let file?, let position?): parts.append("\(file):\(position)")
    case (let file?, nil): parts.append(file)
    case (nil, let position?): parts.append("\(position)")
    case (nil, nil): break
    }
    if let plugin { parts.append("plugin \(quoteJSON(plugin))") }
    if let key { parts.append(quoteJSON(key)) }
    parts.append(self.reason)
    return parts.joined(separator: ": ")
  }
}

/// The members of a JSON object, taken out by their keys; what is left over is unknown.
struct ObjectReader {
  /// Where messages say that the object is.
  var context: DefinitionError
  private let node: JSONNode
  private var members: [JSONNode.Member]
  private var known: [String] = []

  /// - Parameter context: the file and the plugin for messages.
  init(_ node: JSONNode, in context: DefinitionError) throws(DefinitionError) {
    self.context = context
    self.node = node
    guard case .object(let members) = node.value else {
      var error = context
      error.position = node.position
      error.reason = "an object has to be here, not \(node.kind)"
      throw error
    }
    self.members = members
  }

  /// Takes a member's value; `nil` where there is none.
  mutating func take(_ key: String) -> JSONNode? {
    self.known.append(key)
    guard let index = self.members.firstIndex(where: { $0.key == key }) else { return nil }
    return self.members.remove(at: index).value
  }

  mutating func string(_ key: String) throws(DefinitionError) -> String? {
    guard let node = self.take(key) else { return nil }
    guard case .string(let text) = node.value else {
      throw self.error(node, key, "a string has to be here, not \(node.kind)")
    }
    return text
  }

  mutating func bool(_ key: String) throws(DefinitionError) -> Bool? {
    guard let node = self.take(key) else { return nil }
    guard case .bool(let value) = node.value else {
      throw self.error(node, key, "true or false has to be here, not \(node.kind)")
    }
    return value
  }

  /// A number within a range.
  mutating func number(
    _ key: String, _ range: ClosedRange<Double>
  ) throws(DefinitionError) -> Double? {
    guard let node = self.take(key) else { return nil }
    guard case .number(let text) = node.value, let value = Double(text), range.contains(value)
    else {
      let bounds = "from \(shortNumber(range.lowerBound)) to \(shortNumber(range.upperBound))"
      throw self.error(node, key, "a number \(bounds) has to be here")
    }
    return value
  }

  /// A whole number within a range.
  mutating func integer(_ key: String, _ range: ClosedRange<Int>) throws(DefinitionError) -> Int? {
    guard let node = self.take(key) else { return nil }
    guard case .number(let text) = node.value, let value = Int(text), range.contains(value) else {
      throw self.error(
        node, key, "a whole number from \(range.lowerBound) to \(range.upperBound) has to be here")
    }
    return value
  }

  /// An array of strings, with the place of each.
  mutating func strings(
    _ key: String
  ) throws(DefinitionError) -> [(text: String, node: JSONNode)]? {
    guard let node = self.take(key) else { return nil }
    guard case .array(let elements) = node.value else {
      throw self.error(node, key, "an array of strings has to be here, not \(node.kind)")
    }
    var strings: [(text: String, node: JSONNode)] = []
    for element in elements {
      guard case .string(let text) = element.value else {
        throw self.error(element, key, "a string has to be here, not \(element.kind)")
      }
      strings.append((text, element))
    }
    return strings
  }

  /// Refuses what was not taken.
  func finish() throws(DefinitionError) {
    guard let member = self.members.first else { return }
    let meant = nearMatch(member.key, of: self.known).map { "; did you mean \($0)?" }
    throw self.error(
      member.keyPosition, member.key,
      "there is no such key" + (meant ?? "; known are \(self.known.joined(separator: ", "))"))
  }

  func error(_ node: JSONNode, _ key: String?, _ reason: String) -> DefinitionError {
    self.error(node.position, key, reason)
  }

  /// An error about the whole object.
  func error(_ reason: String) -> DefinitionError { self.error(self.node, nil, reason) }

  private func error(
    _ position: JSONPosition, _ key: String?, _ reason: String
  ) -> DefinitionError {
    var error = self.context
    error.position = position
    error.key = key
    error.reason = reason
    return error
  }
}

private func shortNumber(_ value: Double) -> String {
  value == value.rounded() ? "\(Int(value))" : "\(value)"
}
