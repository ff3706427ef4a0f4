import Foundation
import TestSupport
import Testing

/// What cannot be reached is answered by the proxy: 502, the error of
/// [RFC 9209](https://www.rfc-editor.org/rfc/rfc9209) and a body that names the cause.
@Suite struct FailureTests {
  @Test func aRefusedConnection() async throws {
    let refusing = try RefusingPort()
    try await withValor { valor in
      let answer = try await valor.curl(["http://127.0.0.1:\(refusing.port)/"])
      Self.expect(answer, status: 502, error: "connection_refused")
      #expect(answer.text.lowercased().contains("refused"), "\(answer.text)")
      #expect(answer.text.contains("127.0.0.1:\(refusing.port)"), "\(answer.text)")
    }
  }

  @Test func anUnknownHost() async throws {
    try await withValor { valor in
      let answer = try await valor.curl(["http://nowhere.invalid/"])
      Self.expect(answer, status: 502, error: "dns_error")
      #expect(answer.text.contains("nowhere.invalid"), "\(answer.text)")
    }
  }

  @Test(arguments: ["claimed", "none"])
  func aTunnelThatCannotBeMade(intercept: String) async throws {
    let refusing = try RefusingPort()
    try await withValor(["--intercept", intercept]) { valor in
      let refused = try await valor.curl(["https://127.0.0.1:\(refusing.port)/"])
      #expect(refused.exitCode == 56)
      Self.expect(refused, status: 502, error: "connection_refused")
      let unknown = try await valor.curl(["https://nowhere.invalid/"])
      #expect(unknown.exitCode == 56)
      Self.expect(unknown, status: 502, error: "dns_error")
    }
  }

  @Test func anInterceptedHostThatCannotBeReached() async throws {
    let refusing = try RefusingPort()
    try await withValor(["--intercept", "all"]) { valor in
      let refused = try await valor.curl(["https://127.0.0.1:\(refusing.port)/"])
      #expect(refused.exitCode == 0, "\(refused.errorText)")
      Self.expect(refused, status: 502, error: "connection_refused")
      let unknown = try await valor.curl(["https://nowhere.invalid/"])
      #expect(unknown.exitCode == 0, "\(unknown.errorText)")
      Self.expect(unknown, status: 502, error: "dns_error")
    }
  }

  @Test(arguments: ["expired", "wrong name", "unknown issuer"])
  func aBadUpstreamCertificate(kind: String) async throws {
    let stranger = try TestAuthority(name: "Unknown")
    let certificate: (TestAuthority) throws -> TestCertificate = {
      switch kind {
      case "expired": try $0.certificate(expired: true)
      case "wrong name": try $0.certificate(for: ["other.example"])
      default: try stranger.certificate()
      }
    }
    try await withScene(.intercepted, certificate: certificate) { scene in
      let answer = try await scene.through([], "/secret")
      #expect(answer.exitCode == 0, "\(answer.errorText)")
      Self.expect(answer, status: 502, error: "tls_certificate_error")
      let causes = [
        "expired": ["the certificate of localhost has expired on 20"],
        "wrong name": ["the certificate of localhost is for another name: other.example"],
        "unknown issuer": ["issued by", "Unknown", "neither trusted nor in the chain"],
      ]
      for cause in try #require(causes[kind]) {
        #expect(answer.text.contains(cause), "\(answer.text)")
        #expect(answer.first("proxy-status")?.contains(cause) == true)
      }
      #expect(scene.origin.requestCount == 0)
    }
  }

  @Test func anOriginThatSaysNothing() async throws {
    let routes: [String: TestOrigin.Route] = ["/": { _ in .closesWithoutAnswer }]
    try await withScene(routes: routes) { scene in
      let answer = try await scene.through(["-d", "once"], "/")
      #expect(answer.status == 502)
      #expect(answer.first("proxy-status")?.contains("error=") == true)
      #expect(scene.origin.requestCount == 1, "a POST is not sent twice")
    }
  }

  @Test func anOriginThatSpeaksSomethingElse() async throws {
    let routes: [String: TestOrigin.Route] = ["/": { _ in .raw("220 smtp.example ready\r\n\r\n") }]
    try await withScene(routes: routes) { scene in
      let answer = try await scene.through([], "/")
      Self.expect(answer, status: 502, error: "http_protocol_error")
    }
  }

  private static func expect(
    _ answer: CurlResult, status: Int, error: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(answer.status == status, "\(answer)", sourceLocation: sourceLocation)
    let field = answer.first("proxy-status") ?? ""
    let token = field.split(whereSeparator: { "; ".contains($0) }).first { $0.hasPrefix("error=") }
    #expect(token == "error=\(error)", "\(field)", sourceLocation: sourceLocation)
  }
}
