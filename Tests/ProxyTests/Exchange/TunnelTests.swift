import FetchModel
import Foundation
import NIOCore
import Testing

@testable import Proxy

/// CONNECT: tunnels that nobody looks into, and those that are looked into.
@Suite struct TunnelTests {
  /// A TLS record's beginning, which is all that tells of TLS.
  private static let helloStart = "\u{16}\u{03}\u{01}\u{00}\u{05}hello"

  @Test(arguments: [InterceptMode.none, .claimed])
  func blindTunnelsCarryWhateverComes(_ mode: InterceptMode) async throws {
    try await withProxy(intercept: mode) { scene in
      for start in [Self.helloStart, "GET / HTTP/1.1\n\n", "\u{0}\u{ff}", "SSH-2.0-x\r\n"] {
        let client = try Wire(to: scene.proxyPort)
        try scene.openTunnel(on: client)
        let origin = try scene.listener.accept()
        try client.send(start)
        #expect(try origin.receive(bytes(start).count) == start)
        try origin.send("\u{0}answer")
        #expect(try client.receive(7) == "\u{0}answer")
        client.close()
        #expect(origin.receiveUntilGone() == "")
      }
    }
  }

  /// Some clients do not wait for the answer to CONNECT.
  @Test func bytesRightBehindConnect() async throws {
    try await withProxy(intercept: InterceptMode.none) { scene in
      let client = try Wire(to: scene.proxyPort)
      try client.send("CONNECT \(scene.host) HTTP/1.1\r\nHost: \(scene.host)\r\n\r\nearly")
      let origin = try scene.listener.accept()
      #expect(try origin.receive(5) == "early")
      try origin.send("answer")
      #expect(try client.receiveHead() == "HTTP/1.1 200 Connection established\r\n\r\n")
      #expect(try client.receive(6) == "answer")
    }
  }

  /// The origin speaks first.
  @Test func anOriginThatSpeaksFirst() async throws {
    try await withProxy(intercept: InterceptMode.none) { scene in
      let client = try Wire(to: scene.proxyPort)
      try scene.openTunnel(on: client)
      let origin = try scene.listener.accept()
      try origin.send("220 hello\r\n")
      #expect(try client.receive(11) == "220 hello\r\n")
    }
  }

  @Test(arguments: [true, false])
  func oneSideMayEndBeforeTheOther(_ clientFirst: Bool) async throws {
    try await withProxy(intercept: InterceptMode.none) { scene in
      let client = try Wire(to: scene.proxyPort)
      try scene.openTunnel(on: client)
      let origin = try scene.listener.accept()
      let (first, second) = clientFirst ? (client, origin) : (origin, client)
      try first.send("last words")
      first.endSending()
      #expect(try second.receiveToEnd() == "last words")
      // Enough for the proxy to have some of it waiting when the second side ends, too.
      let rest = String(repeating: "r", count: 3_000_000)
      Thread.detachNewThread {
        try? second.send(rest)
        second.endSending()
      }
      #expect(try first.receiveToEnd() == rest)
    }
  }

  @Test func aResetEndsBothSides() async throws {
    try await withProxy(intercept: InterceptMode.none) { scene in
      for clientFirst in [true, false] {
        let client = try Wire(to: scene.proxyPort)
        try scene.openTunnel(on: client)
        let origin = try scene.listener.accept()
        (clientFirst ? client : origin).reset()
        #expect((clientFirst ? origin : client).receiveUntilGone() == "")
      }
    }
  }

  @Test func aRefusedTunnelSaysWhy() async throws {
    try await withProxy(intercept: InterceptMode.none) { scene in
      // The listener is closed again at once.
      let port = try WireListener().port
      let client = try Wire(to: scene.proxyPort)
      try client.send("CONNECT 127.0.0.1:\(port) HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try client.receiveToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 502 "))
      #expect(answer.contains("error=connection_refused"))
      #expect(answer.contains("127.0.0.1:\(port) refused the connection."))
    }
  }

  // MARK: Opened tunnels

  @Test func nothingIsConnectedToBeforeSomebodyNeedsIt() async throws {
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        done(
          .respond(
            FetchResponse(
              status: 200, headers: HeaderList(),
              body: .bytes(ByteBuffer(string: request.url)))))
      }
    ])
    try await withProxy(interceptor: claims, intercept: .claimed) { scene in
      for isSecure in [true, false] {
        let client = try Wire(to: scene.proxyPort)
        // No such host exists.
        try client.send("CONNECT a.invalid:8443 HTTP/1.1\r\nHost: a.invalid:8443\r\n\r\n")
        #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 "))
        if isSecure { try client.startTLS(to: "a.invalid", trusting: scene.root) }
        try client.send("GET /claimed HTTP/1.1\r\nHost: a.invalid:8443\r\n\r\n")
        let scheme = isSecure ? "https" : "http"
        #expect(try client.receiveResponse().body == "\(scheme)://a.invalid:8443/claimed")
      }
    }
  }

  @Test func plainHTTPInsideATunnel() async throws {
    try await withProxy(intercept: .all) { scene in
      let client = try Wire(to: scene.proxyPort)
      try scene.openTunnel(on: client)
      #expect(!scene.listener.isWaiting(seconds: 0.05))
      try client.send("GET /x HTTP/1.1\r\nHost: \(scene.host)\r\n\r\n")
      let origin = try scene.accept()
      #expect(try origin.receiveHead().hasPrefix("GET /x HTTP/1.1\r\n"))
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      #expect(try client.receiveResponse().body == "ok")
      try client.send("CONNECT b.test:443 HTTP/1.1\r\nHost: b.test\r\n\r\n")
      #expect(try client.receiveToEnd().hasPrefix("HTTP/1.1 400 "))
    }
  }

  @Test(arguments: ["\u{0}\u{1}\u{2}", "\u{ff}", "\r\nx", " x", "{}"])
  func whatIsNeitherGoesThrough(_ start: String) async throws {
    try await withProxy(intercept: .all) { scene in
      let client = try Wire(to: scene.proxyPort)
      try scene.openTunnel(on: client)
      try client.send(start)
      let origin = try scene.accept()
      #expect(try origin.receive(bytes(start).count) == start)
      try origin.send("answer")
      #expect(try client.receive(6) == "answer")
      client.endSending()
      #expect(try origin.receiveToEnd() == "")
    }
  }

  /// Claims cover this origin's https: URLs only, so http: inside of a tunnel to it is left alone.
  @Test func onlyTheClaimedSchemeIsOpened() async throws {
    let claims = CannedInterceptor([:], covers: { $0.hasPrefix("https://") })
    try await withProxy(interceptor: claims, intercept: .claimed) { scene in
      let client = try Wire(to: scene.proxyPort)
      try scene.openTunnel(on: client)
      let text = "GET /x HTTP/1.1\nnot quite HTTP\n\n"
      try client.send(text)
      #expect(try scene.accept().receive(text.utf8.count) == text)
    }
  }

  /// The first bytes may come one at a time.
  @Test func aHandshakeOverManySegments() async throws {
    try await withProxy(.tls) { scene in
      let client = try Wire(to: scene.proxyPort)
      try scene.openTunnel(on: client)
      for byte in bytes(Self.helloStart) { try client.send([byte]) }
      // This is no handshake: an alert comes, and the end.
      #expect(client.receiveUntilGone().hasPrefix("\u{15}\u{03}"))
      #expect(!scene.listener.isWaiting())
    }
  }
}
