import Testing

@testable import Interceptor

@Suite struct RouterRulesTests {
  private func rules(_ texts: String..., hasFetchHandler: Bool = true) throws -> RouterRules {
    var rules = RouterRules()
    for text in texts {
      try rules.add(
        text, baseURL: "https://a.test/dir/sw.js", hasFetchHandler: hasFetchHandler)
    }
    return rules
  }

  private func source(
    _ rules: RouterRules, _ url: String = "https://a.test/x", method: String = "GET",
    mode: String = "navigate", destination: String = "document", isRunning: Bool = true
  ) -> RouterSource? {
    rules.source(
      of: RoutedRequest(
        url: url, method: method, mode: mode, destination: destination, isRunning: { isRunning }))
  }

  @Test func everyKindOfCondition() throws {
    let url = try self.rules("rule\nall\n1\nurl\n/x*\nnetwork")
    #expect(self.source(url) == .network)
    #expect(self.source(url, "https://a.test/y") == nil)
    #expect(self.source(url, "https://b.test/x") == nil)
    let method = try self.rules("rule\nall\n1\nmethod\npost\nnetwork")
    #expect(self.source(method, method: "POST") == .network)
    #expect(self.source(method) == nil)
    let mode = try self.rules("rule\nall\n1\nmode\nno-cors\nnetwork")
    #expect(self.source(mode, mode: "no-cors") == .network)
    #expect(self.source(mode) == nil)
    let destination = try self.rules("rule\nall\n1\ndestination\n\nnetwork")
    #expect(self.source(destination, destination: "") == .network)
    #expect(self.source(destination) == nil)
    let running = try self.rules("rule\nall\n1\nrunning\n0\nnetwork")
    #expect(self.source(running, isRunning: false) == .network)
    #expect(self.source(running) == nil)
    let or = try self.rules(
      "rule\nor\n2\nall\n1\nmethod\nPUT\nall\n1\nurl\n/x\nnetwork")
    #expect(self.source(or) == .network)
    #expect(self.source(or, "https://a.test/y", method: "PUT") == .network)
    #expect(self.source(or, "https://a.test/y") == nil)
    let not = try self.rules("rule\nnot\nall\n1\nurl\n/x\nnetwork")
    #expect(self.source(not) == nil)
    #expect(self.source(not, "https://a.test/y") == .network)
  }

  @Test func patternsAreRelativeToTheScript() throws {
    let rules = try self.rules("rule\nall\n1\nurl\n*.png\nnetwork")
    #expect(self.source(rules, "https://a.test/dir/a.png") == .network)
    #expect(self.source(rules, "https://a.test/a.png") == nil)
  }

  @Test func allMembersHaveToHold() throws {
    let rules = try self.rules("rule\nall\n2\nmode\ncors\nmethod\nPOST\nnetwork")
    #expect(self.source(rules, method: "POST", mode: "cors") == .network)
    #expect(self.source(rules, method: "POST") == nil)
    #expect(self.source(rules, mode: "cors") == nil)
  }

  @Test func componentsOfAPattern() throws {
    // Protocol to hash, then the base URL; what is not given is a wildcard where there is no base.
    let some = "rule\nall\n1\ninit\n0\n\n\n\n\n\n=/x/*\n\n\n\nnetwork"
    #expect(try self.source(self.rules(some), "http://b.test/x/1") == .network)
    #expect(try self.source(self.rules(some), "http://b.test/X/1") == nil)
    let ignoringCase = "rule\nall\n1\ninit\n1\n\n\n\n\n\n=/x/*\n\n\n\nnetwork"
    #expect(try self.source(self.rules(ignoringCase), "http://b.test/X/1") == .network)
    let withBase = "rule\nall\n1\ninit\n0\n\n\n\n\n\n=x/*\n\n\n=https://a.test/dir/sw.js\nnetwork"
    #expect(try self.source(self.rules(withBase), "https://a.test/dir/x/1") == .network)
    #expect(try self.source(self.rules(withBase), "https://b.test/dir/x/1") == nil)
  }

