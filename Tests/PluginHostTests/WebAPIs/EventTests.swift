import NIOCore
import Testing

@testable import PluginHost

@Suite struct EventTests {
  @Test(arguments: [
    ScriptCase(
      """
      const log = []; const t = new EventTarget();
      t.addEventListener('x', () => log.push('bubble'));
      t.addEventListener('x', () => log.push('capture'), true);
      t.addEventListener('x', { handleEvent(e) { log.push(this === this && e.type); } }, { once: true });
      t.dispatchEvent(new Event('x')); t.dispatchEvent(new Event('x')); return log.join();
      """, "capture,bubble,x,capture,bubble"),
    ScriptCase(
      """
      const t = new EventTarget(); let n = 0; const f = () => n++;
      t.addEventListener('x', f); t.addEventListener('x', f); t.dispatchEvent(new Event('x'));
      t.removeEventListener('x', f); t.dispatchEvent(new Event('x')); return n;
      """, "1"),
    ScriptCase(
      """
      const t = new EventTarget(); const log = [];
      t.addEventListener('x', e => { e.stopImmediatePropagation(); log.push(1); });
      t.addEventListener('x', () => log.push(2)); t.dispatchEvent(new Event('x')); return log;
      """, "1"),
    ScriptCase(
      """
      const t = new EventTarget(); t.addEventListener('x', e => e.preventDefault());
      const a = t.dispatchEvent(new Event('x')), b = t.dispatchEvent(new Event('x', {cancelable: true}));
      t.addEventListener('y', e => e.preventDefault(), {passive: true});
      return [a, b, t.dispatchEvent(new Event('y', {cancelable: true}))];
      """, "true,false,true"),
    ScriptCase(
      """
      const e = new Event('x'); let during; const t = new EventTarget();
      t.addEventListener('x', () => during = [e.target === t, e.currentTarget === t, e.eventPhase,
        thrown(() => t.dispatchEvent(e))]);
      t.dispatchEvent(e); return [...during, e.target === t, e.currentTarget, e.eventPhase, e.isTrusted];
      """, "true,true,2,InvalidStateError,true,,0,false"),
    ScriptCase(
      "return [new CustomEvent('x', {detail: 7}).detail, new CustomEvent('x').detail, String(new CustomEvent('x'))]",
      "7,,[object CustomEvent]"),
    ScriptCase(
      "return [thrown(() => Event('x')), thrown(() => new Event()), thrown(() => Event.prototype.type)]",
      "TypeError,TypeError,TypeError"),
    ScriptCase(
      "const d = Object.getOwnPropertyDescriptor(Event.prototype, 'type'); return [d.enumerable, typeof d.get, Event.AT_TARGET, Event.length]",
      "true,function,2,1"),
    ScriptCase(
      """
      const c = new AbortController(); const t = new EventTarget(); let n = 0;
      t.addEventListener('x', () => n++, { signal: c.signal }); t.dispatchEvent(new Event('x'));
      c.abort(); t.dispatchEvent(new Event('x')); return n;
      """, "1"),
    ScriptCase(
      "return [event instanceof FetchEvent, event instanceof ExtendableEvent, event.isTrusted, event.cancelable, event.target === self, event.clientId === '', String(event)]",
      "true,true,true,true,true,true,[object FetchEvent]"),
    ScriptCase(
      "return [new ExtendableEvent('x').type, thrown(() => new ExtendableEvent('x').waitUntil(1)), thrown(() => new FetchEvent('fetch', {request: new Request('/')}).respondWith(1))]",
      "x,InvalidStateError,InvalidStateError"),
    ScriptCase("await 0; return thrown(() => event.respondWith(1))", "InvalidStateError"),
    ScriptCase(
      "event.waitUntil(Promise.resolve()); return (await event.preloadResponse) === undefined",
      "true"),
  ])
  func events(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "const c = new AbortController(); const r = []; c.signal.onabort = e => r.push(e.type); c.abort(); c.abort(); return [r, c.signal.aborted, c.signal.reason.name, c.signal.reason.code]",
      "abort,true,AbortError,20"),
    ScriptCase(
      "const a = new AbortController(), b = new AbortController(); const any = AbortSignal.any([a.signal, b.signal]); b.abort('why'); return [any.aborted, any.reason, a.signal.aborted]",
      "true,why,false"),
    ScriptCase(
      "const s = AbortSignal.timeout(1); await new Promise(r => s.onabort = r); return s.reason.name",
      "TimeoutError"),
    ScriptCase(
      "return [thrown(() => AbortSignal.abort().throwIfAborted()), thrown(() => new AbortSignal())]",
      "AbortError,TypeError"),
    ScriptCase(
      "const e = new DOMException('m', 'DataCloneError'); return [e.code, e.message, e instanceof Error, DOMException.ABORT_ERR, String(e)]",
      "25,m,true,20,DataCloneError: m"),
  ])
  func abort(_ test: ScriptCase) throws { try test.check() }

  @Test func anExceptionInAListenerIsReportedWithItsPositionAndFallsBack() throws {
    let worker = try WorkerHarness(
      script: "addEventListener('fetch', event => {\n  throw new RangeError('boo');\n});")
    try worker.fetchEvent(5)
    guard case .noResponse(5, false, false) = try worker.next() else {
      Issue.record("no fall-back")
      return
    }
    let line = try #require(worker.console.first)
    #expect(line.level == .error)
    #expect(line.text.hasPrefix("Uncaught RangeError: boo"))
    #expect(line.position.hasPrefix("/plugins/sw.js:2:"))
  }

  @Test func anErrorHandlerCanTakeTheException() throws {
    let worker = try WorkerHarness(
      script: """
        let seen; self.onerror = (message, file, line) => { seen = [message, file, line]; return true; };
        onfetch = event => {
          if (seen) event.respondWith(new Response(seen.join()));
          else throw new Error('boo');
        };
        """)
    #expect(Set(worker.listeners) == ["error", "fetch"])
    try worker.fetchEvent(1)
    guard case .noResponse = try worker.next() else {
      Issue.record("no fall-back")
      return
    }
    #expect(worker.console.isEmpty)
    try worker.fetchEvent(2)
    #expect(try worker.response().body == "Uncaught Error: boo,/plugins/sw.js,4")
  }

  @Test func anUnhandledRejectionIsAnEventAndThenALine() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('unhandledrejection', event => {
          if (event.reason === 'quiet') event.preventDefault();
        });
        addEventListener('fetch', event => {
          Promise.reject('quiet'); Promise.reject(new TypeError('loud'));
          event.respondWith(new Response('x'));
        });
        """)
    try worker.fetchEvent()
    _ = try worker.response()
    _ = try worker.settle()
    #expect(worker.console.count == 1)
    #expect(worker.console.first?.text.hasPrefix("Uncaught (in promise) TypeError: loud") == true)
  }

  /// What the script's `log` has after some turns of the loop.
  private func rejections(_ script: String) throws -> String {
    let worker = try WorkerHarness(
      script: """
        const log = [];
        const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
        onunhandledrejection = (event) => {
          log.push(`unhandled ${event.reason}`);
          event.preventDefault();
        };
        onrejectionhandled = (event) => log.push(
          `handled ${event.reason} ${event.promise === first} ${event.cancelable} ${event.isTrusted}`);
        let first;
        onfetch = (event) => event.respondWith((async () => {
          first = Promise.reject(1);
          \(script)
          for (let i = 0; i < 5; i++) await turn();
          return new Response(log.join(', '));
        })());
        """)
    try worker.fetchEvent()
    return try worker.response().body
  }

  @Test(arguments: [
    "first.then(() => {}, () => {});", "first.catch(() => {});",
    "first.finally(() => {}).catch(() => {});",
    "try { await first; } catch {}", "Promise.all([first]).catch(() => {});",
    "Promise.resolve(first).catch(() => {});", "new Promise((r) => r(first)).catch(() => {});",
    "queueMicrotask(() => first.catch(() => {}));",
  ])
  func aRejectionThatIsHandledLaterIsToldOnce(handling: String) throws {
    #expect(
      try self.rejections(
        "await turn(); await turn(); \(handling) await turn(); first.catch(() => {});")
        == "unhandled 1, handled 1 true false true")
  }

  @Test func aRejectionThatIsHandledInTimeIsNotTold() throws {
    #expect(try self.rejections("first.catch(() => {});") == "")
    #expect(try self.rejections("await null; first.catch(() => {});") == "")
    #expect(
      try self.rejections(
        """
        self.addEventListener('unhandledrejection', (event) => event.promise.catch(() => {}));
        """) == "unhandled 1")
    #expect(
      try self.rejections(
        """
        const second = Promise.reject(2); Object.freeze(second);
        await turn(); await turn();
        log.push(first.hasOwnProperty('x'), Object.keys(first).length);
        second.catch(() => {});
        """) == "unhandled 1, unhandled 2, false, 0")
  }

  @Test func eachEventHasTheSameUnforgeableAttribute() throws {
    let result = try WorkerHarness.run(
      """
      const describe = (event) => Object.getOwnPropertyDescriptor(event, 'isTrusted');
      const [one, two] = [describe(new Event('x')), describe(new MessageEvent('y'))];
      return [one.get === two.get, one.enumerable, one.configurable, one.set, 'isTrusted' in Event.prototype,
        new Event('x').isTrusted, thrown(() => one.get.call({}))].join();
      """)
    #expect(result == "true,true,false,,false,false,TypeError")
  }

  @Test func whatIsReportedHasItsPlace() throws {
    let worker = try WorkerHarness(
      script: """
        const seen = [];
        addEventListener('error', (event) => {
          seen.push(`${event.filename}:${event.lineno} ${event.colno > 0} ${event.error}`);
          event.preventDefault();
        });
        reportError(1);
        reportError(undefined);
        onfetch = (event) => event.respondWith(new Response(seen.join(', ')));
        """)
    try worker.fetchEvent()
    #expect(
      try worker.response().body
        == "/plugins/sw.js:6 true 1, /plugins/sw.js:7 true undefined")
  }

  @Test func microtasksRunBetweenListeners() throws {
    let worker = try WorkerHarness(
      script: """
        const log = [];
        addEventListener('fetch', () => Promise.resolve().then(() => log.push('microtask')));
        addEventListener('fetch', event => { log.push('second'); event.respondWith(new Response(log.join())); });
        """)
    try worker.fetchEvent()
    #expect(try worker.response().body == "microtask,second")
  }

  @Test func installWaitsForItsPromises() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('install', event => {
          event.waitUntil(new Promise(resolve => setTimeout(resolve, 1)).then(skipWaiting));
        });
        addEventListener('activate', event => event.waitUntil(Promise.reject(new Error('no'))));
        """)
    try worker.send(.install(event: 1))
    guard case .call(let call, .skipWaiting, _) = try worker.next() else {
      Issue.record("no skipWaiting")
      return
    }
    #expect(try worker.settle().isEmpty)
    try worker.send(.callResult(call: call, errorName: "", message: "", payload: ByteBuffer()))
    guard case .lifetimeSettled(1, "") = try worker.next() else {
      Issue.record("not settled")
      return
    }
    try worker.send(.activate(event: 2))
    guard case .lifetimeSettled(2, "Error: no") = try worker.next() else {
      Issue.record("not failed")
      return
    }
  }

  /// Whether the frames are just one that says this of extended events.
  private func isExtended(_ frames: [Frame], _ expected: Bool) -> Bool {
    guard frames.count == 1, case .eventsExtended(expected) = frames[0] else { return false }
    return true
  }

  @Test func answeredEventsThatAreExtendedAreReported() throws {
    let worker = try WorkerHarness(
      script: """
        const ends = [];
        const pending = () => new Promise(resolve => ends.push(resolve));
        addEventListener('fetch', event => {
          const path = new URL(event.request.url).pathname;
          if (path === '/wait') event.waitUntil(pending());
          if (path === '/network') return event.waitUntil(pending());
          if (path === '/done') event.waitUntil(Promise.resolve());
          if (path === '/late') {
            const answer = Promise.resolve(new Response('x'));
            event.respondWith(answer);
            answer.then(() => event.waitUntil(pending()));
            return;
          }
          if (path === '/end') ends.shift()();
          event.respondWith(new Response('x'));
        });
        """)
    func frames(_ event: UInt32, _ path: String) throws -> [Frame] {
      try worker.fetchEvent(event, "https://app.test" + path)
      switch try worker.next() {
      case .respond(event, _, _), .noResponse(event, _, _): return try worker.settle()
      case let other: throw WorkerHarness.Failure(text: "no answer but \(other)")
      }
    }
    #expect(try frames(1, "/plain").isEmpty)
    #expect(try frames(2, "/done").isEmpty)
    #expect(try self.isExtended(frames(3, "/wait"), true))
    #expect(try frames(4, "/network").isEmpty)
    #expect(try frames(5, "/end").isEmpty)
    #expect(try self.isExtended(frames(6, "/end"), false))
    #expect(try self.isExtended(frames(7, "/network"), true))
    #expect(try self.isExtended(frames(8, "/end"), false))
    #expect(try self.isExtended(frames(9, "/late"), true))
    #expect(try self.isExtended(frames(10, "/end"), false))
  }

  @Test func aRefusedClaimRejectsWithItsName() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(returning: "return rejected(clients.claim())"))
    try worker.fetchEvent()
    guard case .call(let call, .claimClients, _) = try worker.next() else {
      Issue.record("no claim")
      return
    }
    try worker.send(
      .callResult(
        call: call, errorName: "InvalidStateError", message: "no", payload: ByteBuffer()))
    #expect(try worker.response().body == "InvalidStateError")
  }
}
