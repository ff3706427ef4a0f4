import FetchModel
import NIOCore
import Testing

@testable import Proxy

@Suite struct TLSVerificationTests {
  @Test(arguments: [
    ("good", "localhost"), ("good", "127.0.0.1"), ("good", "a.example.test"), ("ip", "::1"),
  ])
  func aGoodCertificateIsAccepted(name: String, host: String) throws {
    let progress = try ChainServer(name).connect(as: host).handshake()
    #expect(progress.client.result?.serverName == (try ServerName(host)))
  }

  @Test(arguments: [
    ("expired", "localhost", ["localhost", "has expired on 2020-02-01 00:00:00 UTC"]),
    ("future", "localhost", ["not valid before 2120-01-01 00:00:00 UTC"]),
    (
      "wrong-name", "localhost",
      ["for another name: a.invalid, b.invalid", "h.invalid and 2 more"]
    ),
    ("ip", "localhost", ["for another name: 127.0.0.1, ::1"]),
    ("good", "192.0.2.1", ["for another name: localhost, *.example.test, 127.0.0.1"]),
    // A wildcard stands for one label, and the whole of it.
    ("good", "a.b.example.test", ["for another name"]),
    ("unknown-issuer", "localhost", ["issued by \"Unknown Root\"", "neither trusted nor"]),
    ("self-signed", "localhost", ["signed by itself"]),
  ])
  func aBadCertificateIsRefusedWithTheReason(
    name: String, host: String, words: [String]
  ) throws {
    let progress = try ChainServer(name).connect(as: host).handshake()
    let failure = try #require(progress.client.failure)
    #expect(failure.kind == .certificate)
    for word in words { #expect(failure.message.contains(word), "\(failure.message)") }
    let error = failure.fetchError(.upstream)
    #expect(error.code == .tlsCertificateError)
    #expect(error.source == .upstream)
    guard case .alertReceived? = progress.server.failure?.kind else {
      Issue.record("the server got no alert: \(progress.server)")
      return
    }
  }

  @Test func anInsecureClientAcceptsEverything() throws {
    let trust = TLSTrust(usesSystemStore: false, isInsecure: true)
    for name in ["expired", "wrong-name", "self-signed"] {
      let pair = try ChainServer(name).connect(as: "localhost", trust: trust)
      #expect(pair.handshake().client.result != nil)
    }
  }

  @Test func theSystemStoreDoesNotTrustTheTestRoot() throws {
    let pair = try ChainServer("good").connect(as: "localhost", trust: TLSTrust())
    #expect(pair.handshake().client.failure?.kind == .certificate)
  }

  @Test func aCertificateNamedAsTrustedNeedsNoRoot() throws {
    let trust = TLSTrust(
      usesSystemStore: false, extraFiles: [try TestChain.file("intermediate.pem")])
    let pair = try ChainServer("good").connect(as: "localhost", trust: trust)
    #expect(pair.handshake().client.result != nil)
  }

  @Test func aClientThatDistrustsTheProxyIsToldOf() throws {
    let fixture = try TLSFixture()
    let stranger = try TLSClientContext(trust: TLSTrust(usesSystemStore: false))
    let pair = TLSPair(
      client: try stranger.makeSession(name: .dns("example.test"), port: 443),
      server: try fixture.server.makeSession(target: .dns("example.test")))
    let progress = pair.handshake()
    #expect(progress.client.failure?.message.contains("root that is not among") == true)
    let failure = try #require(progress.server.failure)
    #expect(failure.kind == .alertReceived(48))
    #expect(failure.code == .tlsAlertReceived)
    #expect(failure.message.contains("unknown CA"))
    #expect(failure.message.contains("does not trust this proxy's certificate authority"))
  }

  @Test func badTrustFilesAreClearErrors() throws {
    let folder = try TemporaryFolder()
    let missing = folder.file("missing.pem")
    #expect(
      throws: TLSConfigurationError.unreadableFile(
        path: missing, reason: "No such file or directory")
    ) { try TLSClientContext(trust: TLSTrust(extraFiles: [missing])) }
    let empty = try folder.write(Array("nothing".utf8), to: "empty.pem")
    let noCertificate = TLSConfigurationError.badFile(
      path: empty, reason: "it holds no certificate in PEM form")
    #expect(throws: noCertificate) {
      try TLSClientContext(trust: TLSTrust(extraFiles: [empty]))
    }
    #expect(noCertificate.description == "\(empty): it holds no certificate in PEM form")
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    let damaged = try folder.write(Array(text.utf8), to: "damaged.pem")
    #expect(
      throws: TLSConfigurationError.badFile(
        path: damaged, reason: "a certificate in it is damaged")
    ) { try TLSClientContext(trust: TLSTrust(extraFiles: [damaged])) }
    #expect(throws: TLSConfigurationError.self) {
      try TLSClientContext(trust: TLSTrust(extraFiles: [folder.path]))
    }
  }
}
