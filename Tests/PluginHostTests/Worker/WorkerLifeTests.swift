import FetchModel
import NIOCore
import Testing

@testable import PluginHost

@Suite struct WorkerLifeTests {
  @Test func aScriptAnswersARequest() throws {
    let worker = try WorkerHarness(
      script: "addEventListener('fetch', e => e.respondWith(new Response('hi ' + e.request.url)))")
    #expect(worker.listeners == ["fetch"])
    try worker.fetchEvent(7)
    let (head, body) = try worker.response()
    #expect(head.status == 200)
    #expect(head.headers.first("content-type") == "text/plain;charset=UTF-8")
    #expect(body == "hi https://app.test/page")
  }

  @Test(
    arguments: [
      ("let a = 1;\nfoo(;\n", "SyntaxError: Unexpected token ';'", 2, 5),
      ("\n\n  null.x", "TypeError: null is not an object (evaluating 'null.x')", 3, 7),
      ("\nnew Response('', {status: 7})", "RangeError: Response: the status 7 is outside", 2, 13),
      ("throw 'up'", "up", 0, 0),
      ("let x;\nlet x;", "SyntaxError: Cannot declare a let variable twice: 'x'.", 2, 5),
    ] as [(String, String, UInt32, UInt32)])
  func aFailureToStartSaysWhere(
    source: String, message: String, line: UInt32, column: UInt32
  ) throws {
    let worker = try WorkerHarness()
    try worker.start(source)
    guard case .startFailed(let failure) = try worker.next() else {
      Issue.record("it started")
      return
    }
    #expect(failure.message.hasPrefix(message), "\(failure)")
    #expect(failure.file == "/plugins/sw.js")
    #expect(failure.line == line, "\(failure)")
    #expect(failure.column == column, "\(failure)")
    #expect(try worker.waitForExit() == 0)
  }

  @Test func itEndsAtStopAndWhenTheSocketIsGone() throws {
    let stopped = try WorkerHarness(script: "")
    try stopped.send(.stop)
    #expect(try stopped.waitForExit() == 0)
    let deserted = try WorkerHarness(script: "setInterval(() => {}, 1)")
    deserted.disconnect()
    #expect(try deserted.waitForExit() == 0)
  }

  @Test func garbageEndsItWithAnError() throws {
    let worker = try WorkerHarness(script: "")
    try worker.sendBytes([2, 0, 0, 0, 250, 1])
    #expect(try worker.waitForExit() == 1)
  }

  @Test func timersDoNotStarveTheSocket() throws {
    let worker = try WorkerHarness(
      script: """
        const again = () => setTimeout(again, 0); again(); again();
        setInterval(() => {}, 0);
        addEventListener('fetch', e => e.respondWith(new Response('x')));
        """)
    for event in 1...50 as ClosedRange<UInt32> {
      try worker.fetchEvent(event)
      #expect(try worker.response().body == "x")
    }
  }

  @Test func aPluginSeesTheEngineFinishWebAssembly() throws {
    // Done by the engine on its run loop and not as a microtask.
    let result = try WorkerHarness.run(
      """
      const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0,
        7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11]);
      return (await WebAssembly.instantiate(bytes)).instance.exports.f();
      """)
    #expect(result == "42")
  }

  @Test func noArgumentsBreakIt() throws {
    // Every function of the global and of its interfaces with arguments that make little sense, also
    // from the bottom of the stack.
    let worker = try WorkerHarness(
      script: """
        const detached = new ArrayBuffer(8); const emptied = new Uint8Array(detached); detached.transfer();
        const revoked = Proxy.revocable({}, {}); revoked.revoke();
        const trap = new Proxy({}, { get() { throw 1; }, has() { throw 2; }, ownKeys() { throw 3; } });
        const values = [undefined, null, NaN, Infinity, -1, 1e100, '', '\\u0000', '\\ud800', '☃', 5n,
          Symbol('s'), {}, [], [[1]], () => {}, detached, emptied, new DataView(new ArrayBuffer(1)),
          revoked.proxy, trap, { valueOf() { throw 4; }, toString() { throw 5; } }, new Headers(),
          new Response('x'), new Request('/'), new ReadableStream(), new AbortController().signal];
        const quiet = ['setInterval', 'eval', 'Function', 'Iterator'];
        onunhandledrejection = event => event.preventDefault();
        const attempt = (f, self, args) => {
          try { Reflect.apply(f, self, args)?.then?.(() => {}, () => {}); } catch {}
          try { Reflect.construct(f, args); } catch {}
        };
        let calls = 0;
        function pester() {
          for (const name of Object.getOwnPropertyNames(self)) {
            const value = self[name];
            if (typeof value !== 'function' || quiet.includes(name) || /Array|^on|ler$|WebAss/.test(name)) continue;
            const all = [value];
            for (const holder of [value, value.prototype ?? {}]) {
              for (const d of Object.values(Object.getOwnPropertyDescriptors(holder))) {
                for (const f of [d.value, d.get, d.set]) if (typeof f === 'function') all.push(f);
              }
            }
            if (!/^(URL|Head|Req|Resp|Text|Event|Custom|Error|Prom|Ext|Fetch|Abort|Read|Blob|Count|Byte|Crypto|Perf|Worker|Serv|Client|DOM|set|clear|queue|atob|btoa|fetch|report|Inst)/.test(name)) continue;
            for (const f of all) for (const value of values) {
              attempt(f, value, [value, value, value]); attempt(f, undefined, [value]); calls++;
            }
          }
        }
        addEventListener('fetch', event => {
          const respondWith = FetchEvent.prototype.respondWith;
          if (event.request.url.endsWith('deep')) {
            let left = 40;
            const dive = () => { try { dive(); } catch { if (left-- > 0) { new URL('http://a/b'); console.debug('x'); btoa('y'); } } };
            dive();
          } else if (event.request.url.endsWith('pester')) pester();
          event.respondWith(new Response(String(calls > 0)));
        });
        """)
    try worker.fetchEvent(1, "https://app.test/pester")
    while true {
      if case .respond(1, _, .inline(let body)) = try worker.next() {
        #expect(String(buffer: body) == "true")
        break
      }
    }
    try worker.fetchEvent(2, "https://app.test/deep")
    while true {
      if case .respond(2, _, _) = try worker.next() { break }
    }
    #expect(try worker.settle().allSatisfy { if case .respond = $0 { false } else { true } })
  }

  @Test func timersFireInOrderAndNotAfterTheirTurn() {
    var timers = TimerQueue()
    timers.set(1, deadline: 20)
    timers.set(2, deadline: 10)
    timers.set(3, deadline: 10)
    timers.set(4, deadline: 5)
    timers.clear(4)
    #expect(timers.nextDeadline() == 10)
    let mark = timers.mark
    timers.set(5, deadline: 0)
    var fired: [Int32] = []
    while let id = timers.popDue(now: 15, mark: mark) { fired.append(id) }
    #expect(fired.isEmpty, "a timer set meanwhile is in front and waits for the next turn")
    while let id = timers.popDue(now: 15, mark: timers.mark) { fired.append(id) }
    #expect(fired == [5, 2, 3])
    #expect(timers.nextDeadline() == 20)
    timers.set(1, deadline: 30)
    #expect(timers.nextDeadline() == 30)
    #expect(timers.count == 1)
  }
}
