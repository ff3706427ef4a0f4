import NIOCore
import Testing

@testable import PluginHost

/// `importScripts()` in the worker; the test is the host.
@Suite struct ImportScriptsTests {
  /// Takes the call for a script and returns its number.
  private func call(_ worker: WorkerHarness, for url: String) throws -> UInt32 {
    guard case .call(let call, .importScript, let payload) = try worker.next() else {
      throw WorkerHarness.Failure(text: "no import")
    }
    #expect(String(buffer: payload) == url)
    return call
  }

  private func answer(
    _ worker: WorkerHarness, _ call: UInt32, _ source: String, name: String = "/plugins/lib.js",
    isMuted: Bool = false
  ) throws {
    let script = ImportedScript(
      name: name, source: ByteBuffer(string: source), isMuted: isMuted)
    try worker.send(.callResult(call: call, errorName: "", message: "", payload: script.frame))
  }

  @Test func scriptsRunInOrderAndShareTheGlobal() throws {
    let worker = try WorkerHarness()
    try worker.start(
      """
      const order = ['before'];
      importScripts('lib/a.js#f', '/b.js');
      order.push(typeof fromA, fromB);
      onfetch = event => event.respondWith(new Response(order.join()));
      """)
    try self.answer(
      worker, try self.call(worker, for: "https://app.test/lib/a.js#f"),
      "\u{FEFF}order.push('a'); function fromA() {}\nlet fromB = 1;")
    try self.answer(
      worker, try self.call(worker, for: "https://app.test/b.js"), "order.push('b'); fromB++;")
    guard case .ready(["fetch"]) = try worker.next() else {
      Issue.record("not ready")
      return
    }
    try worker.fetchEvent()
    #expect(try worker.response().body == "before,a,b,function,2")
  }

  @Test func whatComesMeanwhileIsKeptInItsOrderAndPingsAreAnswered() throws {
    let worker = try WorkerHarness(
      script: """
        onfetch = event => {
          const path = new URL(event.request.url).pathname;
          if (path === '/imports') importScripts('lib.js');
          event.respondWith(new Response(path));
        };
        """)
    try worker.fetchEvent(1, "https://app.test/imports")
    let call = try self.call(worker, for: "https://app.test/lib.js")
    try worker.fetchEvent(2, "https://app.test/second")
    try worker.fetchEvent(3, "https://app.test/third")
    try worker.send(.ping(77))
    guard case .pong(77) = try worker.next() else {
      Issue.record("no pong")
      return
    }
    try self.answer(worker, call, "")
    #expect(try worker.response().body == "/imports")
    #expect(try worker.response().body == "/second")
    #expect(try worker.response().body == "/third")
  }

  @Test func microtasksWaitForTheScriptThatImports() throws {
    let worker = try WorkerHarness()
    try worker.start(
      """
      const order = [];
      Promise.resolve().then(() => order.push('microtask'));
      importScripts('lib.js');
      order.push('script');
      onfetch = event => event.respondWith(new Response(order.join()));
      """)
    try self.answer(
      worker, try self.call(worker, for: "https://app.test/lib.js"), "order.push('lib');")
    guard case .ready = try worker.next() else {
      Issue.record("not ready")
      return
    }
    try worker.fetchEvent()
    #expect(try worker.response().body == "lib,script,microtask")
  }

  @Test func failuresAreThrown() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(
        returning: """
          const results = [];
          for (const url of ['missing.js', 'throws.js', 'syntax.js', 'foreign.js']) {
            try { importScripts(url); } catch (error) {
              results.push(`${error.name} ${error instanceof DOMException} ${error.code}`);
            }
          }
          results.push(thrown(() => importScripts('fine.js', 'http://foo bar')));
          return results.join();
          """))
    try worker.fetchEvent()
    try worker.send(
      .callResult(
        call: try self.call(worker, for: "https://app.test/missing.js"), errorName: "NetworkError",
        message: "gone", payload: ByteBuffer()))
    try self.answer(
      worker, try self.call(worker, for: "https://app.test/throws.js"), "throw new RangeError()")
    try self.answer(worker, try self.call(worker, for: "https://app.test/syntax.js"), "let let")
    try self.answer(
      worker, try self.call(worker, for: "https://app.test/foreign.js"), "throw new RangeError()",
      isMuted: true)
    #expect(
      try worker.response().body
        == "NetworkError true 19,RangeError false undefined,SyntaxError false undefined,"
        + "NetworkError true 19,SyntaxError")
    // Of the other origin's error only the person who reads the log hears.
    #expect(worker.console.contains { $0.text.contains("RangeError") })
  }

  @Test func errorsOfAnImportedScriptNameItsFileAndLine() throws {
    let worker = try WorkerHarness()
    try worker.start("importScripts('lib.js');")
    try self.answer(
      worker, try self.call(worker, for: "https://app.test/lib.js"), "\n\nmissing();",
      name: "/plugins/lib.js")
    guard case .startFailed(let failure) = try worker.next() else {
      Issue.record("started")
      return
    }
    #expect(failure.file == "/plugins/lib.js")
    #expect(failure.line == 3)
  }

  @Test func theEndOfTheHostEndsTheWait() throws {
    let worker = try WorkerHarness()
    try worker.start("importScripts('lib.js');")
    _ = try self.call(worker, for: "https://app.test/lib.js")
    worker.disconnect()
    #expect(try worker.waitForExit() == 0)
  }
}
