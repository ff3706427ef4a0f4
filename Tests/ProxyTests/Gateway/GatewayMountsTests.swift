import Testing

@testable import Proxy

@Suite struct GatewayMountsTests {
  let mounts = GatewayMounts()

  init() {
    for (name, path) in [("a", "/_a"), ("b", "/_a/b"), ("Greet", "/greet")] {
      _ = self.mounts.insert(.init(name: name, path: path))
    }
  }

  @Test(arguments: [
    ("/_a", "a"), ("/_a/", "a"), ("/_a?x", "a"), ("/_a/x", "a"), ("/_a/b", "b"), ("/_a/b/c", "b"),
    ("/_a/bc", "a"), ("/greet/x", "Greet"), ("/_ab", nil), ("/", nil), ("", nil), ("/_A/", nil),
    ("/%5fa/", nil), ("//_a/", nil), ("_a/", nil),
  ])
  func theLongestPathWins(target: String, name: String?) {
    #expect(self.mounts.match(target.utf8)?.name == name)
  }

  @Test func aPlaceIsTakenOnce() {
    #expect(!self.mounts.insert(.init(name: "c", path: "/_a")))
    self.mounts.remove(name: "a")
    #expect(self.mounts.match("/_a/x".utf8) == nil)
    #expect(self.mounts.insert(.init(name: "c", path: "/_a")))
    #expect(self.mounts.match("/_a/x".utf8)?.name == "c")
    #expect(self.mounts.all.map(\.path) == ["/_a", "/_a/b", "/greet"])
  }

  @Test(arguments: [
    ("https://greet.valor.proxy/x?y#z", "/greet/x?y#z"), ("https://greet.valor.proxy", "/greet/"),
    ("/x", "/greet/x"), ("/", "/greet/"), ("x", nil), ("?x", nil), ("//other.example/", nil),
    ("https://greet.valor.proxy.example/", nil), ("https://other.example/", nil), ("", nil),
  ])
  func aRedirectStaysWithinTheMount(location: String, moved: String?) throws {
    let mount = try #require(self.mounts.match("/greet".utf8))
    #expect(mountedLocation(location, mount) == moved)
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("192.0.2.7", true), ("::1", true), ("fe80::1", true),
    ("localhost", true), ("valor.proxy", true), ("named.example", true), ("evil.example", false),
    ("localhost.evil.example", false), ("127.0.0.1.evil.example", false), ("127.1", false),
    ("0x7f000001", false), ("api.valor.proxy", false), ("", false),
  ])
  func hosts(host: String, isAllowed: Bool) {
    let hosts = GatewayHosts(names: ["named.example"])
    #expect(hosts.contains(Authority(host: host, port: 8080)) == isAllowed)
    #expect(!hosts.contains(nil))
  }

  @Test(arguments: [
    ("api.valor.proxy", true), ("a.b.valor.proxy", true), ("api.valor.proxy.", true),
    ("valor.proxy", false), ("xvalor.proxy", false), ("", false), ("example.com", false),
  ])
  func pluginHosts(host: String, isOne: Bool) { #expect(Gateway.isPluginHost(host) == isOne) }
}
