import FetchModel
import Foundation
import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Proxy

/// How far inside the tests' requests travel.
enum Depth: String, CaseIterable, Sendable {
  /// http: in absolute form.
  case plain
  /// https: inside a tunnel that the proxy opens, to an origin with TLS.
  case tls
}

/// A proxy in this process with an origin that the test plays itself, a step at a time.
struct ProxyScene: Sendable {
  let depth: Depth
  let server: ProxyServer
  let proxyPort: Int
  let listener: WireListener
  /// What the proxy's certificates lead to.
  let root: String
  let certificate: TestCertificate

  /// The origin as `Host` says it.
  var host: String { "127.0.0.1:\(self.listener.port)" }
  /// What stands before the path in a request target.
  var base: String { self.depth == .plain ? "http://\(self.host)" : "" }
  /// The origin as URLs say it.
  var origin: String { (self.depth == .plain ? "http://" : "https://") + self.host }

  /// A client's connection on which requests can be sent; at depth TLS, inside its tunnel.
  func connect(receiveBuffer: Int32 = 0) throws -> Wire {
    let wire = try Wire(to: self.proxyPort, receiveBuffer: receiveBuffer)
    guard self.depth == .tls else { return wire }
    try self.openTunnel(on: wire)
    try wire.startTLS(to: "127.0.0.1", trusting: self.root)
    return wire
  }

  /// A CONNECT and its answer.
  func openTunnel(on wire: Wire) throws {
    try wire.send("CONNECT \(self.host) HTTP/1.1\r\nHost: \(self.host)\r\n\r\n")
    let answer = try wire.receiveHead()
    guard answer.hasPrefix("HTTP/1.1 200 ") else { throw TestFailure(message: answer) }
  }

  /// The proxy's next connection to the origin.
  func accept() throws -> Wire {
    let wire = try self.listener.accept()
    if self.depth == .tls { try wire.startTLS(as: self.certificate) }
    return wire
  }

  /// A request's head; each field is a line.
  func head(_ method: String, _ path: String, _ fields: String..., version: String = "1.1")
    -> String
  {
    let lines = (["Host: \(self.host)"] + fields).map { $0 + "\r\n" }.joined()
    return "\(method) \(self.base)\(path) HTTP/\(version)\r\n\(lines)\r\n"
  }

  /// Sends a GET and plays an origin that answers with this, over a new connection.
  func exchange(_ client: Wire, _ path: String, answer: String) throws -> (Wire, request: String) {
    try client.send(self.head("GET", path))
    let origin = try self.accept()
    let request = try origin.receiveHead()
    try origin.send(answer)
    return (origin, request)
  }
}

/// Sets up a proxy and an origin, and runs the test on a thread of its own.
///
/// - Parameters:
///   - intercept: which tunnels are opened; all, where not said, at depth TLS.
///   - isInsecure: whether any certificate of the origin is taken.
///   - resolver: finds the addresses of host names.
func withProxy(
  _ depth: Depth = .plain, interceptor: CannedInterceptor? = nil, intercept: InterceptMode? = nil,
  receiveBuffer: Int32 = 0, limits: ProxyLimits = ProxyLimits(), isInsecure: Bool = false,
  resolver: HostResolver = HostResolver(), passthrough: PassthroughList = PassthroughList(),
  upstreamProxy: UpstreamProxy? = nil,
  body: @escaping @Sendable (ProxyScene) throws -> Void
) async throws {
  signal(SIGPIPE, SIG_IGN)
  let folder = try TemporaryFolder()
  let authority = try makeAuthority()
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  var configuration = ProxyConfiguration(
    listen: try SocketAddress(ipAddress: "127.0.0.1", port: 0), eventLoops: 1)
  configuration.intercept = intercept ?? (depth == .tls ? .all : .claimed)
  configuration.limits = limits
  configuration.passthrough = passthrough
  configuration.upstreamProxy = upstreamProxy
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let server = try ProxyServer(
    configuration, authority: authority,
    trust: isInsecure
      ? TLSTrust(usesSystemStore: false, isInsecure: true)
      : TLSTrust(usesSystemStore: false, extraFiles: [SceneCertificates.rootFile.get()]),
    group: group, logger: logger, resolver: resolver)
  try await server.prepare(interceptor: interceptor)
  let address = try await server.listen()
  let scene = ProxyScene(
    depth: depth, server: server, proxyPort: address.port ?? 0,
    listener: try WireListener(receiveBuffer: receiveBuffer),
    root: try folder.write(authority.pem, to: "root.pem"),
    certificate: try SceneCertificates.leaf.get())
  let result = await Result { try await blocking { try body(scene) } }
  await server.shutdown(within: .milliseconds(10))
  try await group.shutdownGracefully()
  withExtendedLifetime(folder) {}
  try result.get()
}

extension Result where Failure == any Error {
  /// What came of an asynchronous body.
  init(catching body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

/// Runs the test for one row of a table, so that a failure names it.
func withRow(_ row: MalformedMessage, _ body: () throws -> Void) {
  do { try body() } catch { Issue.record(error, "\(row.name)") }
}

/// The origins' certificate, made once.
private enum SceneCertificates {
  static let authority = Result { try TestAuthority() }
  static let leaf = Result { try Self.authority.get().certificate() }
  static let rootFile = Self.authority.map(\.rootFile)
}

/// Claims requests by their path, as a plugin would.
final class CannedInterceptor: RequestInterceptor {
  typealias Completion = @Sendable (FetchOutcome) -> Void
  typealias Handler = @Sendable (FetchRequest, @escaping Completion) -> Void

  private final class CannedClaim: Claim {
    let pluginName = "canned"
    let handler: Handler

    init(_ handler: @escaping Handler) { self.handler = handler }

    func handleFetch(_ request: FetchRequest, completion: @escaping Completion) {
      self.handler(request, completion)
    }
  }

  private let claims: [String: CannedClaim]
  private let covers: @Sendable (String) -> Bool

  /// - Parameters:
  ///   - handlers: by the path that is claimed, without the query.
  ///   - covers: whether an origin may have claimed paths.
  init(
    _ handlers: [String: Handler], covers: @escaping @Sendable (String) -> Bool = { _ in true }
  ) {
    self.claims = handlers.mapValues(CannedClaim.init)
    self.covers = covers
  }

  func coversOrigin(_ origin: UnsafeRawBufferPointer) -> Bool {
    self.covers(String(decoding: origin, as: UTF8.self))
  }

  func claim(for url: UnsafeRawBufferPointer) -> (any Claim)? {
    let text = String(decoding: url, as: UTF8.self)
    let path = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).last
    return self.claims["/" + (path?.prefix { $0 != "?" } ?? "")]
  }
}
