import FetchModel
import Foundation
import Interceptor
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import PluginHost

/// The registry with one plugin of the suite, its workers as processes of their own, and a network
/// that answers as the test says.
final class ConformanceScene: Sendable {
  static let origin = "https://a.test"

  let registry = ServiceWorkerRegistry()
  let network = CannedNetwork()
  let log = LogRecorder()
  let plugin: any ConformancePlugin
  /// The program's file.
  let path: String
  private let folder: String
  private let match: MatchMode
  private let configuration: WorkerSupervisor.Configuration

  init(
    _ kind: ConformanceKind, _ fixture: ConformanceFixture, match: MatchMode = .url,
    _ change: (inout WorkerSupervisor.Configuration) -> Void = { _ in }
  ) throws {
    self.plugin = kind.plugin
    self.match = match
    self.folder = NSTemporaryDirectory() + "valor-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: self.folder, withIntermediateDirectories: false)
    let name = "plugin.\(self.plugin.fileExtension)"
    self.path = "\(self.folder)/\(name)"
    var configuration = WorkerSupervisor.Configuration(
      name: "conformance", scriptPath: self.path, scriptURL: "\(Self.origin)/\(name)",
      scope: "\(Self.origin)/")
    configuration.config = #"{"colour": "blue"}"#
    self.plugin.configure(&configuration)
    change(&configuration)
    self.configuration = configuration
    try self.change(to: fixture)
  }

  /// Makes the plugin's file another program.
  func change(to fixture: ConformanceFixture) throws {
    try Data(self.plugin.program(fixture)).write(to: URL(fileURLWithPath: self.path))
  }

  @discardableResult
  func register() async throws -> ServiceWorkerRegistry.UpdateOutcome {
    // Built beside the test's own executable.
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("valor").path
    try #require(FileManager.default.isExecutableFile(atPath: executable))
    let log = self.log
    let factory = SupervisorFactory(
      configuration: self.configuration, executable: executable,
      network: HTTPFetcher(self.network, digester: ResponseDigester(), now: { 0 }),
      group: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "conformance") { _ in RecordingLogHandler(recorder: log) })
    return try await self.registry.register(
      PluginDescription(
        name: self.configuration.name, kind: self.plugin.kind,
        scriptURL: self.configuration.scriptURL, scopes: [self.configuration.scope],
        match: self.match),
      factory: factory)
  }

  func end() async {
    await self.registry.shutDown()
    try? FileManager.default.removeItem(atPath: self.folder)
  }

  // MARK: Requests

  /// The plugin's claim on a path of its origin.
  func claim(_ path: String) -> (any Claim)? {
    Array("\(Self.origin)\(path)".utf8).withUnsafeBytes { self.registry.claim(for: $0) }
  }

  /// Asks for a path of the plugin's origin, as the proxy does.
  func fetch(
    _ path: String, method: String = "GET", _ fields: [(String, String)] = [],
    body: FetchBody = .none, signal: FetchSignal = FetchSignal(), from downstream: Downstream? = nil
  ) throws -> Answer {
    let url = Self.origin + path
    let answer = Answer()
    let request = FetchRequest(
      method: method, url: url, headers: HeaderList(fields), body: body, signal: signal,
      downstream: downstream)
    try #require(self.claim(path)).handleFetch(request) { answer.set($0) }
    return answer
  }

  /// The text of the plugin's answer to a GET.
  func text(
    _ path: String, _ location: SourceLocation = #_sourceLocation
  ) async throws -> String {
    try await self.fetch(path).text(location)
  }

  /// A page that is loaded, with whose connection its client is known.
  func navigate(_ path: String) throws -> Answer {
    try self.fetch(
      path, [("User-Agent", "B"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")],
      from: Downstream(address: "10.0.0.1", connection: 1))
  }

  /// What the listing says of the active worker.
  func status() async -> WorkerStatus? { await self.registry.listings().first?.active?.status }
}

/// Runs a test with the plugin registered and ends its workers.
func withConformance(
  _ kind: ConformanceKind, _ fixture: ConformanceFixture = .answers, idleTime: TimeAmount? = nil,
  unresponsiveTime: TimeAmount? = nil, memoryLimit: Int? = nil,
  _ body: (ConformanceScene) async throws -> Void
) async throws {
  let scene = try ConformanceScene(kind, fixture) { configuration in
    if let idleTime { configuration.idleTime = idleTime }
    if let unresponsiveTime { configuration.unresponsiveTime = unresponsiveTime }
    if let memoryLimit { configuration.memoryLimit = memoryLimit }
    configuration.pingInterval = .seconds(1)
  }
  do {
    try await scene.register()
    try await body(scene)
  } catch {
    await scene.end()
    throw error
  }
  await scene.end()
}

/// What comes of a request.
final class Answer: Sendable {
  private let outcomes = Mutex<[FetchOutcome]>([])

  func set(_ outcome: FetchOutcome) { self.outcomes.withLock { $0.append(outcome) } }

  var isSet: Bool { self.outcomes.withLock { !$0.isEmpty } }

  /// The outcome, once there is one. There is never a second.
  func outcome(_ location: SourceLocation = #_sourceLocation) async throws -> FetchOutcome {
    try await eventually(location) { self.isSet }
    let outcomes = self.outcomes.withLock { $0 }
    #expect(outcomes.count == 1, sourceLocation: location)
    return try #require(outcomes.first)
  }

  func response(_ location: SourceLocation = #_sourceLocation) async throws -> FetchResponse {
    let outcome = try await self.outcome(location)
    guard case .respond(let response) = outcome else {
      throw UnexpectedOutcome(text: describe(outcome), location: location)
    }
    return response
  }

  /// The text of the response's body.
  func text(_ location: SourceLocation = #_sourceLocation) async throws -> String {
    try await wholeText(of: self.response(location).body)
  }

  /// The error where it is a network error.
  func failure(_ location: SourceLocation = #_sourceLocation) async throws -> FetchError {
    let outcome = try await self.outcome(location)
    guard case .networkError(let error) = outcome else {
      throw UnexpectedOutcome(text: describe(outcome), location: location)
    }
    return error
  }

  /// The request's body where the request goes to the network.
  func fallBack(_ location: SourceLocation = #_sourceLocation) async throws -> FetchBody {
    let outcome = try await self.outcome(location)
    guard case .fallBack(let body) = outcome else {
      throw UnexpectedOutcome(text: describe(outcome), location: location)
    }
    return body
  }
}

struct UnexpectedOutcome: Error {
  var text: String
  var location: SourceLocation
}

private func describe(_ outcome: FetchOutcome) -> String {
  switch outcome {
  case .respond(let response): "respond \(response.status) \(describe(response.body))"
  case .fallBack(let body): "fallBack \(describe(body))"
  case .networkError(let error): "network error: \(error)"
  }
}

/// A body's text, without the quotation marks of `describe`.
func wholeText(of body: FetchBody) async throws -> String {
  switch body {
  case .none: ""
  case .bytes(let bytes): String(buffer: bytes)
  case .stream: try await readAll(body)
  }
}

/// What was logged, one line a message with its metadata.
final class LogRecorder: Sendable {
  private let recorded = Mutex<[String]>([])
  var lines: [String] { self.recorded.withLock { $0 } }
  fileprivate func add(_ line: String) { self.recorded.withLock { $0.append(line) } }
}

private struct RecordingLogHandler: LogHandler {
  let recorder: LogRecorder
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.debug

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.metadata[key] }
    set { self.metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    self.recorder.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
  }
}
