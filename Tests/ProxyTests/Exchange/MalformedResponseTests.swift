import Foundation
import Testing

@testable import Proxy

/// Origins that break the rules, over real connections.
@Suite struct MalformedResponseTests {
  @Test(arguments: Depth.allCases)
  func aMalformedHeadBecomesA502(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      // The client is not at fault: its connection serves all of the rows.
      let client = try scene.connect()
      for row in MalformedResponses.heads {
        withRow(row) {
          let (origin, _) = try scene.exchange(client, "/x", answer: row.text)
          let answer = try client.receiveResponse()
          #expect(answer.status == 502, "\(row.name): \(answer.head)")
          let proxyStatus = answer.field("Proxy-Status") ?? ""
          #expect(
            proxyStatus.contains("; error=http_protocol_error;"), "\(row.name): \(proxyStatus)")
          #expect(answer.body.hasPrefix("502 Bad Gateway: \(scene.host) "), "\(row.name)")
          #expect(origin.receiveUntilGone() == "", "\(row.name)")
        }
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func aMalformedBodyNeverSeemsComplete(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      for row in MalformedResponses.bodies {
        withRow(row) {
          let client = try scene.connect()
          let (origin, _) = try scene.exchange(client, "/x", answer: row.text)
          let answer = client.receiveUntilGone()
          // Where body and head come together, nothing may have been sent before the fault.
          #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 200 "), "\(row.name): \(answer)")
          #expect(!answer.hasSuffix("\r\n0\r\n\r\n"), "\(row.name): \(answer)")
          #expect(!answer.contains("smuggled"), "\(row.name): \(answer)")
          #expect(origin.receiveUntilGone() == "", "\(row.name)")
        }
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func aSwitchThatNobodyAskedForIsA502(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      _ = try scene.exchange(
        client, "/x", answer: "HTTP/1.1 101 x\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\nHTTP/1.1")
      #expect(try client.receiveResponse().status == 502)
    }
  }

  /// A second answer belongs to nobody, least of all to the next request.
  @Test(arguments: Depth.allCases)
  func whatFollowsAResponseIsNotTheNextOne(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let one = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
      let poison = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"
      let (first, _) = try scene.exchange(client, "/1", answer: one + poison)
      #expect(try client.receiveResponse().body == "one")
      #expect(first.receiveUntilGone() == "")
      _ = try scene.exchange(
        client, "/2", answer: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo")
      #expect(try client.receiveResponse().body == "two")
    }
  }

  /// The same where the second answer comes later, while the connection waits for a request.
  @Test(arguments: Depth.allCases)
  func bytesOnAnIdleConnectionEndIt(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let one = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
      let (first, _) = try scene.exchange(client, "/1", answer: one)
      #expect(try client.receiveResponse().body == "one")
      try first.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")
      #expect(first.receiveUntilGone() == "")
      _ = try scene.exchange(
        client, "/2", answer: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo")
      #expect(try client.receiveResponse().body == "two")
    }
  }

  @Test(arguments: Depth.allCases)
  func anOriginThatLeavesWithoutAnAnswer(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      for answer in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"] {
        let (origin, _) = try scene.exchange(client, "/x", answer: answer)
        origin.endSending()
        let response = try client.receiveResponse()
        #expect(response.status == 502)
        #expect(response.field("Proxy-Status")?.contains("error=connection_terminated") == true)
        #expect(!scene.listener.isWaiting())
      }
    }
  }

  @Test(arguments: Depth.allCases, ["Content-Length: 10", "Transfer-Encoding: chunked"])
  func anOriginThatLeavesWithinABody(_ depth: Depth, _ field: String) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let start = field.hasPrefix("T") ? "5\r\nhello\r\n" : "hello"
      let (origin, _) = try scene.exchange(
        client, "/x", answer: "HTTP/1.1 200 OK\r\n\(field)\r\n\r\n\(start)")
      #expect(try client.receiveHead().contains(field))
      #expect(try client.receive(start.utf8.count) == start)
      origin.endSending()
      #expect(client.receiveUntilGone() == "")
    }
  }
}
