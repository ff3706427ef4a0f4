import FetchModel
import Interceptor
import Testing

@Suite struct ScopeIndexTests {
  @Test func longestScopeOfAllPluginsWins() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("root", ["https://a.test/"])
    try await registry.register("deep", ["https://a.test/x/y", "http://b.test:8080/"])
    try await registry.register("query", ["https://a.test/x?q="])
    #expect(registry.claimant(of: "https://a.test/") == "root")
    #expect(registry.claimant(of: "https://a.test/x") == "root")
    #expect(registry.claimant(of: "https://a.test/x/yz/1") == "deep")
    #expect(registry.claimant(of: "https://a.test/x?q=1") == "query")
    #expect(registry.claimant(of: "http://b.test:8080/any") == "deep")
  }

  /// A scope is a prefix of the string, not of the path's segments.
  @Test func scopeIsAStringPrefix() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("p", ["https://a.test/prefix"])
    #expect(registry.claimant(of: "https://a.test/prefix-of/x") == "p")
    #expect(registry.claimant(of: "https://a.test/prefi") == nil)
    #expect(registry.claimant(of: "https://a.test/Prefix") == nil)
  }

  @Test(arguments: [
    "http://a.test/", "https://a.test:8443/", "https://a.tes/", "https://a.test.evil/",
    "https://b.a.test/", "https://a.test", "https:", "", "/", "https://",
  ])
  func otherOriginsAreNotClaimed(_ url: String) async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("p", ["https://a.test/"])
    #expect(registry.claimant(of: url) == nil)
  }

  @Test func originsOfScopesAreCovered() async throws {
    let registry = ServiceWorkerRegistry()
    #expect(!registry.covers("https://a.test"))
    try await registry.register("p", ["https://a.test/deep/", "http://b.test:81/"])
    #expect(registry.covers("https://a.test"))
    #expect(registry.covers("http://b.test:81"))
    #expect(!registry.covers("http://a.test"))
    #expect(!registry.covers("https://a.test:444"))
    registry.unregister(name: "p")
    #expect(!registry.covers("https://a.test"))
  }

  @Test func manyOriginsAreToldApart() async throws {
    let registry = ServiceWorkerRegistry()
    for number in 0..<200 {
      try await registry.register("p\(number)", ["https://h\(number).test/"])
    }
    for number in 0..<200 {
      #expect(registry.claimant(of: "https://h\(number).test/x") == "p\(number)")
    }
    #expect(registry.claimant(of: "https://h200.test/") == nil)
  }

  @Test func scopesAreSerialised() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("p", ["HTTPS://A.test:443/a/../b c"])
    #expect(registry.registrations.first?.scopes == ["https://a.test/b%20c"])
    #expect(registry.claimant(of: "https://a.test/b%20c/d") == "p")
  }

  @Test(arguments: [
    ("/relative", "is no absolute URL"),
    ("ftp://a.test/", "is neither an http nor an https URL"),
    ("https://a.test/#f", "has a fragment"),
    ("https://u:p@a.test/", "has a user name or a password"),
    ("https://a.test/a%2Fb", "has an escaped slash"),
    ("https://a.test/a%5cb", "has an escaped slash"),
    ("https://a b/", "is no absolute URL"),
  ])
  func badScopeIsNamed(_ scope: String, _ reason: String) async {
    let registry = ServiceWorkerRegistry()
    let error = await #expect(throws: PluginError.self) {
      try await registry.register("p", ["https://fine.test/", scope])
    }
    #expect(error?.message.contains("The scope \(scope) of the plugin p \(reason)") == true)
    #expect(registry.registrations.isEmpty)
  }

  @Test func scopeHeldTwiceNamesBothPlugins() async throws {
    let registry = ServiceWorkerRegistry()
    try await registry.register("one", ["https://a.test/x"])
    let error = await #expect(throws: PluginError.self) {
      try await registry.register("two", ["https://a.test:443/x"])
    }
    #expect(error?.message.contains("one") == true)
    #expect(error?.message.contains("two") == true)
    #expect(error?.message.contains("https://a.test/x") == true)
    #expect(registry.claimant(of: "https://a.test/x") == "one")
    #expect(registry.registrations.map(\.name) == ["one"])
  }
}
