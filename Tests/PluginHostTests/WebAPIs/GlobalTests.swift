import Testing

@testable import PluginHost

@Suite struct GlobalTests {
  @Test(arguments: [
    ScriptCase(
      "return [self instanceof ServiceWorkerGlobalScope, self instanceof WorkerGlobalScope, self instanceof EventTarget, {} instanceof EventTarget, String(self)]",
      "true,true,true,false,[object ServiceWorkerGlobalScope]"),
    ScriptCase(
      "return [location.href, location.pathname, origin, registration.scope, isSecureContext, self === globalThis, String(location)]",
      "https://app.test/sw.js,/sw.js,https://app.test,https://app.test/,true,true,https://app.test/sw.js"
    ),
    ScriptCase("return ['internal', 'native'].filter(n => n in self)", ""),
    ScriptCase(
      "const ta = new Int32Array(new WebAssembly.Memory({shared: true, initial: 1, maximum: 1}).buffer); return [thrown(() => Atomics.wait(ta, 0, 0, 10)), thrown(() => Atomics.wait(ta, 1e9, 0)), Atomics.wait.length]",
      "TypeError,RangeError,4"),
    ScriptCase(
      "return [typeof URL.createObjectURL, typeof navigator.userAgent, navigator.onLine, Object.keys(self).includes('Response')]",
      "undefined,string,true,false"),
    ScriptCase(
      "return [thrown(() => new WorkerLocation()), thrown(() => new Clients())]",
      "TypeError,TypeError"),
    ScriptCase(
      "Array.prototype.push = Map.prototype.get = Promise.prototype.then = String.prototype.split = () => { throw 1; }; return [new URL('/a?b', location).pathname, new Headers({a: '1'}).get('a')]",
      "/a,1"),
  ])
  func scope(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "const u = new URL('../b?x=1#h', 'https://u:p@é.test:8080/a/c/'); return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]",
      "https://u:p@xn--9ca.test:8080/a/b?x=1#h,https://xn--9ca.test:8080,https:,u,p,xn--9ca.test:8080,xn--9ca.test,8080,/a/b,?x=1,#h"
    ),
    ScriptCase(
      "return [thrown(() => new URL('x')), URL.canParse('x'), URL.canParse('x', 'http://a'), URL.parse('x'), URL.parse('http://a').href]",
      "TypeError,false,true,,http://a/"),
    ScriptCase(
      "const u = new URL('http://a/'); u.pathname = 'b c'; u.search = 'q'; u.hash = '#z'; u.port = '81'; u.protocol = 'https'; u.host = 'x:y'; return u.href",
      "https://x:81/b%20c?q#z"),
    ScriptCase(
      "const u = new URL('http://a/?x=1'); const p = u.searchParams; p.append('y', 'ä b'); u.search += '&z=3'; return [u.href, p.get('z'), p === u.searchParams, p.size]",
      "http://a/?x=1&y=%C3%A4+b&z=3,3,true,3"),
    ScriptCase(
      "const u = new URL('http://a/'); return [thrown(() => u.href = 'x'), JSON.stringify(u)]",
      #"TypeError,"http://a/""#),
    ScriptCase(
      "const p = new URLSearchParams('?a=1&b=%ff+%2B&a=2'); p.sort(); return JSON.stringify([p.getAll('a'), p.get('b'), p.has('a', '2'), p.toString(), [...p]])",
      #"[["1","2"],"� +",true,"a=1&a=2&b=%EF%BF%BD+%2B",[["a","1"],["a","2"],["b","� +"]]]"#),
    ScriptCase(
      "return [new URLSearchParams([['a', '1'], ['b', '2']]), new URLSearchParams({x: \"~'()!*-._\"}), thrown(() => new URLSearchParams([['a']]))]",
      "a=1&b=2,x=%7E%27%28%29%21*-._,TypeError"),
  ])
  func url(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "return [new TextEncoder().encode('é€😀\\ud800'), new TextEncoder().encoding]",
      "195,169,226,130,172,240,159,152,128,239,191,189,utf-8"),
    ScriptCase(
      "const b = new Uint8Array(4); const r = new TextEncoder().encodeInto('aé€', b); return [r.read, r.written, b]",
      "2,3,97,195,169,0"),
    ScriptCase(
      "const b = new Uint8Array(4); structuredClone(b.buffer, {transfer: [b.buffer]}); const r = new TextEncoder().encodeInto('aé€', b); return [r.read, r.written, b.length]",
      "0,0,0"),
    ScriptCase(
      "return new TextDecoder().decode(new Uint8Array([0xEF, 0xBB, 0xBF, 0x61, 0xFF, 0xE2, 0x82])) === 'a\\ufffd\\ufffd'",
      "true"),
    ScriptCase(
      "return new TextDecoder('utf8', {ignoreBOM: true}).decode(new Uint8Array([0xEF, 0xBB, 0xBF, 0x61])).length",
      "2"),
    ScriptCase(
      "return thrown(() => new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array([0x80])))",
      "TypeError"),
    ScriptCase(
      "const d = new TextDecoder(); const o = {stream: true}; return d.decode(new Uint8Array([0xE2]), o) + d.decode(new Uint8Array([0x82]), o) + d.decode(new Uint8Array([0xAC, 0x21])) + d.decode(new Uint8Array([0x3f]))",
      "€!?"),
    ScriptCase(
      "const d = new TextDecoder(); const o = {stream: true}; let s = ''; for (const b of [0xEF, 0xBB, 0xBF, 0x61, 0xEF, 0xBB, 0xBF]) s += d.decode(new Uint8Array([b]), o); s += d.decode(); return Array.from(s, c => c.charCodeAt(0))",
      "97,65279"),
    ScriptCase(
      "return [new TextDecoder('utf-16le').decode(new Uint8Array([0x3D, 0xD8, 0x00, 0xDE])), new TextDecoder('utf-16be').decode(new Uint8Array([0xFE, 0xFF, 0, 0x61])), new TextDecoder('latin1').decode(new Uint8Array([0x80, 0xE9])), new TextDecoder(' ASCII\\n').encoding]",
      "😀,a,€é,windows-1252"),
    ScriptCase(
      "return [thrown(() => new TextDecoder('iso-2022-kr')), new TextDecoder().decode(new DataView(new ArrayBuffer(3), 1, 1)).length, new TextDecoder().decode(new Uint8Array([97, 0, 98])).length]",
      "RangeError,1,3"),
    ScriptCase(
      "return [btoa('a\\xff'), atob(' YQ = = ').length, atob('Yf8'), thrown(() => btoa('☃')), thrown(() => atob('a'))]",
      "Yf8=,1,aÿ,InvalidCharacterError,InvalidCharacterError"),
  ])
  func encoding(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "const l = []; setTimeout(x => l.push(x), 2, 'b'); setTimeout(() => l.push('a'), 0); clearTimeout(setTimeout(() => l.push('never'), 1)); await new Promise(r => setTimeout(r, 5)); return l",
      "a,b"),
    ScriptCase(
      "let n = 0; await new Promise(r => { const i = setInterval(() => { if (++n === 3) { clearInterval(i); r(); } }, 1); }); await new Promise(r => setTimeout(r, 5)); return n",
      "3"),
    ScriptCase(
      "const l = []; setTimeout(() => l.push('task'), 0); queueMicrotask(() => l.push('micro')); await new Promise(r => setTimeout(r, 1)); return [l, thrown(() => queueMicrotask(1))]",
      "micro,task,TypeError"),
    ScriptCase(
      "self.x = 0; setTimeout('self.x = 5', 0); await new Promise(r => setTimeout(r, 1)); return self.x",
      "5"),
    ScriptCase(
      "const a = new Uint8Array(32); crypto.getRandomValues(a); return [a.some(b => b !== 0), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), thrown(() => crypto.getRandomValues(new Float32Array(1)))]",
      "true,true,TypeMismatchError"),
    ScriptCase(
      "const t = performance.now(); await new Promise(r => setTimeout(r, 2)); return [performance.now() > t, Math.abs(performance.timeOrigin + t - Date.now()) < 60000]",
      "true,true"),
  ])
  func timers(_ test: ScriptCase) throws { try test.check() }

  /// What a browser's service worker does not have, or what is not built: feature detection has to find
  /// nothing.
  private static let absent = """
    const names = ['XMLHttpRequest', 'localStorage', 'sessionStorage', 'Worker', 'SharedWorker', 'Storage',
      'document', 'Document', 'window', 'Window', 'indexedDB', 'IDBFactory', 'WebSocket', 'EventSource',
      'cookieStore', 'CookieStore', 'LockManager', 'alert', 'frames', 'parent', 'top', 'postMessage',
      'close', 'requestAnimationFrame'];
    const found = names.filter((name) => name in self || typeof self[name] !== 'undefined');
    for (const name of names) {
      try {
        (0, eval)(name);
        found.push('variable ' + name);
      } catch (error) {
        if (!(error instanceof ReferenceError)) found.push(String(error));
      }
    }
    for (const name of ['locks', 'storage', 'serviceWorker']) if (name in navigator) found.push(name);
    if ('createObjectURL' in URL) found.push('createObjectURL');
    addEventListener('fetch', (event) => event.respondWith((async () => {
      try {
        await import('./other.js');
        found.push('import()');
      } catch (error) {
        // In a classic script the engine's own error, which is of no subclass.
        if (!(error instanceof Error)) found.push('import(): ' + error);
      }
      return new Response(found.join() || 'nothing');
    })()));
    """

  @Test(arguments: [false, true])
  func whatIsNotThere(isModule: Bool) throws {
    let worker = try WorkerHarness()
    try worker.start(Self.absent, isModule: isModule)
    guard case .ready = try worker.next() else {
      Issue.record("not ready")
      return
    }
    try worker.fetchEvent()
    #expect(try worker.response().body == "nothing")
  }

  @Test func tables() throws {
    let worker = try WorkerHarness(
      script: """
        console.table([{ a: 1, b: 'x' }, { b: true, 'Values': 2 }, 'plain']);
        console.table({ row: [7, 8] }, ['1']);
        console.table('no table');
        console.table([]);
        const long = new Array(1e6).fill('x'); console.table(long); console.log(long);
        """)
    _ = try worker.settle()
    let texts = worker.console.map { $0.text }
    #expect(texts.count == 6)
    #expect(
      texts.first?.split(separator: "\n") == [
        "(index) | a | b    | Values | Values",
        "0       | 1 | 'x'  |        | ",
        "1       |   | true | 2      | ",
        "2       |   |      |        | 'plain'",
      ])
    #expect(texts[1...3] == ["(index) | 1\nrow     | 8", "no table", "(index)"])
    #expect(texts.last?.contains("999900 more") == true)
  }

  @Test func theConsoleShowsValuesAndWhereItWasCalled() throws {
    let worker = try WorkerHarness(
      script: """
        console.log('a %s %d %o', 'b', 4.5, [1, 'x'], { k: new Map([[1, { z: undefined }]]) });
          console.warn(new TypeError('oops'));
        console.assert(1 === 2, 'sum');
        const loop = {}; loop.self = loop; console.debug(loop, new Headers({ a: '1' }));
        """)
    _ = try worker.settle()
    #expect(worker.console.count == 4)
    #expect(worker.console[0].text == "a b 4 [1, 'x'] { k: Map { 1 => { z: undefined } } }")
    #expect(worker.console[0].position == "/plugins/sw.js:1:12")
    #expect(worker.console[1].level == .warn)
    #expect(worker.console[1].text.hasPrefix("TypeError: oops\n    at "))
    #expect(worker.console[1].position.hasPrefix("/plugins/sw.js:2:"))
    #expect(worker.console[2].text == "Assertion failed: sum")
    #expect(worker.console[2].level == .error)
    #expect(worker.console[3].text == "{ self: [Circular] } Headers { 'a' => '1' }")
  }
}
