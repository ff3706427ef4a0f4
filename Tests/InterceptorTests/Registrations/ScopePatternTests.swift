import FetchModel
import Interceptor
import Testing

@Suite struct ScopePatternTests {
  @Test func patternsClaimWhatNoPrefixDoes() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("wild", ["https://*.example.com/v1/*"])
    try await registry.register("prefix", ["https://a.example.com/v1/x"])
    #expect(registry.claimant(of: "https://b.example.com/v1/x?q=1") == "wild")
    #expect(registry.claimant(of: "https://a.example.com/v1/xy") == "prefix")
    #expect(registry.claimant(of: "https://a.example.com/v1/y") == "wild")
    #expect(registry.claimant(of: "https://a.example.com/v2/y") == nil)
    #expect(registry.claimant(of: "https://example.com/v1/") == nil)
    #expect(registry.claimant(of: "http://b.example.com/v1/") == nil)
    registry.unregister(name: "wild")
    #expect(registry.claimant(of: "https://b.example.com/v1/x") == nil)
  }

  @Test func theFirstPatternWins() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("one", ["https://*.test/*"])
    try await registry.register("two", ["https://a.test/:page", "http://:host.test:81/"])
    #expect(registry.claimant(of: "https://a.test/x") == "one")
    #expect(registry.claimant(of: "http://a.test:81/") == "two")
    registry.unregister(name: "one")
    #expect(registry.claimant(of: "https://a.test/x") == "two")
    #expect(registry.claimant(of: "https://a.test/x/y") == nil)
  }

  @Test func originsThatAPatternCanMatchAreCovered() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("p", ["https://*.example.com/v1/*", "http{s}?://b.test:*/"])
    #expect(registry.covers("https://a.b.example.com"))
    #expect(!registry.covers("https://example.com"))
    #expect(!registry.covers("http://a.example.com"))
    #expect(!registry.covers("https://a.example.com:444"))
    #expect(registry.covers("http://b.test:444"))
    #expect(registry.covers("https://b.test"))
    registry.unregister(name: "p")
    #expect(!registry.covers("https://b.test"))
  }

  /// Colons and parentheses are in paths of many sites.
  @Test func urlsWithColonsAndParenthesesArePrefixes() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register(
      "p", ["https://a.test/wiki/Help:Go_(game)", "https://a.test:81/+?"])
    #expect(registry.claimant(of: "https://a.test/wiki/Help:Go_(game)#x") == "p")
    #expect(registry.claimant(of: "https://a.test/wiki/HelpXGo_game") == nil)
    #expect(registry.claimant(of: "https://a.test:81/+?x") == "p")
  }

  @Test(arguments: [
    ("HTTPS://*.Example.com:443/a/:b", "https://*.example.com/a/:b"),
    ("http://*.example.com:443", "http://*.example.com:443"),
    ("https://{x.}?a.test/*\\?q=*", "https://{x.}?a.test/*\\?q=*"),
    ("https://a.test/x?q=*", "https://a.test/x\\?q=*"),
    ("http{s}?://a.test/*#*", "http{s}?://a.test/*\\?"),
  ])
  func patternsAreSerialised(scope: String, expected: String) async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("p", [scope])
    #expect(registry.registrations.first?.scopes == [expected])
    await #expect(throws: PluginError.self) { try await registry.register("q", [expected]) }
  }

  @Test(arguments: [
    ("/a/*", "is no URL pattern"),
    ("*", "is no URL pattern"),
    ("https://a.test/:x(\\d+)", "is no URL pattern that can be a scope"),
    ("https://a.test/{", "is no URL pattern"),
    ("ftp://a.test/*", "matches neither http nor https URLs"),
    ("https://a.test/*#f", "has a fragment"),
    ("https://u:p@a.test/*", "has a user name or a password"),
    ("https://a.test/a%2Fb/*", "has an escaped slash"),
  ])
  func badPatternIsNamed(_ scope: String, _ reason: String) async {
    let registry = ServiceWorkerRegistry()
    let error = await #expect(throws: PluginError.self) {
      try await registry.register("p", [scope])
    }
    #expect(
      error?.message.contains("The scope \(scope) of the plugin p \(reason)") == true,
      "\(error?.message ?? "")")
    #expect(registry.registrations.isEmpty)
  }

  @Test(arguments: [
    (["https://*.example.com/v1/*", "https://a.test/b/c"], "https://a.test/b/c"),
    (["https://*.example.com:8443/v1/*"], "https://example.com:8443/"),
    (["http://:a.:b.example.com/"], "http://example.com/"),
    (["https://{x.}?example.com/"], "https://example.com/"),
    (["https://*:*/"], "https://plugin.invalid/"),
  ])
  func scriptsAreNamedByAScope(scopes: [String], base: String) {
    #expect(scriptBase(ofScopes: scopes) == base)
  }
}
