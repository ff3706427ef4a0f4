import Foundation
import Testing

@testable import Proxy

@Suite struct CertificateAuthorityDirectoryTests {
  let folder: TemporaryFolder
  /// Does not exist at first, nor does the folder above it.
  let directory: String

  init() throws {
    self.folder = try TemporaryFolder()
    self.directory = self.folder.file("share/ca")
  }

  @Test func anAuthorityIsMadeOnceAndReadAgain() throws {
    let made = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let again = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let loaded = try CertificateAuthority.load(directory: self.directory)
    #expect(made.fingerprint == again.fingerprint)
    #expect(made.fingerprint == loaded.fingerprint)
    #expect(try self.permissions("") == 0o700)
    #expect(try self.permissions("/ca-key.pem") == 0o600)
    let files = try FileManager.default.contentsOfDirectory(atPath: self.directory)
    #expect(files.sorted() == ["ca-key.pem", "ca.pem"])
  }

  @Test func whatTheCertificateSays() throws {
    let authority = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let (text, _) = try runProgram([
      "openssl", "x509", "-noout", "-text", "-in", self.directory + "/ca.pem",
    ])
    #expect(text.contains("X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0"))
    #expect(
      text.contains("X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n"))
    #expect(text.contains("X509v3 Subject Key Identifier:"))
    #expect(text.contains("NIST CURVE: P-256"))
    #expect(text.contains("Subject: O = Valor, CN = \(authority.name)\n"))
    #expect(authority.name.hasPrefix("Valor CA "))
    #expect(authority.name.contains(dateText(unixNow()).prefix(8)))
    let (print, _) = try runProgram([
      "openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", self.directory + "/ca.pem",
    ])
    #expect(print.lowercased() == "sha256 fingerprint=\(authority.fingerprint.lowercased())\n")
  }

  @Test func thePinIsTheDigestOfThePublicKey() throws {
    let authority = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let command = """
      openssl x509 -in ca.pem -noout -pubkey | openssl pkey -pubin -outform der \
      | openssl dgst -sha256 -binary | openssl enc -base64
      """
    let (text, _) = try runProgram(["sh", "-c", command], in: self.directory)
    #expect(text == authority.publicKeyPin + "\n")
  }

  @Test func exportsAreTheCertificateAlone() throws {
    let authority = try CertificateAuthority.loadOrCreate(directory: self.directory)
    #expect(try Data(contentsOf: self.url("ca.pem")) == Data(authority.pem))
    #expect(!String(decoding: authority.pem, as: UTF8.self).contains("PRIVATE"))
    let file = try self.folder.write(authority.der, to: "ca.der")
    let (text, _) = try runProgram(["openssl", "x509", "-inform", "der", "-in", file])
    #expect(text == String(decoding: authority.pem, as: UTF8.self))
  }

  @Test func loadingMakesNothing() throws {
    #expect(self.problem() == .missing)
    #expect(!FileManager.default.fileExists(atPath: self.directory))
    #expect(
      CertificateAuthorityError(path: "/x", problem: .missing).description
        == "/x: there is no certificate authority here; make one with: valor ca init")
  }

  @Test(arguments: [("", 0o755, "700"), ("", 0o710, "700"), ("/ca-key.pem", 0o640, "600")])
  func accessByOthersIsRefused(file: String, permissions: Int, wanted: String) throws {
    _ = try CertificateAuthority.loadOrCreate(directory: self.directory)
    try FileManager.default.setAttributes(
      [.posixPermissions: permissions], ofItemAtPath: self.directory + file)
    let expected = CertificateAuthorityError(
      path: self.directory + file,
      problem: .accessibleByOthers(permissions: String(permissions, radix: 8), wanted: wanted))
    #expect(throws: expected) { try CertificateAuthority.load(directory: self.directory) }
    #expect(throws: expected) { try CertificateAuthority.loadOrCreate(directory: self.directory) }
    #expect(expected.description.contains("chmod \(wanted) '\(self.directory + file)'"))
  }

  @Test func aKeyOfAnotherCertificateIsRefused() throws {
    _ = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let other = try #require(PrivateKey.generateP256()?.pem())
    try self.overwrite("ca-key.pem", Data(other))
    #expect(self.problem() == .keyMismatch)
  }

  @Test func damagedFilesAreRefused() throws {
    _ = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let key = try Data(contentsOf: self.url("ca-key.pem"))
    try self.overwrite("ca-key.pem", Data("nothing".utf8))
    #expect(self.problem() == .damagedKey)
    try self.overwrite("ca-key.pem", key)
    try self.overwrite("ca.pem", Data())
    #expect(self.problem() == .damagedCertificate)
    #expect(throws: CertificateAuthorityError.self) {
      try CertificateAuthority.loadOrCreate(directory: self.directory)
    }
  }

  @Test func anEncryptedKeyIsRefusedWithoutAsking() throws {
    _ = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let command = "openssl pkey -in ca-key.pem -aes256 -passout pass:x -out enc.pem"
    #expect(try runProgram(["sh", "-c", command], in: self.directory).code == 0)
    try self.overwrite("ca-key.pem", Data(contentsOf: self.url("enc.pem")))
    #expect(self.problem() == .damagedKey)
  }

  @Test func aServersCertificateIsNoAuthority() throws {
    _ = try CertificateAuthority.loadOrCreate(directory: self.directory)
    try self.overwrite("ca.pem", Data(contentsOf: URL(fileURLWithPath: TestChain.file("good.pem"))))
    try self.overwrite(
      "ca-key.pem", Data(contentsOf: URL(fileURLWithPath: TestChain.file("good-key.pem"))))
    #expect(self.problem() == .notAnAuthority)
  }

  @Test func anAuthorityOutOfItsTimeIsRefused() throws {
    let now = unixNow()
    let authority = try CertificateAuthority.loadOrCreate(directory: self.directory, now: now)
    let end = now + CertificateAuthority.lifetime
    #expect(self.problem(now: end) == .expired(authority.expiry))
    #expect(self.problem(now: end - 1) == nil)
    #expect(self.problem(now: now - 86_401) == .notYetValid(dateText(now - 86_400)))
  }

  @Test func aCreationCutShortIsCompletedAndALostKeyIsNotReplaced() throws {
    let made = try CertificateAuthority.loadOrCreate(directory: self.directory)
    try FileManager.default.removeItem(at: self.url("ca.pem"))
    try Data("half".utf8).write(to: self.url("ca.pem.new"))
    #expect(self.problem() == .missing)
    let completed = try CertificateAuthority.loadOrCreate(directory: self.directory)
    #expect(completed.publicKeyPin == made.publicKeyPin)
    try FileManager.default.removeItem(at: self.url("ca-key.pem"))
    #expect(self.problem() == .missingKey)
    #expect(throws: CertificateAuthorityError.self) {
      try CertificateAuthority.loadOrCreate(directory: self.directory)
    }
    #expect(!FileManager.default.fileExists(atPath: self.url("ca-key.pem").path))
  }

  @Test func manyWhoStartAtOnceGetTheSame() async throws {
    for round in 0..<5 {
      let directory = self.folder.file("race\(round)")
      let prints = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 {
          group.addTask { try CertificateAuthority.loadOrCreate(directory: directory).fingerprint }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(prints.count == 1)
    }
  }

  @Test func aPipeInPlaceOfTheKeyDoesNotBlock() throws {
    _ = try CertificateAuthority.loadOrCreate(directory: self.directory)
    let command = "rm ca-key.pem && mkfifo -m 600 ca-key.pem"
    #expect(try runProgram(["sh", "-c", command], in: self.directory).code == 0)
    #expect(self.problem() == .wrongType)
  }

  private func problem(now: Int? = nil) -> CertificateAuthorityError.Problem? {
    do throws(CertificateAuthorityError) {
      _ = try CertificateAuthority.load(directory: self.directory, now: now)
      return nil
    } catch {
      return error.problem
    }
  }

  private func url(_ name: String) -> URL {
    URL(fileURLWithPath: self.directory).appendingPathComponent(name)
  }

  /// Replaces a file's content and keeps its permissions.
  private func overwrite(_ name: String, _ data: Data) throws {
    let file = try FileHandle(forWritingTo: self.url(name))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: data)
    try file.close()
  }

  private func permissions(_ name: String) throws -> Int? {
    let attributes = try FileManager.default.attributesOfItem(atPath: self.directory + name)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue
  }
}
