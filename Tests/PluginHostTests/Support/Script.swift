import Testing

@testable import PluginHost

/// A script's expression and what it has to come to as a string.
struct ScriptCase: Sendable, CustomTestStringConvertible {
  let body: String
  let expected: String

  init(_ body: String, _ expected: String) {
    self.body = body
    self.expected = expected
  }

  var testDescription: String { self.body }

  func check() throws {
    let result = try WorkerHarness.run(self.body)
    #expect(result == self.expected, "\(self.body)")
  }
}
