import COpenSSL
import Foundation
import NIOCore

@testable import Proxy

/// A test could not be set up.
struct TestFailure: Error { var message: String }

/// A folder that goes when the object goes.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    self.path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: self.path) }

  func file(_ name: String) -> String { self.path + "/" + name }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: self.file(name)))
    return self.file(name)
  }
}

func unixNow() -> Int { Int(Date().timeIntervalSince1970) }

/// A new authority that no store trusts.
func makeAuthority(_ name: String = "Test CA", now: Int = unixNow()) throws -> CertificateAuthority
{
  guard let key = PrivateKey.generateP256() else { throw TestFailure(message: "no key") }
  let certificate = try CertificateAuthority.makeCertificate(name: name, key: key, now: now)
  return try CertificateAuthority(certificate: certificate, key: key, now: now)
}

/// An intercepting server, and clients that trust its authority and nothing else.
struct TLSFixture {
  let folder: TemporaryFolder
  let authority: CertificateAuthority
  let leaves: LeafCertificateCache
  let server: TLSServerContext
  let client: TLSClientContext

  init(
    serverALPN: [String] = ["http/1.1"], clientALPN: [String] = ["http/1.1"],
    clock: @escaping @Sendable () -> Int = { unixNow() }, isTLS12: Bool = false,
    isInsecure: Bool = false
  ) throws {
    self.folder = try TemporaryFolder()
    self.authority = try makeAuthority()
    self.leaves = LeafCertificateCache(minter: try LeafMinter(authority: self.authority))
    self.server = try TLSServerContext(leaves: self.leaves, alpn: serverALPN, clock: clock)
    let file = try self.folder.write(self.authority.pem, to: "trusted.pem")
    self.client = try TLSClientContext(
      trust: TLSTrust(usesSystemStore: false, extraFiles: [file], isInsecure: isInsecure),
      alpn: clientALPN)
    if isTLS12 {
      self.server.handle.withHandle {
        _ = valor_SSL_CTX_set_max_proto_version($0, TLS1_2_VERSION)
      }
    }
  }

  /// Both ends of a new connection to a host.
  func connect(_ host: String, port: Int = 443, target: String? = nil) throws -> TLSPair {
    TLSPair(
      client: try self.client.makeSession(name: ServerName(host), port: port),
      server: try self.server.makeSession(target: ServerName(target ?? host)))
  }
}

/// Both ends of a connection, and what stands for the network between them.
struct TLSPair {
  let client: TLSSession
  let server: TLSSession

  /// Carries bytes both ways and advances both handshakes until nothing is under way any more.
  ///
  /// - Parameter chunk: how many bytes arrive at a time.
  /// - Returns: how far both sides are then.
  func handshake(chunk: Int = .max) -> (client: TLSProgress, server: TLSProgress) {
    var client = self.client.advance()
    var server = self.server.advance()
    for _ in 0..<20 {
      let moved = self.carry(from: self.client, to: self.server, chunk) { server = $0.advance() }
      let back = self.carry(from: self.server, to: self.client, chunk) { client = $0.advance() }
      if !moved, !back { break }
    }
    return (client, server)
  }

  /// Carries what one side has to send. Returns whether there was anything.
  @discardableResult
  func carry(
    from sender: TLSSession, to receiver: TLSSession, _ chunk: Int = .max,
    then: (TLSSession) -> Void = { _ in }
  ) -> Bool {
    guard var output = sender.takeOutput() else { return false }
    while output.readableBytes > 0,
      let piece = output.readSlice(length: min(chunk, output.readableBytes))
    {
      receiver.receive(piece)
      then(receiver)
    }
    return true
  }
}

/// Reads until something other than bytes comes.
func readAll(_ session: TLSSession, upTo limit: Int = 65_536) -> (ByteBuffer, TLSRead) {
  var buffer = ByteBuffer()
  for _ in 0..<100_000 {
    let result = session.read(into: &buffer, upTo: limit)
    if case .bytes = result { continue }
    return (buffer, result)
  }
  return (buffer, .wouldBlock)
}

extension TLSProgress {
  var result: TLSHandshakeResult? {
    if case .established(let result) = self { result } else { nil }
  }
  var failure: TLSFailure? { if case .failed(let failure) = self { failure } else { nil } }
}
