import FetchModel
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Proxy

/// Host names on their way to addresses, and which of those are connected to.
@Suite struct ResolvingTests {
  static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

  /// Notes which names were looked up.
  final class Lookups: Sendable {
    private let names: Mutex<[String]> = Mutex([])
    var all: [String] { self.names.withLock { $0 } }
    func note(_ name: String) { self.names.withLock { $0.append(name) } }
  }

  static func addresses(_ texts: String...) -> HostResolver.Answer {
    .success(texts.compactMap { try? SocketAddress(ipAddress: $0, port: 0) })
  }

  static func get(_ host: String, _ port: Int) -> String {
    "GET http://\(host):\(port)/ HTTP/1.1\r\nHost: \(host):\(port)\r\n\r\n"
  }

  @Test func theNextAddressIsTriedAndTheNameIsRemembered() async throws {
    let lookups = Lookups()
    let resolver = HostResolver { name in
      lookups.note(name)
      // Nobody listens on the first ones.
      return Self.addresses("127.0.0.3", "127.0.0.4", "127.0.0.1")
    }
    try await withProxy(resolver: resolver) { scene in
      for _ in 0..<3 {
        let client = try scene.connect()
        try client.send(Self.get("two.test", scene.listener.port))
        let origin = try scene.accept()
        #expect(try origin.receiveHead().contains("Host: two.test:"))
        try origin.send(Self.empty)
        #expect(try client.receiveResponse().status == 200)
        origin.close()
      }
      #expect(!scene.listener.isWaiting(), "one connection each")
    }
    #expect(lookups.all == ["two.test"])
  }

  @Test func anAddressThatDoesNotAnswerIsNotWaitedFor() async throws {
    let resolver = HostResolver { _ in Self.addresses("127.0.0.2", "127.0.0.1") }
    try await withProxy(resolver: resolver) { scene in
      let silent = try SilentListener(address: "127.0.0.2", port: scene.listener.port)
      let client = try scene.connect()
      try client.send(Self.get("two.test", scene.listener.port))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
      withExtendedLifetime(silent) {}
    }
  }

  @Test(arguments: [false, true])
  func aNameOfTheProxyItselfIsRefused(isTunnel: Bool) async throws {
    let resolver = HostResolver { _ in Self.addresses("127.0.0.1") }
    try await withProxy(intercept: InterceptMode.none, resolver: resolver) { scene in
      let client = try scene.connect()
      let host = "rebound.test:\(scene.proxyPort)"
      try client.send(
        isTunnel
          ? "CONNECT \(host) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
          : Self.get("rebound.test", scene.proxyPort))
      let response = try client.receiveResponse()
      #expect(response.status == 502)
      #expect(response.field("Proxy-Status")?.contains("error=proxy_loop_detected") == true)
      #expect(response.body.contains(host))
    }
  }

  @Test func aSlowLookupKeepsNobodyElseWaiting() async throws {
    let gate = DispatchSemaphore(value: 0)
    let lookups = Lookups()
    let resolver = HostResolver { name in
      lookups.note(name)
      if name == "slow.test" { _ = gate.wait(timeout: .now() + 30) }
      return Self.addresses("127.0.0.1")
    }
    try await withProxy(resolver: resolver) { scene in
      let slow = try (0..<3).map { _ in try scene.connect() }
      for client in slow { try client.send(Self.get("slow.test", scene.listener.port)) }
      let quick = try scene.connect()
      try quick.send(Self.get("quick.test", scene.listener.port))
      let first = try scene.accept()
      #expect(try first.receiveHead().contains("Host: quick.test:"))
      try first.send(Self.empty)
      #expect(try quick.receiveResponse().status == 200)
      gate.signal()
      for _ in slow {
        let origin = try scene.accept()
        #expect(try origin.receiveHead().contains("Host: slow.test:"))
        try origin.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
      }
      for client in slow { #expect(try client.receiveResponse().status == 200) }
    }
    #expect(lookups.all.sorted() == ["quick.test", "slow.test"], "they shared the lookup")
  }

  @Test(arguments: [false, true])
  func aLookupHasItsTime(isTunnel: Bool) async throws {
    let gate = DispatchSemaphore(value: 0)
    defer { gate.signal() }
    let resolver = HostResolver { _ in
      _ = gate.wait(timeout: .now() + 30)
      return Self.addresses("127.0.0.1")
    }
    var limits = ProxyLimits()
    limits.resolveTime = .milliseconds(50)
    try await withProxy(intercept: InterceptMode.none, limits: limits, resolver: resolver) {
      scene in
      let client = try scene.connect()
      let host = "slow.test:\(scene.listener.port)"
      try client.send(
        isTunnel
          ? "CONNECT \(host) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
          : Self.get("slow.test", scene.listener.port))
      let response = try client.receiveResponse()
      #expect(response.status == 504)
      #expect(response.field("Proxy-Status")?.contains("error=dns_timeout") == true)
      #expect(response.body.contains("slow.test"))
    }
  }

  @Test func aHandshakeHasItsTime() async throws {
    var limits = ProxyLimits()
    limits.connectTime = .milliseconds(300)
    try await withProxy(.tls, limits: limits) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/"))
      let origin = try scene.listener.accept()
      let response = try client.receiveResponse()
      #expect(response.status == 504)
      #expect(response.field("Proxy-Status")?.contains("error=connection_timeout") == true)
      _ = origin.receiveUntilGone()
    }
  }

  @Test func namesOfThisMachineAreNotAskedForElsewhere() throws {
    for name in ["localhost", "localhost.", "a.localhost", "a.b.localhost."] {
      let addresses = try SystemLookup.addresses(of: name).get()
      #expect(addresses.compactMap(\.ipAddress) == ["127.0.0.1", "::1"], "\(name)")
    }
    let unknown = SystemLookup.addresses(of: "nowhere.invalid")
    #expect(throws: FetchError.self) { try unknown.get() }
  }
}

/// A port on which connections are never accepted: the queue is full, so the system answers nobody.
private final class SilentListener {
  private var descriptors: [Int32] = []

  init(address text: String, port: Int) throws {
    let address = try SocketAddress(ipAddress: text, port: port)
    let listener = try Self.makeSocket()
    self.descriptors.append(listener)
    let isBound = address.withSockAddr { bind(listener, $0, socklen_t($1)) == 0 }
    guard isBound, listen(listener, 0) == 0 else { throw TestFailure(message: "bind: \(errno)") }
    for _ in 0..<4 {
      let filler = try Self.makeSocket()
      self.descriptors.append(filler)
      _ = address.withSockAddr { connect(filler, $0, socklen_t($1)) }
    }
  }

  deinit { for descriptor in self.descriptors { close(descriptor) } }

  private static func makeSocket() throws -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(AF_INET, Int32(kind), 0)
    guard descriptor >= 0 else { throw TestFailure(message: "socket: \(errno)") }
    return descriptor
  }
}
