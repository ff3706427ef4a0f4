import FetchModel
import Foundation
import Interceptor
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import PluginHost

/// A network of canned answers by path; anything else is a 404.
final class RoutedNetwork: Fetcher {
  typealias Route = @Sendable (FetchRequest) -> Result<FetchResponse, FetchError>

  private let routes: [String: Route]
  private let asked = Mutex<[String]>([])

  init(_ routes: [String: Route]) { self.routes = routes }

  /// The paths that were asked for, in order.
  var paths: [String] { self.asked.withLock { $0 } }

  func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    let path = URL(string: request.url).map { $0.path } ?? ""
    self.asked.withLock { $0.append(path) }
    var result =
      self.routes[path]?(request)
      ?? .success(FetchResponse(status: 404, headers: HeaderList(), body: .none))
    if case .success(var response) = result {
      response.urlList = [request.url]
      result = .success(response)
    }
    completion(result)
  }
}

/// A real worker, its supervisor and a store of caches.
final class CacheFixture {
  let folder: StorageFolder
  let store: CacheStore
  let network: RoutedNetwork
  let supervisor: WorkerSupervisor
  private let scriptPath: String

  init(
    script: String, folder: StorageFolder? = nil, quota: Int = OriginBudget.defaultQuota,
    routes: [String: RoutedNetwork.Route] = [:]
  ) throws {
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("valor").path
    try #require(FileManager.default.isExecutableFile(atPath: executable))
    self.folder = try folder ?? StorageFolder()
    self.store = CacheStore(in: self.folder.directory, quota: quota)
    self.network = RoutedNetwork(routes)
    self.scriptPath = NSTemporaryDirectory() + "valor-\(UUID().uuidString).js"
    try Data(script.utf8).write(to: URL(fileURLWithPath: self.scriptPath))
    self.supervisor = WorkerSupervisor(
      configuration: WorkerSupervisor.Configuration(
        name: "cache", scriptPath: self.scriptPath, scriptURL: "https://app.test/sw.js",
        scope: "https://app.test/"),
      executable: executable,
      network: HTTPFetcher(self.network, digester: ResponseDigester(), now: { 0 }),
      caches: self.store,
      eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  deinit {
    self.supervisor.terminate()
    try? FileManager.default.removeItem(atPath: self.scriptPath)
  }

  func start() async throws { _ = try await self.supervisor.run() }

  func fetch(_ url: String = "https://app.test/page") -> Outcome {
    let outcome = Outcome()
    let request = FetchRequest(method: "GET", url: url, headers: HeaderList())
    self.supervisor.dispatchFetch(FetchEventInit(request: request, hidden: HeaderList())) {
      outcome.set($0)
    }
    return outcome
  }

  /// Runs the body of an async function in a worker with caches of its own, and returns what it
  /// returns as a string.
  static func run(
    _ body: String, quota: Int = OriginBudget.defaultQuota,
    routes: [String: RoutedNetwork.Route] = [:]
  ) async throws -> String {
    let fixture = try CacheFixture(
      script: WorkerHarness.script(returning: body), quota: quota, routes: routes)
    try await fixture.start()
    return try await text(of: fixture.fetch())
  }
}

/// The body of an answer as a text.
func text(of outcome: Outcome) async throws -> String {
  let body: FetchBody
  switch try await outcome.value() {
  case .response(let response), .relayed(let response): body = response.body
  case let other: return describe(other)
  }
  switch body {
  case .none: return ""
  case .bytes(let bytes): return String(buffer: bytes)
  case .stream(let pipe): return String(buffer: try await readWhole(pipe))
  }
}

/// Everything that comes out of a pipe.
func readWhole(_ pipe: BodyPipe) async throws -> ByteBuffer {
  let (wakes, waker) = AsyncStream.makeStream(of: Void.self)
  pipe.setConsumer { waker.yield() }
  var wake = wakes.makeAsyncIterator()
  var whole = ByteBuffer()
  while true {
    switch pipe.read() {
    case .chunk(let chunk): whole.writeImmutableBuffer(chunk)
    case .pending: await wake.next()
    case .end: return whole
    case .failed(let error): throw error
    }
  }
}

/// An answer of the network with a text.
func ok(
  _ text: String, status: Int = 200, headers: [(String, String)] = []
) -> RoutedNetwork.Route {
  { _ in
    .success(
      FetchResponse(
        status: status, statusText: "OK", headers: HeaderList(headers),
        body: .bytes(ByteBuffer(string: text))))
  }
}

/// An answer of the network with a body of that many bytes, which comes bit by bit.
func streamed(_ count: Int) -> RoutedNetwork.Route {
  { _ in
    let pipe = BodyPipe(length: count)
    pipe.setProducer(onWritable: {}, onCancel: {})
    var left = count
    while left > 0 {
      let length = min(left, 10_000)
      pipe.write(ByteBuffer(repeating: UInt8(ascii: "a"), count: length))
      left -= length
    }
    pipe.finish()
    return .success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe)))
  }
}
