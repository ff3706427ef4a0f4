import TestSupport
import Testing

@testable import Proxy

/// A connection that was kept may turn out to be closed.
@Suite struct RetryTests {
  static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

  /// A client and the origin's end of an idle connection that has served one request.
  static func idle(_ scene: ProxyScene) throws -> (client: Wire, origin: Wire) {
    let client = try scene.connect()
    let (origin, _) = try scene.exchange(client, "/first", answer: Self.empty)
    #expect(try client.receiveResponse().status == 200)
    return (client, origin)
  }

  @Test(arguments: Depth.allCases, [true, false])
  func anIdempotentRequestIsSentOnceMore(depth: Depth, isReset: Bool) async throws {
    try await withProxy(depth) { scene in
      let (client, origin) = try Self.idle(scene)
      try client.send(scene.head("GET", "/again"))
      _ = try origin.receiveHead()
      if isReset { origin.reset() } else { origin.close() }
      let second = try scene.accept()
      #expect(try second.receiveHead().hasPrefix("GET /again "))
      try second.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
    }
  }

  @Test func theEndMayComeJustBeforeTheRequest() async throws {
    try await withProxy { scene in
      for _ in 0..<30 {
        let (client, origin) = try Self.idle(scene)
        origin.endSending()
        try client.send(scene.head("GET", "/again"))
        let second = try scene.accept()
        #expect(try second.receiveHead().hasPrefix("GET /again "))
        try second.send(Self.empty)
        #expect(try client.receiveResponse().status == 200)
        second.close()
      }
    }
  }

  @Test func onceMoreIsOnce() async throws {
    try await withProxy { scene in
      let (client, origin) = try Self.idle(scene)
      try client.send(scene.head("GET", "/again"))
      _ = try origin.receiveHead()
      origin.close()
      let second = try scene.accept()
      _ = try second.receiveHead()
      second.close()
      #expect(try client.receiveResponse().status == 502)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: ["POST", "PATCH"])
  func whatMayNotBeSentTwiceIsNot(method: String) async throws {
    try await withProxy { scene in
      let (client, origin) = try Self.idle(scene)
      try client.send(scene.head(method, "/once", "Content-Length: 0"))
      _ = try origin.receiveHead()
      origin.close()
      #expect(try client.receiveResponse().status == 502)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test func aBodyIsNotSentTwice() async throws {
    try await withProxy { scene in
      let (client, origin) = try Self.idle(scene)
      try client.send(scene.head("PUT", "/once", "Content-Length: 3") + "abc")
      _ = try origin.receiveHead()
      origin.close()
      #expect(try client.receiveResponse().status == 502)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test func anAnswerThatHasBegunIsNotAskedForAgain() async throws {
    try await withProxy { scene in
      let (client, origin) = try Self.idle(scene)
      try client.send(scene.head("GET", "/again"))
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 20")
      origin.close()
      #expect(try client.receiveResponse().status == 502)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test func aNewConnectionIsNotReplaced() async throws {
    try await withProxy { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      origin.close()
      #expect(try client.receiveResponse().status == 502)
      #expect(!scene.listener.isWaiting())
    }
  }
}
