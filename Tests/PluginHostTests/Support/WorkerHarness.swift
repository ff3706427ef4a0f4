import FetchModel
import Foundation
import NIOCore
import Synchronization

@testable import PluginHost

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

#if canImport(Glibc)
  let streamSocketType = CInt(SOCK_STREAM.rawValue)
#else
  let streamSocketType = SOCK_STREAM
#endif

/// The host's side of a worker that runs on a thread of the test, at the level of frames.
final class WorkerHarness {
  struct Failure: Error { var text: String }

  /// How long a frame may take; only a broken worker ever takes as long.
  private static let patience: Int32 = 30_000

  private let descriptor: CInt
  private var decoder = FrameDecoder()
  /// Console lines that came meanwhile.
  private(set) var console: [(level: ConsoleLevel, text: String, position: String)] = []
  private let exitCode: ExitCode

  /// Starts a worker without a script.
  init() throws {
    var pair: [CInt] = [0, 0]
    guard socketpair(AF_UNIX, streamSocketType, 0, &pair) == 0 else {
      throw Failure(text: "no sockets")
    }
    self.descriptor = pair[0]
    let exitCode = ExitCode()
    self.exitCode = exitCode
    let worker = pair[1]
    startThread { exitCode.set(WorkerMain(descriptor: worker).run()) }
  }

  deinit { _ = close(self.descriptor) }

  /// Starts a worker, evaluates a script and takes its `ready`.
  convenience init(
    script: String, scope: String = "https://app.test/",
    scriptURL: String = "https://app.test/sw.js"
  ) throws {
    try self.init()
    try self.start(script, scope: scope, scriptURL: scriptURL)
    let frame = try self.next()
    guard case .ready(let listeners) = frame else { throw Failure(text: "not ready: \(frame)") }
    self.listeners = listeners
  }

  private(set) var listeners: [String] = []

  func start(
    _ script: String, scope: String = "https://app.test/",
    scriptURL: String = "https://app.test/sw.js", isModule: Bool = false
  ) throws {
    try self.send(
      .start(
        WorkerStart(
          name: "test", scriptURL: scriptURL, scriptPath: "/plugins/sw.js", scope: scope,
          source: script, isModule: isModule)))
  }

  // MARK: Frames

  func send(_ frame: Frame) throws {
    var buffer = ByteBuffer()
    try buffer.writeFrame(frame)
    try self.sendBytes(Array(buffer.readableBytesView))
  }

  func sendBytes(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(self.descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Failure(text: "the worker is gone") }
      rest = rest.dropFirst(count)
    }
  }

  /// The next frame that is no console line.
  func next() throws -> Frame {
    while true {
      guard let frame = try self.anyFrame() else { throw Failure(text: "the worker has closed") }
      guard case .console(let level, let text, let position) = frame else { return frame }
      self.console.append((level, text, position))
    }
  }

  /// The next frame; `nil` where the worker has closed its end.
  private func anyFrame() throws -> Frame? {
    while true {
      if let frame = try self.decoder.next() { return frame }
      var item = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, Self.patience) > 0 else { throw Failure(text: "no frame came") }
      let count = self.decoder.fill(capacity: 65_536) { memory in
        read(self.descriptor, memory.baseAddress, memory.count)
      }
      if count <= 0 { return nil }
    }
  }

  /// Asserts in time order that nothing but console lines comes before an answer to a ping: what the
  /// worker had to say is said.
  func settle(_ number: UInt32 = 4_711) throws -> [Frame] {
    try self.send(.ping(number))
    var frames: [Frame] = []
    while true {
      let frame = try self.next()
      if case .pong(number) = frame { return frames }
      frames.append(frame)
    }
  }

  /// Waits for the worker to close its end and returns its exit code.
  func waitForExit() throws -> Int32 {
    while try self.anyFrame() != nil {}
    return try self.exitCode.wait()
  }

  func disconnect() { shutdown(self.descriptor, CInt(SHUT_RDWR)) }

  // MARK: Events

  func fetchEvent(
    _ event: UInt32 = 1, _ url: String = "https://app.test/page", method: String = "GET",
    headers: [(String, String)] = [], body: BodyKind = .none,
    change: (inout RequestAttributes) -> Void = { _ in }
  ) throws {
    var attributes = RequestAttributes()
    change(&attributes)
    let head = RequestHead(
      method: method, url: url, headers: HeaderList(headers), attributes: attributes)
    try self.send(.fetchEvent(event: event, head, body: body))
  }

  /// Takes the next frame, which has to be an answer with the body in it.
  func response() throws -> (head: ResponseHead, body: String) {
    let frame = try self.next()
    guard case .respond(_, let head, let body) = frame else {
      throw Failure(text: "no response but \(frame); console: \(self.console)")
    }
    switch body {
    case .none: return (head, "")
    case .inline(let bytes): return (head, String(buffer: bytes))
    case .stream: throw Failure(text: "the body is a stream")
    }
  }

  /// Runs the body of an async function in a fresh worker, inside of a fetch event, and returns what
  /// it returns as a string.
  static func run(_ body: String) throws -> String {
    let worker = try WorkerHarness(script: Self.script(returning: body))
    try worker.fetchEvent(1, "https://app.test/page?q=1", headers: [("Accept", "*/*")])
    let frame = try worker.next()
    switch frame {
    case .respond(_, _, .inline(let bytes)): return String(buffer: bytes)
    default: return "\(frame)"
    }
  }

  static func script(returning body: String) -> String {
    """
    const run = async (event) => { \(body)
    };
    // How an assertion of a throw reads: the error's name, or "nothing".
    const thrown = (f) => { try { f(); return 'nothing'; } catch (e) { return e.name; } };
    const rejected = async (p) => { try { await p; return 'nothing'; } catch (e) { return e.name; } };
    self.addEventListener('fetch', (event) => event.respondWith((async () => {
      try { return new Response(String(await run(event))); }
      catch (error) { return new Response(`threw ${error}\\n${error.stack}`); }
    })()));
    """
  }
}

private final class ExitCode: Sendable {
  private let code = Mutex<Int32?>(nil)
  func set(_ value: Int32) { self.code.withLock { $0 = value } }
  func wait() throws -> Int32 {
    for _ in 0..<30_000 {
      if let code = self.code.withLock({ $0 }) { return code }
      usleep(1_000)
    }
    throw WorkerHarness.Failure(text: "the worker did not end")
  }
}

/// A thread with the stack of a process's first one, which the engine expects.
private func startThread(_ body: @escaping @Sendable () -> Void) {
  let thread = Thread(block: body)
  thread.stackSize = 8 << 20
  thread.start()
}
