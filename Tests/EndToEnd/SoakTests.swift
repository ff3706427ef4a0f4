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

  /// Connections without a request cost a descriptor and little else.
  @Test(.enabled(if: !seconds.isEmpty))
  func tenThousandIdleConnectionsAreHeld() async throws {
    try await withValor(["--max-connections-per-client", "12000"]) { valor in
      let port = String(valor.proxyURL.split(separator: ":").last ?? "")
      let result = try await run(
        "/usr/bin/python3",
        [
          client("idle_connections.py"), port, "http://valor.proxy/proxy.pac", "10000",
          "\(valor.child.processID)",
        ], seconds: 300)
      print(result.text, terminator: "")
      #expect(result.status == .code(0), "\(result.text)\(result.errorText)")
    }
  }

  /// A gigabyte, and a reader that takes its time, add less than 16 MB each.
  @Test(.enabled(if: !seconds.isEmpty), arguments: Transport.allCases)
  func aGigabyteIsNeverKept(transport: Transport) async throws {
    let routes: [String: TestOrigin.Route] = ["/large": { _ in .large(count: 1 << 30) }]
    try await withScene(transport, routes: routes) { scene in
      let process = scene.valor.child.processID
      _ = try await scene.through([], "/warm")
      let before = try #require(ProcessTable.peakResidentBytes(of: process))
      let whole = try await Self.download([], scene)
      #expect(whole.status == .code(0), "\(whole.errorText)")
      #expect(whole.text == "\(1 << 30)")
      let after = try #require(ProcessTable.peakResidentBytes(of: process))
      #expect(after - before < 16 << 20, "\(before) → \(after)")
      let slow = try await Self.download(["--limit-rate", "5M", "-m", "5"], scene)
      #expect(slow.status == .code(28))
      let last = try #require(ProcessTable.peakResidentBytes(of: process))
      #expect(last - before < 16 << 20, "\(before) → \(last)")
    }
  }

  private static func download(_ arguments: [String], _ scene: Scene) async throws -> CommandResult
  {
    let trust = scene.transport == .tunnelled ? scene.root : scene.valor.authorityFile
    return try await run(
      "curl",
      ["-q", "-sS", "--noproxy", "", "--proxy", scene.valor.proxyURL, "--cacert", trust]
        + ["-o", "/dev/null", "-w", "%{size_download}"] + arguments + [scene.url + "/large"],
      seconds: 300)
  }
}
