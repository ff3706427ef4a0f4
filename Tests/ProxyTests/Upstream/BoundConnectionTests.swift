import TestSupport
import Testing

@testable import Proxy

/// Connections that an origin authenticates belong to one client connection.
@Suite struct BoundConnectionTests {
  static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

  static func challenge(_ scheme: String) -> String {
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: \(scheme)\r\nContent-Length: 0\r\n\r\n"
  }

  @Test func withoutSuchAuthenticationConnectionsAreShared() async throws {
    try await withProxy { scene in
      let client = try scene.connect()
      let (origin, _) = try scene.exchange(client, "/1", answer: Self.challenge("Basic realm=x"))
      let response = try client.receiveResponse()
      #expect(response.status == 401)
      #expect(response.field("Proxy-Support") == nil)
      let other = try scene.connect()
      try other.send(scene.head("GET", "/2"))
      #expect(try origin.receiveHead().hasPrefix("GET /2 "))
    }
  }

  @Test(
    arguments: Depth.allCases, ["NTLM", "negotiate", "Basic realm=\"x\", NTLM", "Negotiate YII="])
  func aChallengedConnectionIsTheClientsOwn(depth: Depth, scheme: String) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect()
      let (origin, _) = try scene.exchange(client, "/1", answer: Self.challenge(scheme))
      let response = try client.receiveResponse()
      #expect(response.status == 401)
      #expect(response.field("Proxy-Support") == "Session-Based-Authentication")
      let other = try scene.connect()
      let (second, request) = try scene.exchange(other, "/other", answer: Self.empty)
      #expect(request.hasPrefix("GET /other "), "on a connection of its own")
      #expect(try other.receiveResponse().status == 200)
      for path in ["/2", "/3"] {
        try client.send(scene.head("GET", path))
        #expect(try origin.receiveHead().hasPrefix("GET \(path) "), "on the same connection")
        try origin.send(Self.empty)
        #expect(try client.receiveResponse().status == 200)
      }
      client.close()
      _ = origin.receiveUntilGone()
      try other.send(scene.head("GET", "/more"))
      #expect(try second.receiveHead().hasPrefix("GET /more "), "the other's is still open")
    }
  }

  @Test func credentialsAloneBindAConnection() async throws {
    try await withProxy { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/1", "Authorization: NTLM TlRMTVNTUAAB"))
      let origin = try scene.accept()
      #expect(try origin.receiveHead().contains("Authorization: NTLM TlRMTVNTUAAB\r\n"))
      try origin.send(Self.empty)
      #expect(try client.receiveResponse().status == 200)
      let other = try scene.connect()
      let (_, request) = try scene.exchange(other, "/other", answer: Self.empty)
      #expect(request.hasPrefix("GET /other "))
      try client.send(scene.head("GET", "/2"))
      #expect(try origin.receiveHead().hasPrefix("GET /2 "))
    }
  }

  @Test func aLostConnectionIsReplaced() async throws {
    try await withProxy { scene in
      let client = try scene.connect()
      let (origin, _) = try scene.exchange(client, "/1", answer: Self.challenge("NTLM"))
      #expect(try client.receiveResponse().status == 401)
      origin.close()
      let (_, request) = try scene.exchange(client, "/2", answer: Self.empty)
      #expect(request.hasPrefix("GET /2 "))
      #expect(try client.receiveResponse().status == 200)
    }
  }
}
