import FetchModel
import Foundation
import Interceptor
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import PluginHost

/// A worker process that is none: a test speaks its part over the real socket pair.
///
/// Frames are taken off the socket one by one, so a test knows exactly what the worker has read.
final class FakeWorker: WorkerProcess {
  let pid: Int32 = 4_242
  private let sockets: WorkerSocketPair
  private let notify: @Sendable (WorkerProcessEvent) -> Void
  private struct State {
    var isDead = false
    var wasKilled = false
    var resident: Int? = 1 << 20
    /// What was taken of a frame that is not there whole.
    var partial = ByteBuffer()
  }
  private let state = Mutex(State())

  init(sockets: WorkerSocketPair, notify: @escaping @Sendable (WorkerProcessEvent) -> Void) {
    self.sockets = sockets
    self.notify = notify
  }

  var wasKilled: Bool { self.state.withLock { $0.wasKilled } }

  func setResident(_ bytes: Int) { self.state.withLock { $0.resident = bytes } }

  // MARK: WorkerProcess

  func takeSocket() -> CInt? { self.sockets.takeHostEnd() }
  func residentBytes() -> Int? { self.state.withLock { $0.resident } }
  func drainUnread() -> Int { self.sockets.drainWorkerEnd() }

  func kill() {
    self.state.withLock { $0.wasKilled = true }
    self.die()
  }

  // MARK: The worker's part

  /// Ends, as by `kill -9`.
  func die() {
    let isNews = self.state.withLock { state in
      defer { state.isDead = true }
      return !state.isDead
    }
    if isNews { self.notify(.exited("signal 9")) }
  }

  func send(_ frames: Frame...) throws {
    var buffer = ByteBuffer()
    for frame in frames { try buffer.writeFrame(frame) }
    try self.send(bytes: buffer)
  }

  /// Never waits with the lock held: the host takes it when the worker is gone.
  func send(bytes: ByteBuffer) throws {
    var bytes = bytes
    for _ in 0..<10_000 where bytes.readableBytes > 0 && !self.wasKilled {
      let sent = self.sockets.withWorkerEnd { socket in
        bytes.withUnsafeReadableBytes {
          Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
        }
      }
      if sent > 0 { bytes.moveReaderIndex(forwardBy: sent) } else { usleep(1_000) }
    }
    try #require(bytes.readableBytes == 0 || self.wasKilled)
  }

  /// The next frame that is no ping; pings are answered.
  func next(_ location: SourceLocation = #_sourceLocation) async throws -> Frame {
    while true {
      let frame = try await self.nextOfAny(location)
      guard case .ping(let number) = frame else { return frame }
      try self.send(.pong(number))
    }
  }

  /// The next frame.
  func nextOfAny(_ location: SourceLocation = #_sourceLocation) async throws -> Frame {
    for _ in 0..<60_000 {
      if let frame = try self.take() { return frame }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw Timeout(location: location)
  }

  /// Takes at most one frame off the socket, not a byte more; `nil` where it is not there whole.
  private func take() throws -> Frame? {
    var partial = self.state.withLock { $0.partial }
    defer { self.state.withLock { [partial] in $0.partial = partial } }
    if partial.readableBytes < 4 {
      guard let length = self.receive(4, MSG_PEEK), length.readableBytes == 4 else { return nil }
    }
    while true {
      let size = partial.getInteger(at: 0, endianness: .little, as: UInt32.self).map { 4 + Int($0) }
      if partial.readableBytes == size { break }
      guard var more = self.receive((size ?? 4) - partial.readableBytes, 0) else { return nil }
      partial.writeBuffer(&more)
    }
    var decoder = FrameDecoder()
    decoder.append(&partial)
    partial = ByteBuffer()
    return try decoder.next()
  }

  private func receive(_ count: Int, _ flags: Int) -> ByteBuffer? {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = self.sockets.withWorkerEnd { recv($0, &bytes, count, CInt(flags | MSG_DONTWAIT)) }
    return got > 0 ? ByteBuffer(bytes: bytes[..<got]) : nil
  }

  /// Takes up to that many bytes off the socket; how many.
  func discard(_ count: Int) -> Int { self.receive(count, 0)?.readableBytes ?? 0 }

  /// Ends the worker's direction of the socket without dying.
  func closeSocket() { self.sockets.withWorkerEnd { _ = shutdown($0, CInt(SHUT_RDWR)) } }
}

struct Timeout: Error { var location: SourceLocation }

/// Launches fake workers, or fails to.
final class FakeLauncher: WorkerLauncher {
  private struct State {
    var workers: [FakeWorker] = []
    var launches = 0
    var failure: String?
  }
  private let state = Mutex(State())

