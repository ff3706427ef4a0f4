import Foundation
import Testing

@testable import Proxy

/// Unclaimed requests, from the client's bytes to the origin's and back.
@Suite struct RelayTests {
  private static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

  @Test(arguments: Depth.allCases)
  func bothSidesKeepTheirConnections(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/1", "X-a: 1", "Connection: keep-alive, X-A"))
      let origin = try scene.accept()
      let first = try origin.receiveHead()
      #expect(first.hasPrefix("GET /1 HTTP/1.1\r\nHost: \(scene.host)\r\nVia: 1.1 "))
      try origin.send(
        "HTTP/1.0 200 Fine\r\nX: y\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")
      let answer = try client.receiveResponse()
      #expect(answer.head.hasPrefix("HTTP/1.1 200 Fine\r\nX: y\r\nContent-Length: 2\r\nVia: 1.1 "))
      #expect(answer.body == "ok")
      for path in ["/2", "/3"] {
        try client.send(scene.head("GET", path))
        #expect(try origin.receiveHead().hasPrefix("GET \(path) "))
        try origin.send(Self.empty)
        #expect(try client.receiveResponse().status == 200)
      }
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: Depth.allCases)
  func pipelinedRequestsAreAnsweredInTheirOrder(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let body = "Content-Length: 2"
      try client.send(
        scene.head("GET", "/1") + scene.head("POST", "/2", body) + "hi" + scene.head("HEAD", "/3")
          + scene.head("GET", "/4", "Connection: close") + scene.head("GET", "/smuggled"))
      let origin = try scene.accept()
      for (path, content) in [("/1", ""), ("/2", "hi"), ("/3", ""), ("/4", "")] {
        #expect(try origin.receiveHead().contains(" \(path) "))
        #expect(try origin.receive(content.utf8.count) == content)
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
        try origin.send(path == "/3" ? answer : answer + path)
      }
      for path in ["/1", "/2", "/3", "/4"] {
        let answer = try client.receiveResponse(toHead: path == "/3")
        #expect(answer.body == (path == "/3" ? "" : path))
        #expect(answer.field("Connection") == (path == "/4" ? "close" : nil))
      }
      #expect(try client.receiveToEnd() == "")
      client.close()
      try origin.send("x")
      #expect(origin.receiveUntilGone() == "")
    }
  }

  /// The request and the response arrive a byte at a time.
  @Test(arguments: Depth.allCases)
  func dripFed(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let request = scene.head("POST", "/x", "Transfer-Encoding: chunked")
      for byte in bytes(request + "3;e\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n") {
        try client.send([byte])
      }
      let origin = try scene.accept()
      #expect(try origin.receiveHead().contains("\r\nTransfer-Encoding: chunked\r\n"))
      #expect(try origin.receiveChunks() == "abcde[T: 1]")
      let answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\nU: 2\r\n\r\n"
      for byte in bytes(answer) { try origin.send([byte]) }
      #expect(try client.receiveResponse().body == "ab[U: 2]")
    }
  }

  @Test(arguments: Depth.allCases, [0, 1, 300_000])
  func bodiesOfAllFramings(_ depth: Depth, _ size: Int) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let body = String(repeating: "0123456789", count: size / 10) + (size == 1 ? "x" : "")
      let length = "Content-Length: \(size)"
      let chunks = size == 0 ? "0\r\n\r\n" : "\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
      try client.send(scene.head("POST", "/1", length) + body)
      let origin = try scene.accept()
      #expect(try origin.receiveHead().contains("\r\n\(length)\r\n"))
      #expect(try origin.receive(size) == body)
      try origin.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
      #expect(try client.receiveResponse().body == body)
      try client.send(scene.head("PUT", "/2", "Transfer-Encoding: chunked") + chunks)
      #expect(try origin.receiveHead().contains("\r\nTransfer-Encoding: chunked\r\n"))
      #expect(try origin.receiveChunks() == body)
      try origin.send("HTTP/1.1 200 OK\r\n\(length)\r\n\r\n" + body)
      #expect(try client.receiveResponse().body == body)
      try client.send(scene.head("GET", "/3"))
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 200 OK\r\nX: y\r\n\r\n" + body)
      origin.endSending()
      let last = try client.receiveResponse()
      #expect(last.field("Transfer-Encoding") == "chunked")
      #expect(last.body == body)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: Depth.allCases)
  func responsesWithoutABody(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("HEAD", "/1"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
      #expect(try client.receiveResponse(toHead: true).field("Content-Length") == "5")
      for (status, length) in [("204 No Content", nil), ("304 Not Modified", "5")] {
        try client.send(scene.head("GET", "/2"))
        _ = try origin.receiveHead()
        try origin.send("HTTP/1.1 \(status)\r\nContent-Length: 5\r\n\r\n")
        let answer = try client.receiveHead()
        #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
        #expect(fieldValues("Content-Length", in: answer) == (length.map { [$0] } ?? []))
      }
      try client.send(scene.head("HEAD", "/3"))
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
      try client.send(scene.head("GET", "/4"))
      #expect(try origin.receiveHead().hasPrefix("GET /4 "))
    }
  }

  @Test(arguments: Depth.allCases)
  func clientsOfHTTP10(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/1", "Connection: keep-alive", version: "1.0"))
      let origin = try scene.accept()
      #expect(try origin.receiveHead().hasPrefix("GET /1 HTTP/1.1\r\n"))
      try origin.send("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      let kept = try client.receiveResponse()
      #expect(kept.status == 200)
      #expect(kept.field("Connection") == "keep-alive")
      try client.send(scene.head("GET", "/2", "Connection: keep-alive", version: "1.0"))
      _ = try origin.receiveHead()
      try origin.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: 1\r\n\r\n")
      let head = try client.receiveHead()
      #expect(fieldValues("Transfer-Encoding", in: head) == [])
      #expect(fieldValues("Connection", in: head) == ["close"])
      #expect(try client.receiveToEnd() == "ok")
    }
  }

  @Test(arguments: Depth.allCases)
  func interimResponsesAndExpectations(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/x", "Content-Length: 2", "Expect: 100-continue"))
      let origin = try scene.accept()
      #expect(try origin.receiveHead().contains("\r\nExpect: 100-continue\r\n"))
      try origin.send("HTTP/1.1 100 Continue\r\n\r\n")
      #expect(try client.receiveHead().hasPrefix("HTTP/1.1 100 Continue\r\n"))
      try origin.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
      #expect(try client.receiveHead().contains("\r\nLink: </a>\r\n"))
      try client.send("hi")
      #expect(try origin.receive(2) == "hi")
      try origin.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
    }
  }

  /// An origin may refuse before it has the body; what then comes of it is no next request.
  @Test(arguments: Depth.allCases)
  func anAnswerBeforeTheBody(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/x", "Content-Length: 100", "Expect: 100-continue"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno")
      #expect(try client.receiveResponse().body == "no")
      #expect(origin.receiveUntilGone() == "")
      try client.send(scene.head("GET", "/smuggled"))
      #expect(try client.receiveToEnd() == "")
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: Depth.allCases)
  func aSwitchOfProtocols(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(
        scene.head("GET", "/chat", "Connection: Upgrade", "Upgrade: echo", "Sec-X: 1"))
      let origin = try scene.accept()
      let request = try origin.receiveHead()
      #expect(fieldValues("Upgrade", in: request) == ["echo"])
      #expect(fieldValues("Connection", in: request) == ["Upgrade"])
      try origin.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n\u{0}first"
      )
      let answer = try client.receiveHead()
      #expect(fieldValues("Upgrade", in: answer) == ["echo"])
      #expect(fieldValues("Connection", in: answer) == ["Upgrade"])
      #expect(try client.receive(6) == "\u{0}first")
      try client.send("\u{ff}\r\n\r\nGET / HTTP/1.1\r\n\r\n")
      #expect(try origin.receive(23) == "\u{ff}\r\n\r\nGET / HTTP/1.1\r\n\r\n")
      origin.endSending()
      #expect(try client.receiveToEnd() == "")
    }
  }

  @Test(arguments: Depth.allCases)
  func aRefusedSwitchGoesOnAsHTTP(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/chat", "Connection: Upgrade", "Upgrade: echo"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
      try client.send(scene.head("GET", "/2"))
      #expect(try origin.receiveHead().hasPrefix("GET /2 "))
    }
  }

  // MARK: Reused connections

  /// Leaves an idle connection to the origin that closes when the next request has come.
  private static func closeReused(_ scene: ProxyScene, _ client: Wire, _ request: String) throws {
    let (origin, _) = try scene.exchange(client, "/first", answer: Self.empty)
    #expect(try client.receiveResponse().status == 200)
    try client.send(request)
    #expect(try origin.receiveHead().contains(" /second "))
    origin.close()
  }

  @Test(arguments: Depth.allCases, ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"])
  func aReusedConnectionThatClosesIsReplacedOnce(_ depth: Depth, _ method: String) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try Self.closeReused(scene, client, scene.head(method, "/second"))
      let again = try scene.accept()
      #expect(try again.receiveHead().hasPrefix("\(method) /second "))
      again.close()
      #expect(try client.receiveResponse(toHead: method == "HEAD").status == 502)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: Depth.allCases)
  func whatMayHaveAnEffectIsNotSentTwice(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let requests = [
        scene.head("POST", "/second"), scene.head("PATCH", "/second"),
        scene.head("PUT", "/second", "Content-Length: 2") + "hi",
      ]
      for request in requests {
        let client = try scene.connect()
        try Self.closeReused(scene, client, request)
        let answer = try client.receiveResponse()
        #expect(answer.status == 502)
        #expect(answer.field("Proxy-Status")?.contains("error=connection_terminated") == true)
        #expect(!scene.listener.isWaiting())
      }
    }
  }

  /// Where an answer has begun, the request was processed.
  @Test(arguments: Depth.allCases)
  func nothingIsSentTwiceOnceAnAnswerHasBegun(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let (origin, _) = try scene.exchange(client, "/first", answer: Self.empty)
      #expect(try client.receiveResponse().status == 200)
      try client.send(scene.head("GET", "/second"))
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 20")
      origin.endSending()
      #expect(try client.receiveResponse().status == 502)
      #expect(!scene.listener.isWaiting())
    }
  }

  // MARK: Loops

  @Test(arguments: Depth.allCases)
  func aRequestThatComesBackIsALoop(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let (_, request) = try scene.exchange(client, "/x", answer: Self.empty)
      #expect(try client.receiveResponse().status == 200)
      let via = try #require(fieldValues("Via", in: request).last)
      try client.send(scene.head("GET", "/y", "Via: 1.0 other, \(via) (comment), 1.1 last"))
      let answer = client.receiveUntilGone()
      #expect(answer.hasPrefix("HTTP/1.1 502 "))
      #expect(answer.contains("error=proxy_loop_detected"))
      #expect(!scene.listener.isWaiting())
    }
  }
}
