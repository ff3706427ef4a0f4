import Foundation
import TestSupport
import Testing

/// The path of a plugin in `Plugins`.
func plugin(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Plugins/\(name).js").path
}

/// The arguments that load a plugin with these scopes.
func plugin(_ name: String, claims scopes: String...) -> [String] {
  ["--plugin", "\(plugin(name))=\(scopes.joined(separator: ","))"]
}

/// How curl reaches the origin through the proxy.
enum Transport: String, CaseIterable, Sendable {
  /// http:, in absolute form.
  case plain
  /// https:, opened by the proxy.
  case intercepted
  /// https:, through a blind tunnel.
  case tunnelled
}

/// A real origin, a proxy in front of it, and curl, which can go both ways.
struct Scene: Sendable {
  let transport: Transport
  let origin: TestOrigin
  let valor: ValorProcess
  /// What the origin's certificate leads to.
  let root: String

  /// The origin's address, without a slash at its end.
  var url: String { Self.url(self.transport, self.origin) }

  static func url(_ transport: Transport, _ origin: TestOrigin) -> String {
    origin.url(host: transport == .plain ? "127.0.0.1" : "localhost")
  }

  /// curl through the proxy. A path is one of the origin's.
  func through(_ arguments: [String], _ path: String, inputFile: String = "/dev/null") async throws
    -> CurlResult
  {
    try await self.valor.curl(
      ["--suppress-connect-headers"] + arguments + [self.url + path],
      trust: self.transport == .tunnelled ? self.root : self.valor.authorityFile,
      inputFile: inputFile)
  }

  /// curl straight to the origin.
  func direct(_ arguments: [String], _ path: String, inputFile: String = "/dev/null") async throws
    -> CurlResult
  {
    try await curl(
      ["--cacert", self.root] + arguments + [self.url + path], inputFile: inputFile)
  }

  /// Sends the same request both ways and expects the same answer, and that the origin got the same
  /// request both times.
  ///
  /// - Returns: the answer that came through the proxy.
  @discardableResult
  func expectAgreement(
    _ arguments: [String], _ path: String, inputFile: String = "/dev/null",
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> CurlResult {
    let direct = try await self.direct(arguments, path, inputFile: inputFile)
    let sentDirectly = self.origin.requests.last
    let through = try await self.through(arguments, path, inputFile: inputFile)
    let sentThrough = self.origin.requests.last
    let what: Comment = "\(self.transport) \(arguments) \(path): \(through.errorText)"
    #expect(through.comparable == direct.comparable, what, sourceLocation: sourceLocation)
    #expect(
      sentThrough.map(Self.comparable) == sentDirectly.map(Self.comparable), what,
      sourceLocation: sourceLocation)
    #expect(self.origin.problems == [], what, sourceLocation: sourceLocation)
    return through
  }

  /// What a proxy leaves as it is in a request.
  private static func comparable(_ request: OriginRequest) -> [String] {
    // A claimed request is continued by the proxy, since its body goes to the plugin first.
    let own: Set<String> = ["via", "connection", "proxy-connection", "te", "keep-alive", "expect"]
    let fields = request.fields.filter { !own.contains($0.name.lowercased()) }
      .map { "\($0.name.lowercased()): \($0.value)" }
    let body = String(decoding: request.body, as: UTF8.self)
    return ["\(request.method) \(request.target)"] + fields.sorted()
      + ["\(request.bodyLength)", body]
  }
}

/// Sets up an origin with these routes, a proxy, and ends both after `body`.
///
/// - Parameter arguments: further arguments of `valor run`; `{origin}` stands for the origin's
///   address, without a slash at its end.
func withScene(
  _ transport: Transport = .plain, routes: [String: TestOrigin.Route] = [:],
  certificate: (TestAuthority) throws -> TestCertificate = { try $0.certificate() },
  arguments: [String] = [],
  body: (Scene) async throws -> Void
) async throws {
  let authority = try TestAuthority()
  let origin = try TestOrigin(
    certificate: transport == .plain ? nil : try certificate(authority), routes: routes,
    otherwise: { .text("answer to \($0.method) \($0.target), \($0.bodyLength) bytes") })
  defer { origin.stop() }
  let mode =
    switch transport {
    case .plain: [String]()
    case .intercepted: ["--intercept", "all", "--upstream-ca", authority.rootFile]
    case .tunnelled: ["--intercept", "none"]
    }
  let further = arguments.map {
    $0.replacingOccurrences(of: "{origin}", with: Scene.url(transport, origin))
  }
  try await withValor(mode + further) { valor in
    try await body(
      Scene(transport: transport, origin: origin, valor: valor, root: authority.rootFile))
  }
}