  var launches: Int { self.state.withLock { $0.launches } }

  func fail(_ reason: String?) { self.state.withLock { $0.failure = reason } }

  func launch(_ notify: @escaping @Sendable (WorkerProcessEvent) -> Void) {
    let failure = self.state.withLock { state in
      state.launches += 1
      return state.failure
    }
    guard failure == nil, let sockets = WorkerSocketPair() else {
      return notify(.failed(failure ?? "no sockets"))
    }
    let worker = FakeWorker(sockets: sockets, notify: notify)
    notify(.launched(worker))
    self.state.withLock { $0.workers.append(worker) }
  }

  /// The worker of the n-th launch, counted from 0.
  func worker(
    _ number: Int = 0, _ location: SourceLocation = #_sourceLocation
  ) async throws -> FakeWorker {
    for _ in 0..<60_000 {
      let workers = self.state.withLock { $0.workers }
      if number < workers.count { return workers[number] }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw Timeout(location: location)
  }
}

/// A network that answers as a test says.
final class CannedNetwork: Fetcher {
  typealias Completion = @Sendable (Result<FetchResponse, FetchError>) -> Void
  private let asked = Mutex<[(FetchRequest, Completion)]>([])

  func fetch(_ request: FetchRequest, completion: @escaping Completion) {
    self.asked.withLock { $0.append((request, completion)) }
  }

  var count: Int { self.asked.withLock { $0.count } }

  /// The n-th request, counted from 0, and how to answer it.
  func request(
    _ number: Int = 0, _ location: SourceLocation = #_sourceLocation
  ) async throws -> (FetchRequest, Completion) {
    for _ in 0..<60_000 {
      let asked = self.asked.withLock { $0 }
      if number < asked.count { return asked[number] }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw Timeout(location: location)
  }
}

/// What comes of a dispatched event.
final class Outcome: Sendable {
  private let results = Mutex<[FetchDispatchResult]>([])

  func set(_ result: FetchDispatchResult) { self.results.withLock { $0.append(result) } }

  var isSet: Bool { self.results.withLock { !$0.isEmpty } }

  /// The result, once there is one. There is never a second.
  func value(_ location: SourceLocation = #_sourceLocation) async throws -> FetchDispatchResult {
    for _ in 0..<60_000 {
      let results = self.results.withLock { $0 }
      if let first = results.first {
        #expect(results.count == 1, sourceLocation: location)
        return first
      }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw Timeout(location: location)
  }

  func text(_ location: SourceLocation = #_sourceLocation) async throws -> String {
    describe(try await self.value(location))
  }
}

func describe(_ result: FetchDispatchResult) -> String {
  switch result {
  case .response(let response): "response \(response.status) \(describe(response.body))"
  case .relayed(let response): "relayed \(response.status) \(describe(response.body))"
  case .noResponse(let prevented, let used, let body): "none \(prevented) \(used) \(describe(body))"
  case .failed(let error): "failed \(error.code.rawValue)"
  case .workerFailed(_, let body): "workerFailed \(body.map { describe($0) } ?? "nil")"
  }
}

func describe(_ body: FetchBody) -> String {
  switch body {
  case .none: "none"
  case .bytes(let bytes): "\"\(String(buffer: bytes))\""
  case .stream: "stream"
  }
}

/// A clock that stands still until it is told to run: what a test waits for cannot come too late.
final class TestClock: Sendable {
  private struct State {
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    var step = TimeAmount.zero
  }
  private let state = Mutex(State())

  /// What time it is; each look takes as long as ``run(step:)`` says.
  func now() -> NIODeadline {
    self.state.withLock { state in
      state.now = state.now + state.step
      return state.now
    }
  }

  /// From now on that much time passes from one look of the supervisor to the next.
  func run(step: TimeAmount) { self.state.withLock { $0.step = step } }

