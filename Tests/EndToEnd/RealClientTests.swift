import Foundation
import TestSupport
import Testing

/// A program in `Clients`.
func client(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Clients/\(name)").path
}

/// HTTP libraries that people use, with and without the proxy: what their programs see is the same.
@Suite struct RealClientTests {
  static let routes: [String: TestOrigin.Route] = [
    // The origin sees `Via` and no more of the proxy than that; clients compare what they can.
    "/echo": { .text("\($0.method) \($0.target)", fields: [("X-Twice", "1"), ("X-Twice", "2")]) },
    "/length": { .text("\($0.bodyLength)") },
    "/redirect": { _ in .response(302, fields: [("Location", "/echo?redirected")]) },
    "/status/404": { _ in .text("none", status: 404) },
    "/status/204": { _ in .response(204) },
    "/chunked": { _ in .chunked(["hello, ", "world"], trailers: [("X-Sum", "12")]) },
  ]

  @Test(arguments: Transport.allCases)
  func pythonRequests(transport: Transport) async throws {
    try await Self.expectAgreement("/usr/bin/python3", "requests_client.py", transport)
  }

  @Test(arguments: Transport.allCases)
  func node(transport: Transport) async throws {
    try await Self.expectAgreement("node", "node_client.js", transport)
  }

  private static func expectAgreement(
    _ program: String, _ script: String, _ transport: Transport
  ) async throws {
    try await withScene(transport, routes: Self.routes) { scene in
      let trust = transport == .tunnelled ? scene.root : scene.valor.authorityFile
      let result = try await run(
        program, [client(script), scene.valor.proxyURL, scene.url, trust, scene.root])
      #expect(result.status == .code(0), "\(result.text)\(result.errorText)")
      #expect(result.text.contains("exchanges agree"))
      #expect(scene.origin.problems == [])
    }
  }
}
