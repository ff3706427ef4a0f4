import Foundation
import Testing

@testable import Proxy

/// Malformed requests over real connections: the right answer, the connection's end, and an origin
/// that hears nothing.
@Suite struct RefusedRequestTests {
  /// What follows the malformed message on its connection: it must not be served either.
  private static func follower(_ scene: ProxyScene) -> String {
    scene.head("GET", "/smuggled")
  }

  @Test(arguments: Depth.allCases)
  func headsAreRefusedBeforeAnybodyIsConnectedTo(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      for row in MalformedRequests.all where row.place != .body {
        withRow(row) {
          let client = try scene.connect()
          try client.send(row.text(base: scene.base, host: scene.host) + Self.follower(scene))
          let answer = try client.receiveToEnd()
          #expect(answer.hasPrefix("HTTP/1.1 \(row.status) "), "\(row.name): \(answer)")
          #expect(answer.contains("\r\nConnection: close\r\n"), "\(row.name)")
          // One answer only: what follows was not read as a request.
          #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(row.name): \(answer)")
          #expect(!scene.listener.isWaiting(), "\(row.name)")
        }
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func aRefusedBodyNeverSeemsComplete(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      for row in MalformedRequests.bodies {
        withRow(row) {
          let client = try scene.connect()
          try client.send(row.text(base: scene.base, host: scene.host) + Self.follower(scene))
          let origin = try scene.accept()
          let answer = try client.receiveToEnd()
          #expect(answer.hasPrefix("HTTP/1.1 \(row.status) "), "\(row.name): \(answer)")
          #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(row.name): \(answer)")
          let received = origin.receiveUntilGone()
          #expect(!received.hasSuffix("\r\n0\r\n\r\n"), "\(row.name): \(received)")
          #expect(!received.contains("smuggled"), "\(row.name): \(received)")
          #expect(!scene.listener.isWaiting(), "\(row.name)")
        }
      }
    }
  }

  /// What came before a malformed request is answered.
  @Test(arguments: Depth.allCases)
  func goodRequestsBeforeAMalformedOne(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/1") + "GET \(scene.base)/2 HTTP/1.1\r\nHost : x\r\n\r\n")
      let origin = try scene.accept()
      #expect(try origin.receiveHead().hasPrefix("GET /1 "))
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      #expect(try client.receiveResponse().body == "ok")
      #expect(try client.receiveToEnd().hasPrefix("HTTP/1.1 400 "))
      client.close()
      try origin.send("x")
      #expect(origin.receiveUntilGone() == "")
    }
  }

  /// A body whose bytes look like a request is a body.
  @Test(arguments: Depth.allCases)
  func aBodyIsNoRequest(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let hidden = scene.head("GET", "/smuggled")
      let client = try scene.connect()
      try client.send(scene.head("GET", "/1", "Content-Length: \(hidden.utf8.count)") + hidden)
      try client.send(scene.head("GET", "/2"))
      let origin = try scene.accept()
      #expect(try origin.receiveHead().hasPrefix("GET /1 "))
      #expect(try origin.receive(hidden.utf8.count) == hidden)
      try origin.send("HTTP/1.1 204 No Content\r\n\r\n")
      #expect(try client.receiveResponse().status == 204)
      #expect(try origin.receiveHead().hasPrefix("GET /2 "))
    }
  }

  @Test func requestsToTheProxyItselfAreNotSentAnywhere() async throws {
    try await withProxy { scene in
      for start in ["GET /x", "OPTIONS *", "POST /x"] {
        let client = try scene.connect()
        try client.send("\(start) HTTP/1.1\r\nHost: \(scene.host)\r\nConnection: close\r\n\r\n")
        #expect(try client.receiveToEnd().hasPrefix("HTTP/1.1 404 "))
        #expect(!scene.listener.isWaiting())
      }
    }
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: other.test\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: other.test\r\n\r\n",
    "GET https://other.test/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  ])
  func anotherHostInsideATunnelIsMisdirected(_ text: String) async throws {
    try await withProxy(.tls) { scene in
      let client = try scene.connect()
      try client.send(text.replacing("{host}", with: scene.host))
      #expect(try client.receiveToEnd().hasPrefix("HTTP/1.1 421 "))
      #expect(!scene.listener.isWaiting())
    }
  }
}
