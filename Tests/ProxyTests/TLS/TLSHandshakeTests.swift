import NIOCore
import Testing

@testable import Proxy

@Suite struct TLSHandshakeTests {
  @Test(arguments: [true, false], [Int.max, 1, 7])
  func aHandshakeAndAnExchange(isTLS12: Bool, chunk: Int) throws {
    let pair = try TLSFixture(isTLS12: isTLS12).connect("example.test")
    let progress = pair.handshake(chunk: chunk)
    let expected = TLSHandshakeResult(
      applicationProtocol: "http/1.1", serverName: .dns("example.test"),
      version: isTLS12 ? "TLSv1.2" : "TLSv1.3", isResumed: false)
    #expect(progress.client == .established(expected))
    #expect(progress.server == .established(expected))

    try pair.client.write(ByteBuffer(string: "ping"))
    pair.carry(from: pair.client, to: pair.server, chunk)
    #expect(readAll(pair.server) == (ByteBuffer(string: "ping"), .wouldBlock))
    try pair.server.write(ByteBuffer(string: "po"), ByteBuffer(string: "ng"))
    pair.carry(from: pair.server, to: pair.client, chunk)
    #expect(readAll(pair.client) == (ByteBuffer(string: "pong"), .wouldBlock))
  }

  @Test func anIndicationInCapitalLettersIsTheSameHost() throws {
    let fixture = try TLSFixture()
    _ = try fixture.connect("Example.TEST").handshake()
    _ = try fixture.connect("example.test").handshake()
    #expect(fixture.leaves.mintedCount == 1)
  }

  @Test(arguments: ["127.0.0.1", "::1", "[2001:db8::7]"])
  func anAddressIsVerifiedByTheTargetsName(host: String) throws {
    let progress = try TLSFixture().connect(host).handshake()
    #expect(progress.client.result?.serverName == (try ServerName(host)))
    #expect(progress.server.result != nil)
  }

  @Test func theIndicationWinsOverTheTarget() throws {
    let progress = try TLSFixture().connect("name.test", target: "192.0.2.1").handshake()
    #expect(progress.client.result != nil)
    #expect(progress.server.result?.serverName == .dns("name.test"))
  }

  @Test func theServersOrderDecidesTheProtocol() throws {
    let fixture = try TLSFixture(
      serverALPN: ["h2", "http/1.1"], clientALPN: ["http/1.1", "spdy/3", "h2"])
    let progress = try fixture.connect("example.test").handshake()
    #expect(progress.client.result?.applicationProtocol == "h2")
    #expect(progress.server.result?.applicationProtocol == "h2")
  }

  @Test func aClientWithoutProtocolsGetsNone() throws {
    let progress = try TLSFixture(clientALPN: []).connect("example.test").handshake()
    #expect(progress.client.result != nil)
    #expect(progress.client.result?.applicationProtocol == nil)
    #expect(progress.server.result?.applicationProtocol == nil)
  }

  @Test func aClientWithOnlyOtherProtocolsGetsAnAlert() throws {
    let progress = try TLSFixture(clientALPN: ["h2"]).connect("example.test").handshake()
    #expect(progress.client.failure?.kind == .alertReceived(120))
    #expect(progress.client.failure?.message.contains("no application protocol") == true)
    #expect(progress.server.failure?.kind == .protocolError)
    #expect(progress.server.failure?.message.contains("ALPN") == true)
  }

  @Test(arguments: [true, false])
  func theSecondConnectionIsResumed(isTLS12: Bool) throws {
    let fixture = try TLSFixture(isTLS12: isTLS12)
    for round in 0..<4 {
      let pair = try fixture.connect("example.test")
      let progress = pair.handshake()
      #expect(progress.client.result?.isResumed == (round > 0))
      #expect(progress.server.result?.isResumed == (round > 0))
      #expect(progress.server.result?.serverName == .dns("example.test"))
      // Tickets of TLS 1.3 come after the handshake and are taken in by reading.
      #expect(readAll(pair.client).1 == .wouldBlock)
    }
    #expect(fixture.leaves.mintedCount == 1)
  }

  @Test func nothingIsResumedAcrossPortsHostsOrTrust() throws {
    let fixture = try TLSFixture()
    let first = try fixture.connect("example.test")
    #expect(first.handshake().client.result?.isResumed == false)
    #expect(readAll(first.client).1 == .wouldBlock)
    let otherPort = try fixture.connect("example.test", port: 8443)
    #expect(otherPort.handshake().client.result?.isResumed == false)
    let otherHost = try fixture.connect("other.test")
    #expect(otherHost.handshake().client.result?.isResumed == false)
    let trustful = try TLSClientContext(
      trust: TLSTrust(usesSystemStore: false, isInsecure: true))
    let pair = TLSPair(
      client: try trustful.makeSession(name: .dns("example.test"), port: 443),
      server: try fixture.server.makeSession(target: .dns("example.test")))
    #expect(pair.handshake().client.result?.isResumed == false)
  }

  @Test func aHandshakeThatFailsForgetsTheServersSessions() throws {
    let fixture = try TLSFixture(isTLS12: true)
    #expect(try fixture.connect("example.test").handshake().client.result != nil)
    let broken = try fixture.client.makeSession(name: .dns("example.test"), port: 443)
    #expect(broken.advance() == .handshaking)
    broken.receiveEOF()
    #expect(broken.advance().failure != nil)
    let next = try fixture.connect("example.test").handshake()
    #expect(next.client.result?.isResumed == false)
  }

  @Test func sessionsAreKeptForABoundedNumberOfServers() throws {
    let fixture = try TLSFixture(isTLS12: true)
    let file = try fixture.folder.write(fixture.authority.pem, to: "trusted.pem")
    let client = try TLSClientContext(
      trust: TLSTrust(usesSystemStore: false, extraFiles: [file]), resumableServers: 2)
    let isResumed = try ["a.test", "b.test", "c.test", "c.test", "b.test", "a.test"].map { host in
      let pair = TLSPair(
        client: try client.makeSession(name: ServerName(host), port: 443),
        server: try fixture.server.makeSession(target: ServerName(host)))
      return try #require(pair.handshake().client.result).isResumed
    }
    #expect(isResumed == [false, false, false, true, true, false])
  }
}
