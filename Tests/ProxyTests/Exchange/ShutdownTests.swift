import FetchModel
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Proxy

/// The end of a proxy, and of those it serves.
@Suite struct ShutdownTests {
  private final class Outcome: Sendable {
    private let value = Mutex<Bool?>(nil)
    private let latch = Latch()

    func set(_ isComplete: Bool) {
      self.value.withLock { $0 = isComplete }
      self.latch.open()
    }

    func get() -> Bool? {
      self.latch.wait()
      return self.value.withLock { $0 }
    }
  }

  private static func shutdown(_ scene: ProxyScene, within bound: TimeAmount) -> Outcome {
    let outcome = Outcome()
    Task { outcome.set(await scene.server.shutdown(within: bound)) }
    return outcome
  }

  @Test(arguments: Depth.allCases)
  func aRunningExchangeFinishes(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let (busy, idle) = (try scene.connect(), try scene.connect())
      _ = try scene.exchange(idle, "/1", answer: "HTTP/1.1 204 x\r\n\r\n")
      #expect(try idle.receiveResponse().status == 204)
      try busy.send(scene.head("GET", "/2"))
      let origin = try scene.accept()
      #expect(try origin.receiveHead().hasPrefix("GET /2 "))
      let outcome = Self.shutdown(scene, within: .seconds(20))
      // Connections without a request close at once.
      #expect(idle.receiveUntilGone() == "")
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
      let answer = try busy.receiveResponse()
      #expect(answer.body == "done")
      #expect(busy.receiveUntilGone() == "")
      busy.close()
      idle.close()
      #expect(outcome.get() == true)
      #expect(throws: (any Error).self) { try Wire(to: scene.proxyPort).send("x") }
    }
  }

  @Test func whatDoesNotFinishIsClosedAtTheBound() async throws {
    try await withProxy { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/1"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      let outcome = Self.shutdown(scene, within: .milliseconds(50))
      #expect(client.receiveUntilGone() == "")
      #expect(origin.receiveUntilGone() == "")
      #expect(outcome.get() == false)
    }
  }

  @Test func aProxyThatServesNobodyStopsAtOnce() async throws {
    try await withProxy { scene in
      #expect(Self.shutdown(scene, within: .seconds(20)).get() == true)
    }
  }

  // MARK: Clients that leave

  @Test(arguments: Depth.allCases, [true, false])
  func aClientThatLeavesEndsTheUpstreamExchange(_ depth: Depth, _ hasBegun: Bool) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/x"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      if hasBegun {
        try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart")
        #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 "))
      }
      client.reset()
      #expect(origin.receiveUntilGone() == "")
    }
  }

  @Test(arguments: Depth.allCases)
  func aClientThatLeavesWithinItsBodyEndsTheUpstreamExchange(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      for field in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let client = try scene.connect()
        try client.send(
          scene.head("POST", "/x", field) + (field.hasPrefix("T") ? "5\r\n" : "") + "start")
        let origin = try scene.accept()
        _ = try origin.receiveHead()
        client.close()
        #expect(!origin.receiveUntilGone().hasSuffix("0\r\n\r\n"))
      }
    }
  }

  // MARK: Clocks

  @Test func aSlowHeadIsAnswered408() async throws {
    var limits = ProxyLimits()
    limits.headReadTime = .milliseconds(100)
    try await withProxy(limits: limits) { scene in
      let client = try scene.connect()
      try client.send("GET http://a.test/ HTTP/1.1\r\nHost: ")
      #expect(try client.receiveToEnd().hasPrefix("HTTP/1.1 408 "))
    }
  }

  /// A client that sends a byte now and then does not buy time with it.
  @Test func bytesOfAHeadDoNotExtendItsTime() async throws {
    var limits = ProxyLimits()
    limits.headReadTime = .milliseconds(500)
    limits.idleTime = .seconds(600)
    limits.stallTime = .seconds(600)
    try await withProxy(limits: limits) { scene in
      let client = try scene.connect()
      let end = Latch()
      Thread.detachNewThread {
        for byte in bytes(
          "\r\nGET http://a.test/ HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 2000))
        {
          guard !end.isOpen, (try? client.send([byte])) != nil else { return }
          Thread.sleep(forTimeInterval: 0.02)
        }
      }
      #expect(client.receiveUntilGone().hasPrefix("HTTP/1.1 408 "))
      end.open()
    }
  }

  @Test func anIdleConnectionCloses() async throws {
    var limits = ProxyLimits()
    limits.idleTime = .milliseconds(100)
    try await withProxy(limits: limits) { scene in
      let client = try scene.connect()
      #expect(try client.receiveToEnd() == "")
    }
  }

  @Test func aHandshakeThatDoesNotEndIsCutOff() async throws {
    var limits = ProxyLimits()
    limits.headReadTime = .milliseconds(100)
    try await withProxy(.plain, intercept: .all, limits: limits) { scene in
      for start in ["", "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}"] {
        let client = try Wire(to: scene.proxyPort)
        try scene.openTunnel(on: client)
        try? client.send(start)
        #expect(client.receiveUntilGone() == "")
      }
    }
  }

  @Test(arguments: [true, false])
  func anExchangeThatStallsIsCutOff(_ inBody: Bool) async throws {
    var limits = ProxyLimits()
    limits.stallTime = .seconds(2)
    try await withProxy(limits: limits) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/x"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      if inBody { try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel") }
      _ = client.receiveUntilGone()
      #expect(origin.receiveUntilGone() == "")
    }
  }
}