  @Test func theFirstRuleThatMatchesWins() throws {
    let rules = try self.rules(
      "rule\nall\n1\nurl\n/x\ncache\nrule\nall\n1\nurl\n/*\nnetwork",
      "rule\nall\n1\nurl\n/y\nrace", "rule\nall\n1\nmethod\nGET\nnamed-cache\na\\nb\\\\c")
    #expect(self.source(rules) == .cache(name: nil))
    #expect(self.source(rules, "https://a.test/y") == .network)
    #expect(self.source(rules, "https://b.test/y") == .cache(name: "a\nb\\c"))
    #expect(self.source(rules, "https://b.test/y", method: "HEAD") == nil)
  }

  /// Whatever comes from a plugin's process is read, or refused with a TypeError.
  @Test(arguments: [
    "", "rule", "rul", "rule\nall", "rule\nall\n0\nnetwork", "rule\nall\n-1\nnetwork",
    "rule\nall\n99999999999999999999\nnetwork", "rule\nall\n9\nmode\ncors", "rule\nall\n1\nurl",
    "rule\nall\n1\nmethod\n\nnetwork", "rule\nall\n1\nmethod\n(GET|POST)\nnetwork",
    "rule\nall\n1\nmethod\nConnect\nnetwork", "rule\nall\n1\nmethod\ntrace\nnetwork",
    "rule\nall\n1\nurl\n/(\\\\d+)\nnetwork", "rule\nall\n1\nurl\n/{\nnetwork",
    "rule\nall\n1\nmode\ncors", "rule\nall\n1\nmode\ncors\nnowhere",
    "rule\nor\n1000000000\nnetwork", "rule\nnot\nnetwork", "rule\nall\n1\ninit\n0\n=(\\\\d)",
  ])
  func whatIsNoRule(_ text: String) {
    var rules = RouterRules()
    let error = #expect(throws: PluginError.self) {
      try rules.add(text, baseURL: "https://a.test/", hasFetchHandler: true)
    }
    #expect(error?.name == "TypeError")
    #expect(rules.isEmpty)
  }

  @Test(arguments: ["fetch-event", "race"])
  func sourcesThatNeedAListener(_ source: String) throws {
    let text = "rule\nall\n1\nmode\ncors\n\(source)"
    #expect(throws: PluginError.self) { try self.rules(text, hasFetchHandler: false) }
    #expect(try !self.rules(text).isEmpty)
  }

  @Test func atMost1024ConditionsInAll() throws {
    let rule = "rule\nall\n1\nmode\ncors\nnetwork"
    let half = Array(repeating: rule, count: 512).joined(separator: "\n")
    var rules = try self.rules(half, half)
    #expect(rules.conditionCount == 1_024)
    #expect(throws: PluginError.self) {
      try rules.add(rule, baseURL: "https://a.test/", hasFetchHandler: true)
    }
    #expect(rules.rules.count == 1_024)
  }

  @Test(arguments: ["not\n", "or\n1\n"])
  func atMostTenDeep(_ wrapper: String) throws {
    func nested(_ depth: Int) -> String {
      "rule\n" + String(repeating: wrapper, count: depth - 1) + "all\n1\nmode\ncors\nnetwork"
    }
    #expect(try self.rules(nested(10)).rules.count == 1)
    #expect(throws: PluginError.self) { try self.rules(nested(11)) }
    #expect(throws: PluginError.self) { try self.rules(nested(5_000)) }
  }

  /// What is stored are the rules as they were added.
  @Test func rulesCanBeReadAgain() throws {
    let rules = try self.rules(
      "rule\nall\n1\nurl\n/x\ncache", "rule\nall\n1\nurl\n/*\nnetwork")
    let again = try self.rules(rules.text)
    #expect(self.source(again) == .cache(name: nil))
    #expect(self.source(again, "https://a.test/y") == .network)
  }
}
