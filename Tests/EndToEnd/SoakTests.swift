import Foundation
import TestSupport
import Testing

/// Connections opened, dropped and stalled at random, for `VALOR_SOAK_SECONDS`: no descriptor, thread
/// or memory is left behind in the proxy.
@Suite struct SoakTests {
  static let seconds = ProcessInfo.processInfo.environment["VALOR_SOAK_SECONDS"] ?? ""

  @Test(.enabled(if: !seconds.isEmpty), arguments: [1])
  func nothingIsLeftBehind(seed: Int) async throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate()
    let folder = try TemporaryFolder()
    let pem = try folder.write(
      try [certificate.chainFile, certificate.keyFile]
        .map { try String(contentsOfFile: $0, encoding: .utf8) }.joined(), to: "origin.pem")
    let options = ["--intercept", "all", "--upstream-ca", authority.rootFile]
    try await withValor(options + plugin("body", claims: "http://plugin.test/")) { valor in
      let port = String(valor.proxyURL.split(separator: ":").last ?? "")
      let result = try await run(
        "/usr/bin/python3",
        [
          client("soak.py"), port, "\(valor.child.processID)", valor.authorityFile, pem,
          Self.seconds, "\(seed)",
        ], seconds: 120 + 2 * (Double(Self.seconds) ?? 0))
      print(result.text, terminator: "")
      #expect(result.status == .code(0), "\(result.text)\(result.errorText)")
      // And it answers as before.
      #expect(try await valor.curl(["http://plugin.test/"]).status == 200)
    }
  }
}
