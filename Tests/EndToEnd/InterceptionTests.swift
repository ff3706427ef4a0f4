import Foundation
import TestSupport
import Testing

/// Which TLS connections the proxy opens, and what its CA is.
@Suite struct InterceptionTests {
  @Test(arguments: ["claimed", "none"])
  func whatIsNotInterceptedShowsTheOriginsOwnCertificate(intercept: String) async throws {
    let authority = try TestAuthority()
    let origin = try TestOrigin(certificate: authority.certificate())
    defer { origin.stop() }
    let url = "\(origin.url(host: "localhost"))/"
    let arguments = ["--intercept", intercept] + plugin("hello", claims: "https://hello.example/")
    try await withValor(arguments) { valor in
      let trusting = try await valor.curl([url], trust: authority.rootFile)
      #expect(trusting.status == 200, "\(trusting.errorText)")
      let untrusting = try await valor.curl([url])
      #expect(untrusting.exitCode == 60)
    }
    #expect(origin.requests.first?.first("via") == nil)
  }

  @Test func noneLeavesEvenAClaimedOriginAlone() async throws {
    let authority = try TestAuthority()
    let origin = try TestOrigin(certificate: authority.certificate())
    defer { origin.stop() }
    let url = "\(origin.url(host: "localhost"))/"
    try await withValor(["--intercept", "none"] + plugin("hello", claims: url)) { valor in
      let answer = try await valor.curl([url], trust: authority.rootFile)
      #expect(answer.first("x-plugin") == nil)
      #expect(origin.requestCount == 1)
    }
  }

  @Test func allOpensEverything() async throws {
    try await withScene(.intercepted) { scene in
      let answer = try await scene.through([], "/")
      #expect(answer.first("via") != nil)
      #expect(scene.origin.requests.first?.serverName == "localhost")
      let result = try await scene.valor.curl(["\(scene.url)/"], trust: scene.root)
      #expect(result.exitCode == 60, "the origin's own certificate is not shown")
    }
  }

  @Test func theAuthorityIsMadeOnceAndKeptSafe() async throws {
    let folder = try TemporaryFolder()
    let first = try await withValor([], in: folder) { valor in
      let text = try String(contentsOfFile: valor.authorityFile, encoding: .utf8)
      #expect(try Self.permissions(folder.file("ca")) == 0o700)
      #expect(try Self.permissions(folder.file("ca/ca-key.pem")) == 0o600)
      return text
    }
    let second = try await withValor([], in: folder) { valor in
      try String(contentsOfFile: valor.authorityFile, encoding: .utf8)
    }
    #expect(first == second)
    #expect(first.contains("BEGIN CERTIFICATE"))
    #expect(!first.contains("PRIVATE KEY"))
  }

  @Test func aKeyThatOthersCanReadIsRefused() async throws {
    let folder = try TemporaryFolder()
    try await withValor([], in: folder) { _ in }
    #expect(chmod(folder.file("ca/ca-key.pem"), 0o644) == 0)
    let result = try await valor(
      ["run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        + ValorProcess.directories(in: folder))
    #expect(result.status != .code(0))
    #expect(result.errorText.contains("ca-key.pem"), "\(result.errorText)")
    #expect(!result.text.contains("listening"))
  }

  @Test func caShowTellsWhatToTrust() async throws {
    let folder = try TemporaryFolder()
    try await withValor([], in: folder) { _ in }
    let shown = try await valor(["ca", "show", "--ca-dir", folder.file("ca")])
    #expect(shown.status == .code(0), "\(shown.errorText)")
    let openssl = try await run(
      "openssl", ["x509", "-noout", "-fingerprint", "-sha256", "-in", folder.file("ca/ca.pem")])
    let fingerprint = try #require(openssl.text.split(separator: "=").last)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(shown.text.contains(fingerprint), "\(shown.text)")
    #expect(shown.text.contains(folder.file("ca/ca.pem")))
    for client in ["curl", "Chromium", "Firefox"] { #expect(shown.text.contains(client)) }
  }

  private static func permissions(_ path: String) throws -> Int? {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue
  }
}
