import NIOCore
import Synchronization
import Testing

@testable import Proxy

@Suite struct AddressOverridesTests {
  static func overrides(_ texts: String...) -> AddressOverrides {
    AddressOverrides(texts.compactMap { AddressOverrides.Entry($0) })
  }

  @Test func aNameHasItsAddressesInTheirOrder() {
    let overrides = Self.overrides("a.test=127.0.0.1", "A.test=::1", "*.a.test=127.0.0.2")
    #expect(overrides.addresses(of: "a.test")?.map(\.ipAddress) == ["127.0.0.1", "::1"])
    #expect(overrides.addresses(of: "a.test.")?.count == 2)
    #expect(overrides.addresses(of: "x.y.a.test")?.map(\.ipAddress) == ["127.0.0.2"])
    #expect(overrides.addresses(of: "b.test") == nil)
  }

  @Test(arguments: ["", "=", "a.test", "a.test=", "=127.0.0.1", "a.test=b.test", "a.test:80=::1"])
  func nonsenseIsRefused(_ text: String) { #expect(AddressOverrides.Entry(text) == nil) }

  @Test func nobodyIsAskedForAGivenName() async throws {
    let asked = Mutex(false)
    let resolver = HostResolver(overrides: Self.overrides("*.given.test=127.0.0.1")) { _ in
      asked.withLock { $0 = true }
      return .success([])
    }
    try await withProxy(resolver: resolver) { scene in
      let client = try scene.connect()
      try client.send(ResolvingTests.get("www.given.test", scene.listener.port))
      let origin = try scene.accept()
      #expect(try origin.receiveHead().contains("Host: www.given.test:"))
      try origin.send(ResolvingTests.empty)
      #expect(try client.receiveResponse().status == 200)
    }
    #expect(!asked.withLock { $0 })
  }
}
