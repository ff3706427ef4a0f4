import NIOCore
import TestSupport
import Testing

@testable import Proxy

/// No more connections to origins than allowed, and an order among those who wait.
@Suite struct ConnectionLimitTests {
  static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

  static func limits(
    perOrigin: Int = 1, total: Int = 100, waiting: Int = 100, time: TimeAmount = .seconds(30)
  ) -> ProxyLimits {
    var limits = ProxyLimits()
    limits.upstreamPerOrigin = perOrigin
    limits.upstreamTotal = total
    limits.upstreamWaiting = waiting
    limits.upstreamWaitTime = time
    return limits
  }

  /// A client whose request is at the origin, which has not answered yet.
  static func busy(_ scene: ProxyScene) throws -> (client: Wire, origin: Wire) {
    let client = try scene.connect()
    try client.send(scene.head("GET", "/busy"))
    let origin = try scene.accept()
    _ = try origin.receiveHead()
    return (client, origin)
  }

  /// Sends a request that has to wait.
  static func waiting(_ scene: ProxyScene, _ path: String) throws -> Wire {
    let client = try scene.connect()
    try client.send(scene.head("GET", path))
    #expect(!scene.listener.isWaiting(seconds: 0.2), "there is no second connection")
    return client
  }

  @Test(arguments: Depth.allCases)
  func requestsWaitInTheirOrder(depth: Depth) async throws {
    try await withProxy(depth, limits: Self.limits()) { scene in
      let (first, origin) = try Self.busy(scene)
      let waiting = try ["/1", "/2", "/3"].map { try Self.waiting(scene, $0) }
      try origin.send(Self.empty)
      #expect(try first.receiveResponse().status == 200)
      for (index, client) in waiting.enumerated() {
        #expect(try origin.receiveHead().hasPrefix("GET /\(index + 1) "))
        try origin.send(Self.empty)
        #expect(try client.receiveResponse().status == 200)
      }
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test func aClosedConnectionMakesRoom() async throws {
    try await withProxy(limits: Self.limits()) { scene in
      let (first, origin) = try Self.busy(scene)
      let second = try Self.waiting(scene, "/next")
      try origin.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
      #expect(try first.receiveResponse().status == 200)
      let next = try scene.accept()
      #expect(try next.receiveHead().hasPrefix("GET /next "))
      try next.send(Self.empty)
      #expect(try second.receiveResponse().status == 200)
    }
  }

  @Test func aClientThatLeavesWhileServedMakesRoom() async throws {
    try await withProxy(limits: Self.limits()) { scene in
      let (first, origin) = try Self.busy(scene)
      let second = try Self.waiting(scene, "/next")
      first.close()
      _ = origin.receiveUntilGone()
      let next = try scene.accept()
      #expect(try next.receiveHead().hasPrefix("GET /next "))
      try next.send(Self.empty)
      #expect(try second.receiveResponse().status == 200)
    }
  }

  @Test func aClientThatLeavesDoesNotWait() async throws {
    try await withProxy(limits: Self.limits()) { scene in
      let (first, origin) = try Self.busy(scene)
      try Self.waiting(scene, "/left").close()
      let client = try Self.waiting(scene, "/stays")
      try origin.send(Self.empty)
      #expect(try first.receiveResponse().status == 200)
      #expect(try origin.receiveHead().hasPrefix("GET /stays "))
      try origin.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
    }
  }

  @Test(arguments: [0, 1])
  func whoCannotWaitIsToldSo(waiting: Int) async throws {
    let limits = Self.limits(waiting: waiting, time: .milliseconds(10))
    try await withProxy(limits: limits) { scene in
      let (first, origin) = try Self.busy(scene)
      let second = try scene.connect()
      try second.send(scene.head("GET", "/"))
      let response = try second.receiveResponse()
      #expect(response.status == 503)
      #expect(response.field("Proxy-Status")?.contains("error=connection_limit_reached") == true)
      try origin.send(Self.empty)
      #expect(try first.receiveResponse().status == 200)
      try second.send(scene.head("GET", "/later"))
      #expect(try origin.receiveHead().hasPrefix("GET /later "), "503 closes nothing")
    }
  }

  @Test func anUnusedConnectionElsewhereMakesRoom() async throws {
    try await withProxy(limits: Self.limits(perOrigin: 5, total: 1)) { scene in
      let client = try scene.connect()
      let (origin, _) = try scene.exchange(client, "/", answer: Self.empty)
      #expect(try client.receiveResponse().status == 200)
      let elsewhere = try WireListener()
      let host = "127.0.0.1:\(elsewhere.port)"
      try client.send("GET http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      let other = try elsewhere.accept()
      _ = try other.receiveHead()
      #expect(origin.receiveUntilGone() == "", "it had to go")
      try other.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
    }
  }

  @Test func tunnelsAreNotCounted() async throws {
    try await withProxy(intercept: InterceptMode.none, limits: Self.limits(total: 1)) { scene in
      let (client, origin) = try Self.busy(scene)
      for _ in 0..<3 {
        let wire = try scene.connect()
        try scene.openTunnel(on: wire)
        let tunnel = try scene.accept()
        try tunnel.send("hello")
        #expect(try wire.receive(5) == "hello")
      }
      try origin.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
    }
  }
}