  func stand() { self.run(step: .zero) }
}

/// A supervisor with a fake launcher and network, and a clock that stands still.
struct SupervisorFixture {
  let clock = TestClock()
  let launcher = FakeLauncher()
  let network = CannedNetwork()
  let eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
  let supervisor: WorkerSupervisor
  let scriptPath: String

  init(
    script: String = "source", tick: TimeAmount = .milliseconds(10), caches: CacheStore? = nil,
    _ change: (inout WorkerSupervisor.Configuration) -> Void = { _ in }
  ) throws {
    self.scriptPath = NSTemporaryDirectory() + "valor-\(UUID().uuidString).js"
    try Data(script.utf8).write(to: URL(fileURLWithPath: self.scriptPath))
    var configuration = WorkerSupervisor.Configuration(
      name: "hello", scriptPath: self.scriptPath, scriptURL: "https://a.test/hello.js",
      scope: "https://a.test/")
    // A test that makes time pass need not answer pings as fast.
    configuration.unresponsiveTime = .hours(10_000)
    change(&configuration)
    self.supervisor = WorkerSupervisor(
      configuration: configuration, launcher: self.launcher,
      network: HTTPFetcher(self.network, digester: ResponseDigester(), now: { 0 }),
      caches: caches, eventLoop: self.eventLoop,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      clock: SupervisorClock(tick: tick) { [clock] in clock.now() },
      backOff: BackOff(initial: .milliseconds(1), maximum: .milliseconds(5)))
  }

  /// Runs the script in the first fake worker.
  func start(listeners: [String] = ["fetch"]) async throws -> FakeWorker {
    async let types = self.supervisor.run()
    let worker = try await self.launcher.worker()
    try await self.ready(worker, listeners)
    #expect(try await types == Set(listeners))
    return worker
  }

  /// Lets a worker take its start frame and say that it is ready.
  func ready(_ worker: FakeWorker, _ listeners: [String] = ["fetch"]) async throws {
    guard case .start = try await worker.next() else {
      Issue.record("the first frame is start")
      return
    }
    try worker.send(.ready(listeners: listeners))
  }

  func fetch(
    _ method: String = "GET", _ url: String = "https://a.test/x", body: FetchBody = .none,
    hidden: HeaderList = HeaderList(), signal: FetchSignal = FetchSignal()
  ) -> Outcome {
    let outcome = Outcome()
    let request = FetchRequest(
      method: method, url: url, headers: HeaderList([("X-A", "1")]), body: body, signal: signal)
    self.supervisor.dispatchFetch(FetchEventInit(request: request, hidden: hidden)) {
      outcome.set($0)
    }
    return outcome
  }

  /// Dispatches an event and lets the worker take it; its number.
  func deliver(_ worker: FakeWorker) async throws -> UInt32 {
    while true {
      switch try await worker.next() {
      case .fetchEvent(let number, _, _): return number
      case .bodyCredit: continue
      case let other:
        Issue.record("expected a fetch event, not \(other)")
        return 0
      }
    }
  }

  func end() {
    self.supervisor.terminate()
    try? FileManager.default.removeItem(atPath: self.scriptPath)
  }
}

let okHead = ResponseHead(status: 200, statusText: "OK", headers: HeaderList(), urlList: [])

func requestHead(_ url: String, method: String = "GET") -> RequestHead {
  RequestHead(
    method: method, url: url, headers: HeaderList(), attributes: RequestAttributes())
}

/// Reads a stream to its end; the text, and the error's message where it failed.
func readAll(_ body: FetchBody) async throws -> String {
  guard case .stream(let pipe) = body else { return describe(body) }
  var text = ""
  pipe.setConsumer(onReadable: {})
  for _ in 0..<60_000 {
    switch pipe.read() {
    case .chunk(let chunk): text += String(buffer: chunk)
    case .pending: try await Task.sleep(for: .milliseconds(1))
    case .end: return text
    case .failed(let error): return "\(text) failed: \(error.message)"
    }
  }
  return text + " and no end"
}

/// Waits until something is so.
func eventually(
  _ location: SourceLocation = #_sourceLocation, _ condition: () async -> Bool
) async throws {
  for _ in 0..<60_000 {
    if await condition() { return }
    try await Task.sleep(for: .milliseconds(1))
  }
  throw Timeout(location: location)
}
