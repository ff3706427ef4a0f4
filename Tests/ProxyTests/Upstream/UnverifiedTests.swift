import TestSupport
import Testing

@testable import Proxy

/// What is not verified, and what is not looked into.
@Suite struct UnverifiedTests {
  static let answer =
    "HTTP/1.1 200 OK\r\nProxy-Status: cache.test; hit\r\nContent-Length: 2\r\n\r\nok"

  @Test func eachResponseOverAnUnverifiedConnectionSaysSo() async throws {
    let stranger = try TestAuthority(name: "Unknown").certificate(for: ["other.test"])
    try await withProxy(.tls, isInsecure: true) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/"))
      let origin = try scene.listener.accept()
      try origin.startTLS(as: stranger)
      for _ in 0..<2 {
        _ = try origin.receiveHead()
        try origin.send(Self.answer)
        let response = try client.receiveResponse()
        #expect(response.body == "ok")
        let status = fieldValues("Proxy-Status", in: response.head)
        #expect(status.count == 2)
        #expect(status.first == "cache.test; hit")
        #expect(status.last?.hasSuffix("; details=\"upstream certificate not verified\"") == true)
        try client.send(scene.head("GET", "/"))
      }
    }
  }

  @Test(arguments: [(Depth.plain, true), (.tls, false)])
  func othersDoNot(depth: Depth, isInsecure: Bool) async throws {
    try await withProxy(depth, isInsecure: isInsecure) { scene in
      let client = try scene.connect()
      _ = try scene.exchange(client, "/", answer: Self.answer)
      let response = try client.receiveResponse()
      #expect(fieldValues("Proxy-Status", in: response.head) == ["cache.test; hit"])
    }
  }

  @Test func hostsOnTheListAreNotLookedInto() async throws {
    let list = PassthroughList(["127.0.0.1"].compactMap { PassthroughList.Pattern($0) })
    try await withProxy(intercept: .all, passthrough: list) { scene in
      let client = try scene.connect()
      try scene.openTunnel(on: client)
      let origin = try scene.accept()
      try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try origin.receiveHead() == "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "byte for byte")
    }
  }
}
