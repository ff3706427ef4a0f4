import COpenSSL
import FetchModel
import NIOCore
import Testing

@testable import Proxy

@Suite struct TLSGarbageTests {
  @Test(
    arguments: [Int.max, 1], ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PROPFIND / HTTP/1.1\r\n\r\n"])
  func aPlainRequestToTheServerIsNamed(chunk: Int, request: String) throws {
    let session = try TLSFixture().server.makeSession(target: .dns("example.test"))
    let failure = try #require(feed(session, Array(request.utf8), chunk: chunk))
    #expect(failure.kind == .protocolError)
    #expect(failure.message.contains("plain HTTP"))
    #expect(failure.fetchError(.client).code == .tlsProtocolError)
  }

  @Test func aPlainResponseToTheClientIsNamed() throws {
    let session = try TLSFixture().client.makeSession(name: .dns("example.test"), port: 443)
    #expect(session.advance() == .handshaking)
    let response = "HTTP/1.1 400 Bad Request\r\n\r\n"
    let failure = try #require(feed(session, Array(response.utf8)))
    #expect(failure.message == "the server does not speak TLS on this port but plain HTTP")
  }

  @Test func anotherProtocolIsNamedAsNotTLS() throws {
    let session = try TLSFixture().client.makeSession(name: .dns("example.test"), port: 22)
    #expect(session.advance() == .handshaking)
    let failure = try #require(feed(session, Array("SSH-2.0-OpenSSH_9.2p1\r\n".utf8)))
    #expect(failure.message == "the server does not speak TLS on this port")
  }

  @Test(arguments: 0..<64) func randomBytesFailAndNeverTrap(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var bytes = (0..<2_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    // Half of them look like a handshake record at first.
    if seed % 2 == 0 { bytes.replaceSubrange(0..<5, with: [0x16, 3, 1, 2, 0]) }
    let session = try TLSFixture().server.makeSession(target: .dns("example.test"))
    #expect(feed(session, bytes, chunk: 100) != nil)
    var buffer = ByteBuffer()
    #expect(session.read(into: &buffer, upTo: 10) == .failed(try #require(session.failure)))
    #expect(throws: TLSFailure.self) { try session.write(ByteBuffer(string: "x")) }
  }

  @Test func aDamagedRecordFailsTheConnection() throws {
    let pair = try TLSFixture().connect("example.test")
    #expect(pair.handshake().server.result != nil)
    try pair.client.write(ByteBuffer(string: "hello"))
    var record = try #require(pair.client.takeOutput())
    record.setInteger(UInt8(0xFF), at: record.writerIndex - 1)
    record.setInteger(UInt8(0xFF), at: record.writerIndex - 2)
    pair.server.receive(record)
    guard case .failed(let failure) = readAll(pair.server).1 else {
      Issue.record("the record was accepted")
      return
    }
    #expect(failure.kind == .protocolError)
    // The other side learns of it.
    pair.carry(from: pair.server, to: pair.client)
    _ = readAll(pair.client)
    #expect(pair.client.failure?.kind == .alertReceived(20))
  }

  @Test(arguments: ["*.test", "a b.test", "ex\u{E4}mple.test", "a..test", ".test", "1.2.3.4:80"])
  func aHostileIndicationGetsAnAlert(name: String) throws {
    let fixture = try TLSFixture(isInsecure: true)
    let client = try fixture.client.makeSession(name: .dns("example.test"), port: 443)
    client.withHandle { ssl in
      _ = valor_SSL_set_tlsext_host_name(ssl, name)
    }
    let pair = TLSPair(
      client: client, server: try fixture.server.makeSession(target: .dns("example.test")))
    let progress = pair.handshake()
    #expect(progress.client.failure?.kind == .alertReceived(112))
    #expect(progress.server.failure?.kind == .protocolError)
    #expect(progress.server.failure?.message.contains("Server Name Indication") == true)
    #expect(fixture.leaves.mintedCount == 0)
  }

  @Test func aHandshakeThatEndsEarlyIsNamed() throws {
    let fixture = try TLSFixture()
    let server = try fixture.server.makeSession(target: .dns("example.test"))
    server.receiveEOF()
    #expect(server.advance().failure?.kind == .closed)
    let client = try fixture.client.makeSession(name: .dns("example.test"), port: 443)
    #expect(client.advance() == .handshaking)
    client.receiveEOF()
    let failure = try #require(client.advance().failure)
    #expect(failure.message == "the server closed the connection during the TLS handshake")
    #expect(failure.fetchError(.upstream).code == .connectionTerminated)
  }

  /// Feeds bytes to a session and returns how it failed, if it did.
  private func feed(_ session: TLSSession, _ bytes: [UInt8], chunk: Int = .max) -> TLSFailure? {
    var buffer = ByteBuffer(bytes: bytes)
    while let piece = buffer.readSlice(length: min(chunk, buffer.readableBytes)),
      piece.readableBytes > 0
    {
      session.receive(piece)
      if let failure = session.advance().failure { return failure }
    }
    session.receiveEOF()
    return session.advance().failure
  }
}

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
