import FetchModel
import Foundation
import Interceptor
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import PluginHost

/// The supervisor with the real worker: this package's executable as a process of its own.
@Suite struct SupervisorRealWorkerTests {
  private struct Plugin {
    let supervisor: WorkerSupervisor
    let network = CannedNetwork()
    let path: String

    /// - Parameter engineOptions: `JSC_…=value` words for the worker, which gets none of the test's.
    init(
      _ script: String, engineOptions: String? = nil,
      _ change: (inout WorkerSupervisor.Configuration) -> Void = { _ in }
    ) throws {
      // Built beside the test's own executable.
      var executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("valor").path
      try #require(FileManager.default.isExecutableFile(atPath: executable))
      self.path = NSTemporaryDirectory() + "valor-\(UUID().uuidString).js"
      try Data(script.utf8).write(to: URL(fileURLWithPath: self.path))
      var arguments = ["worker", "--descriptor", "3"]
      if let engineOptions {
        arguments = engineOptions.split(separator: " ").map(String.init) + [executable] + arguments
        executable = "/usr/bin/env"
      }
      var configuration = WorkerSupervisor.Configuration(
        name: "real", scriptPath: self.path, scriptURL: "https://a.test/real.js",
        scope: "https://a.test/")
      change(&configuration)
      self.supervisor = WorkerSupervisor(
        configuration: configuration, executable: executable, arguments: arguments,
        network: HTTPFetcher(self.network, digester: ResponseDigester(), now: { 0 }),
        eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func fetch(_ method: String = "GET", _ url: String, body: FetchBody = .none) -> Outcome {
      let outcome = Outcome()
      let request = FetchRequest(method: method, url: url, headers: HeaderList(), body: body)
      self.supervisor.dispatchFetch(
        FetchEventInit(request: request, hidden: HeaderList([("Cookie", "a=b")]))
      ) {
        outcome.set($0)
      }
      return outcome
    }

    func end() {
      self.supervisor.terminate()
      try? FileManager.default.removeItem(atPath: self.path)
    }
  }

  @Test func scriptAnswersAndFallsThrough() async throws {
    let plugin = try Plugin(
      """
      addEventListener('install', event => event.waitUntil(skipWaiting()));
      addEventListener('fetch', event => {
        if (event.request.url.endsWith('/mine')) event.respondWith(new Response('hello'));
        if (event.request.url.endsWith('/bad')) event.respondWith(Promise.reject(new Error('x')));
      });
      """)
    defer { plugin.end() }
    #expect(try await plugin.supervisor.run() == ["install", "fetch"])
    let mine = plugin.fetch("GET", "https://a.test/mine")
    let other = plugin.fetch(
      "POST", "https://a.test/other", body: .bytes(ByteBuffer(string: "b")))
    let bad = plugin.fetch("GET", "https://a.test/bad")
    guard case .response(let response) = try await mine.value() else {
      return #expect(Bool(false))
    }
    #expect(response.status == 200)
    #expect(try await readAll(response.body).contains("hello"))
    #expect(try await other.text() == #"none false false "b""#)
    #expect(try await bad.text() == "failed plugin_failed")
  }

  @Test func untouchedFetchIsRelayed() async throws {
    let plugin = try Plugin(
      "addEventListener('fetch', event => event.respondWith(fetch(event.request)));")
    defer { plugin.end() }
    _ = try await plugin.supervisor.run()
    let up = BodyPipe()
    let outcome = plugin.fetch("POST", "https://a.test/x", body: .stream(up))
    let (request, complete) = try await plugin.network.request()
    #expect(request.headers.first("Cookie") == "a=b")
    guard case .stream(let relayedUp) = request.body else { return #expect(Bool(false)) }
    #expect(relayedUp === up)
    let down = BodyPipe()
    complete(.success(FetchResponse(status: 201, headers: HeaderList(), body: .stream(down))))
    guard case .relayed(let response) = try await outcome.value(),
      case .stream(let relayedDown) = response.body
    else { return #expect(Bool(false)) }
    #expect(relayedDown === down)
  }

  @Test func bodiesStreamThroughTheWorker() async throws {
    let plugin = try Plugin(
      """
      addEventListener('fetch', event => event.respondWith(
        event.request.arrayBuffer().then(bytes => new Response(bytes))));
      """)
    defer { plugin.end() }
    _ = try await plugin.supervisor.run()
    for size in [0, 1, 300_000, 2_000_000] {
      let pipe = BodyPipe(length: size)
      pipe.write(ByteBuffer(repeating: 0x61, count: size))
      pipe.finish()
      let outcome = plugin.fetch("POST", "https://a.test/x", body: .stream(pipe))
      guard case .response(let response) = try await outcome.value() else {
        return #expect(Bool(false))
      }
      let text = try await readAll(response.body)
      #expect(text.filter { $0 == "a" }.utf8.count == size)
    }
  }

  @Test func syntaxErrorHasItsLine() async throws {
    let plugin = try Plugin("let a = 1;\nlet b = ;\n")
    defer { plugin.end() }
    let error = await #expect(throws: PluginError.self) { try await plugin.supervisor.run() }
    #expect(error?.name == "SyntaxError")
    let lines = error?.message.split(separator: "\n") ?? []
    #expect(lines.count >= 3)
    #expect(lines.dropFirst().first?.hasPrefix("\(plugin.path):2:") == true)
    #expect(lines.dropFirst(2).first == "let b = ;")
  }

  @Test func loopCostsTheWorkerAndNotTheNextEvent() async throws {
    let plugin = try Plugin(
      """
      addEventListener('fetch', event => {
        if (event.request.url.endsWith('/loop')) { for (;;) {} }
        event.respondWith(new Response('fine'));
      });
      """
    ) { configuration in
      configuration.pingInterval = .seconds(1)
      configuration.unresponsiveTime = .seconds(20)
    }
    defer { plugin.end() }
    _ = try await plugin.supervisor.run()
    let loop = plugin.fetch("GET", "https://a.test/loop")
    #expect(try await loop.text() == "workerFailed none")
    #expect(try await plugin.fetch("GET", "https://a.test/x").text().hasPrefix("response 200"))
    #expect(await plugin.supervisor.status().restarts == 1)
  }

  /// `kill -9` on the worker while requests run. They are POSTs, so none is ever sent twice: those
  /// that the worker had read fail, the others are answered by the next worker.
  @Test func killedWorkerLosesOnlyWhatItHadRead() async throws {
    let plugin = try Plugin(
      """
      addEventListener('fetch', event => {
        // Long enough for the kill to come before the last of them, if the machine has time for it.
        const until = Date.now() + 30;
        while (Date.now() < until) {}
        event.respondWith(new Response('done'));
      });
      """)
    defer { plugin.end() }
    _ = try await plugin.supervisor.run()
    // The bodies go in the frames: together far more than the socket and one read hold.
    let body = ByteBuffer(repeating: 0x61, count: 60_000)
    let outcomes = (0..<60).map {
      plugin.fetch("POST", "https://a.test/\($0)", body: .bytes(body))
    }
    _ = try await outcomes[0].value()
    let pid = try #require(await plugin.supervisor.status().pid)
    #expect(kill(pid, SIGKILL) == 0)
    var answered = 0
    for outcome in outcomes {
      switch try await outcome.value() {
      case .response: answered += 1
      case .workerFailed(_, .bytes(let whole)?): #expect(whole == body)
      case let other: Issue.record("\(describe(other))")
      }
    }
    #expect(answered >= 40)
    // A kill that came after the last answer has cost nothing.
    let restarts = await plugin.supervisor.status().restarts
    #expect(restarts == 1 || answered == outcomes.count)
  }

  /// The engine collects the whole heap on a timer of the worker's loop where garbage is old: what
  /// it takes for its main thread has to be known by then. The options make the timer due at once.
  @Test func collectionsOnTheEnginesTimerDoNotEndTheWorker() async throws {
    let plugin = try Plugin(
      """
      // What a young collection keeps and what dies later.
      const ring = []; let at = 0;
      addEventListener('fetch', event => {
        for (let i = 0; i < 2000; i++) ring[at++ % 100000] = { a: i, b: [i, i] };
        event.respondWith(new Response('fine'));
      });
      """,
      engineOptions: "JSC_percentCPUPerMBForFullTimer=1 JSC_collectionTimerMaxPercentCPU=50")
    defer { plugin.end() }
    _ = try await plugin.supervisor.run()
    for _ in 0..<1_000 {
      let text = try await plugin.fetch("GET", "https://a.test/x").text()
      guard text.hasPrefix("response 200") else { return #expect(text == "response 200") }
    }
    #expect(await plugin.supervisor.status().restarts == 0)
  }
}
