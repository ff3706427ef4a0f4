import NIOCore
import Testing

@testable import Proxy

/// The spellings of addresses that lead back to the proxy.
@Suite struct OwnAddressesTests {
  static func own(_ listeners: String..., port: Int = 8080) throws -> OwnAddresses {
    let own = OwnAddresses(interfaces: {
      ["127.0.0.1", "192.0.2.7", "2001:db8::7", "::1"].compactMap {
        try? SocketAddress(ipAddress: $0, port: 0)
      }
    })
    for listener in listeners { own.insert(try SocketAddress(ipAddress: listener, port: port)) }
    return own
  }

  static func contains(_ own: OwnAddresses, _ text: String, _ port: Int = 8080) throws -> Bool {
    own.contains(try SocketAddress(ipAddress: text, port: port))
  }

  @Test(arguments: ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "::ffff:0.0.0.0"])
  func spellingsOfALoopbackListener(text: String) throws {
    #expect(try Self.contains(try Self.own("127.0.0.1"), text))
    #expect(try !Self.contains(try Self.own("127.0.0.1"), text, 8081), "another port")
  }

  @Test(arguments: ["127.0.0.2", "192.0.2.7", "::1", "::", "2001:db8::7"])
  func aLoopbackListenerIsNotReachedBy(text: String) throws {
    #expect(try !Self.contains(try Self.own("127.0.0.1"), text))
  }

  @Test(arguments: ["::1", "::", "0:0:0:0:0:0:0:1"])
  func spellingsOfAnIPv6LoopbackListener(text: String) throws {
    #expect(try Self.contains(try Self.own("::1"), text))
    #expect(try !Self.contains(try Self.own("::1"), "127.0.0.1"))
  }

  @Test(arguments: ["127.0.0.1", "127.9.8.7", "0.0.0.0", "192.0.2.7", "::ffff:192.0.2.7"])
  func aListenerOnAllAddresses(text: String) throws {
    #expect(try Self.contains(try Self.own("0.0.0.0"), text))
    #expect(try Self.contains(try Self.own("::"), text), "which takes IPv4 as well")
    #expect(try !Self.contains(try Self.own("0.0.0.0"), text, 80))
  }

  @Test func allAddressesOfAFamily() throws {
    for text in ["::1", "::", "2001:db8::7"] {
      #expect(try Self.contains(try Self.own("::"), text))
      #expect(try !Self.contains(try Self.own("0.0.0.0"), text))
    }
    for text in ["192.0.2.8", "2001:db8::8"] {
      #expect(try !Self.contains(try Self.own("::", "0.0.0.0"), text), "another machine")
    }
  }

  @Test func everyListenerCounts() throws {
    let own = try Self.own("127.0.0.1")
    #expect(try !Self.contains(own, "192.0.2.7", 9000))
    own.insert(try SocketAddress(ipAddress: "192.0.2.7", port: 9000))
    #expect(try Self.contains(own, "192.0.2.7", 9000))
    #expect(try Self.contains(own, "127.0.0.1"))
  }

  @Test func theMachinesOwnInterfacesAreFound() throws {
    let own = OwnAddresses()
    own.insert(try SocketAddress(ipAddress: "0.0.0.0", port: 8080))
    for device in try System.enumerateDevices() {
      guard var address = device.address, address.protocol == .inet else { continue }
      address.port = 8080
      #expect(own.contains(address), "\(address)")
    }
  }
}
