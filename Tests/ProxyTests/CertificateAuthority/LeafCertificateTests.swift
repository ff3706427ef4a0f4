import COpenSSL
import Foundation
import Testing

@testable import Proxy

@Suite struct LeafCertificateTests {
  @Test(arguments: [
    ("example.test", ["-verify_hostname", "example.test"]),
    ("192.0.2.1", ["-verify_ip", "192.0.2.1"]), ("::1", ["-verify_ip", "::1"]),
    (longName, ["-verify_hostname", longName]),
  ])
  func theOpenSSLCommandFindsNoFault(host: String, option: [String]) throws {
    let folder = try TemporaryFolder()
    let authority = try makeAuthority()
    let leaf = try LeafMinter(authority: authority).mint(for: ServerName(host), now: unixNow())
    let root = try folder.write(authority.pem, to: "root.pem")
    let file = try folder.write(try #require(leaf.pem()), to: "leaf.pem")
    let (text, code) = try runProgram(
      ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-CAfile", root]
        + option + [file])
    #expect(code == 0, "\(text)")
    #expect(text == "\(file): OK\n")
  }

  @Test func whatALeafSays() throws {
    let now = unixNow()
    let authority = try makeAuthority()
    let minter = try LeafMinter(authority: authority)
    let leaf = try minter.mint(for: ServerName("example.test"), now: now)
    #expect(leaf.subject == "example.test")
    #expect(leaf.notBefore == now - 86_400)
    #expect(leaf.notAfter == now + 45 * 86_400)
    #expect(!leaf.isAuthority)
    #expect(leaf.matches(minter.leafKey))
    #expect(!leaf.matches(authority.key))
    #expect(leaf.publicKeyDigest != authority.certificate.publicKeyDigest)

    let text = try describe(leaf)
    #expect(text.contains("X509v3 Basic Constraints: critical\n                CA:FALSE"))
    #expect(text.contains("X509v3 Key Usage: critical\n                Digital Signature\n"))
    #expect(text.contains("Extended Key Usage: \n                TLS Web Server Authentication\n"))
    #expect(text.contains("Alternative Name: \n                DNS:example.test\n"))
    let subjectKey = try value(
      of: "X509v3 Subject Key Identifier", in: describe(authority.certificate))
    #expect(try value(of: "X509v3 Authority Key Identifier", in: text) == subjectKey)
  }

  @Test func aNameThatIsTooLongForASubjectLeavesItEmpty() throws {
    let leaf = try LeafMinter(authority: makeAuthority()).mint(
      for: ServerName(longName), now: unixNow())
    #expect(try describe(leaf).contains("Alternative Name: critical"))
    #expect(leaf.subject == "(no name)")
  }

  @Test func aLeafDoesNotOutliveItsAuthority() throws {
    let past = unixNow() - CertificateAuthority.lifetime + 3 * 86_400
    let authority = try makeAuthority(now: past)
    let leaf = try LeafMinter(authority: authority).mint(
      for: ServerName("example.test"), now: unixNow())
    #expect(leaf.notAfter == authority.certificate.notAfter)
  }

  @Test func serialNumbersAreRandomAndPositive() throws {
    let minter = try LeafMinter(authority: makeAuthority())
    var serials: Set<String> = []
    for _ in 0..<50 {
      let leaf = try minter.mint(for: .dns("example.test"), now: unixNow())
      let serial = leaf.withHandle { leaf -> String? in
        guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), nil) else { return nil }
        defer { BN_free(number) }
        guard BN_is_negative(number) == 0, let text = BN_bn2hex(number) else { return nil }
        defer { CRYPTO_free(text, #fileID, #line) }
        return String(cString: text)
      }
      let digits = try #require(serial)
      #expect(digits.count > 20 && digits.count <= 32)
      serials.insert(digits)
    }
    #expect(serials.count == 50)
  }

  @Test func manyWhoAskAtOnceGetOneCertificate() async throws {
    let cache = LeafCertificateCache(minter: try LeafMinter(authority: makeAuthority()))
    let now = unixNow()
    let prints = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for task in 0..<32 {
        group.addTask { try cache.leaf(for: .dns("host\(task % 4).test"), now: now).fingerprint }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(prints.count == 4)
    #expect(cache.mintedCount == 4)
  }

  @Test func aLeafIsRenewedOnItsLastDayAndAfterTheClockWasSetBack() throws {
    let cache = LeafCertificateCache(minter: try LeafMinter(authority: makeAuthority()))
    let now = unixNow()
    let name = ServerName.dns("example.test")
    let first = try cache.leaf(for: name, now: now)
    #expect(try cache.leaf(for: name, now: now + 44 * 86_400) === first)
    let second = try cache.leaf(for: name, now: now + 44 * 86_400 + 1)
    #expect(second !== first)
    #expect(second.notAfter == now + 89 * 86_400 + 1)
    #expect(try cache.leaf(for: name, now: now) !== second)
    #expect(cache.mintedCount == 3)
  }

  @Test func theCacheIsBounded() throws {
    let cache = LeafCertificateCache(
      minter: try LeafMinter(authority: makeAuthority()), capacity: 2)
    for name in ["a", "b", "c", "c", "b", "a"] {
      _ = try cache.leaf(for: .dns(name), now: unixNow())
    }
    #expect(cache.mintedCount == 4)
  }

  private func describe(_ certificate: Certificate) throws -> String {
    let folder = try TemporaryFolder()
    let file = try folder.write(try #require(certificate.pem()), to: "leaf.pem")
    return try runProgram(["openssl", "x509", "-noout", "-text", "-in", file]).text
  }

  private func value(of title: String, in text: String) throws -> String {
    let lines = text.split(separator: "\n")
    let index = try #require(lines.firstIndex { $0.contains(title) })
    return lines[index + 1].trimmingCharacters(in: .whitespaces)
  }
}

private let longName = String(repeating: "a", count: 60) + ".example.test"
