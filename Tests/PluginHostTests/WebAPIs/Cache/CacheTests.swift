import FetchModel
import NIOCore
import Synchronization
import Testing

@testable import PluginHost

/// The interfaces as scripts see them, in real workers.
@Suite struct CacheTests {
  @Test(arguments: [
    ScriptCase("return caches instanceof CacheStorage && caches === self.caches", "true"),
    ScriptCase(
      "return thrown(() => new Cache()) + thrown(() => new CacheStorage())",
      "TypeErrorTypeError"),
    ScriptCase(
      "return String(caches) + (await caches.open('a'))",
      "[object CacheStorage][object Cache]"),
    ScriptCase(
      "return Object.keys(Cache.prototype).join()",
      "match,matchAll,add,addAll,put,delete,keys"),
    ScriptCase("return Object.keys(CacheStorage.prototype).join()", "match,has,open,delete,keys"),
    ScriptCase(
      """
      const { put, keys } = Cache.prototype;
      return [put.length, keys.length, CacheStorage.prototype.match.length].join();
      """,
      "2,0,1"),
    ScriptCase("return rejected(caches.open())", "TypeError"),
    ScriptCase("return rejected(Cache.prototype.match.call({}, '/a'))", "TypeError"),
    ScriptCase(
      "return rejected(CacheStorage.prototype.keys.call(await caches.open('a')))",
      "TypeError"),
  ])
  func hasTheShapeOfTheStandard(_ test: ScriptCase) async throws {
    #expect(try await CacheFixture.run(test.body) == test.expected, "\(test.body)")
  }

  @Test func namesAreAnyStrings() async throws {
    let text = try await CacheFixture.run(
      #"""
      const names = ['', 'b', 'a', 'a\0b', 'x\ny', '100%', 'un\uD800paired', '\uDC00', '😀', 'ü'];
      for (const name of names) await caches.open(name);
      const keys = await caches.keys();
      const all = (await Promise.all(names.map((name) => caches.has(name)))).every((has) => has);
      return [JSON.stringify(keys) === JSON.stringify(names), all, await caches.has('a\0'),
        await caches.has('un\uFFFDpaired')].join();
      """#)
    #expect(text == "true,true,false,false")
  }

  @Test func putsAndMatches() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      const headers = { 'X-A': 'é', 'Content-Encoding': 'gzip' };
      const response = new Response('hello', { status: 201, statusText: 'Made', headers });
      const result = await cache.put('/a#f', response);
      const found = await cache.match('/a');
      const again = await caches.match(new Request('/a'));
      return [result, response.bodyUsed, thrown(() => response.body.getReader()),
        found.status, found.statusText, found.headers.get('x-a'), found.type, found.url,
        await found.text(), found.bodyUsed, thrown(() => found.headers.set('a', 'b')),
        await again.text(), await cache.match('/b'), (await cache.keys())[0].url].join();
      """)
    #expect(
      text == ",true,TypeError,201,Made,é,default,,hello,true,TypeError,hello,,https://app.test/a#f"
    )
  }

  @Test(arguments: [
    ScriptCase("return rejected(cache.put('/a', new Response('', {status: 206})))", "TypeError"),
    ScriptCase(
      "return rejected(cache.put('/a', new Response('', {headers: {Vary: 'a, *'}})))",
      "TypeError"),
    ScriptCase(
      "return rejected(cache.put(new Request('/a', {method: 'HEAD'}), new Response('')))",
      "TypeError"),
    ScriptCase("return rejected(cache.put('file:///a', new Response('')))", "TypeError"),
    ScriptCase("return rejected(cache.put('/a', 'text'))", "TypeError"),
    ScriptCase("return rejected(cache.put('/a'))", "TypeError"),
    ScriptCase(
      "const r = new Response('x'); await r.text(); return rejected(cache.put('/a', r))",
      "TypeError"),
    ScriptCase(
      "const r = new Response('x'); r.body.getReader(); return rejected(cache.put('/a', r))",
      "TypeError"),
    ScriptCase("return rejected(cache.add(new Request('/a', {method: 'POST'})))", "TypeError"),
    ScriptCase("return rejected(cache.addAll(['/ok', undefined]))", "TypeError"),
    ScriptCase("return rejected(cache.addAll('/ok'))", "TypeError"),
    ScriptCase("return rejected(cache.add('/missing'))", "TypeError"),
    ScriptCase("return rejected(cache.addAll(['/ok', '/ok']))", "InvalidStateError"),
    ScriptCase("return rejected(cache.match('/a', 1))", "TypeError"),
    ScriptCase("return rejected(cache.delete())", "TypeError"),
  ])
  func refusesWhatTheStandardRefuses(_ test: ScriptCase) async throws {
    let text = try await CacheFixture.run(
      "const cache = await caches.open('v1');\n\(test.body)", routes: ["/ok": ok("fine")])
    #expect(text == test.expected, "\(test.body)")
  }

  @Test func bodiesOfEverySourceAndSizeComeBack() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      const results = [];
      for (const size of [0, 1, 16384, 16385, 70000, 1000000]) {
        const bytes = new Uint8Array(size).map((_, i) => i * 31);
        const sources = [() => bytes, () => 'é'.repeat(size), () => new Blob([bytes]),
          () => new ReadableStream({ start(c) { if (size) c.enqueue(bytes); c.close(); } })];
        for (const source of sources) {
          await cache.put('/a', new Response(source()));
          const found = new Uint8Array(await (await cache.match('/a')).arrayBuffer());
          const expected = new Uint8Array(await new Response(source()).arrayBuffer());
          results.push(found.length === expected.length && found.every((b, i) => b === expected[i]));
        }
      }
      await cache.put('/none', new Response(null));
      const none = await cache.match('/none');
      return results.length + String(results.every((r) => r)) + (none.body === null);
      """)
    #expect(text == "24truetrue")
  }

  @Test func aStreamThatFailsRejectsThePutWithItsError() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      const stream = new ReadableStream({ pull(c) { c.error(new RangeError('mine')); } });
      return [await rejected(cache.put('/a', new Response(stream))), await cache.match('/a')].join();
      """)
    #expect(text == "RangeError,")
  }

  @Test func addAllStoresAllOrNothing() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      const first = await rejected(cache.addAll(['/a', '/missing', '/b']));
      const none = (await cache.keys()).length;
      const result = await cache.addAll(['/a', new Request('/b')]);
      const a = await cache.match('/a');
      return [first, none, result, await a.text(), a.type, a.url,
        await (await cache.match('/b')).text(), (await cache.keys()).length].join();
      """, routes: ["/a": ok("A"), "/b": streamed(40_000)])
    let b = String(repeating: "a", count: 40_000)
    #expect(text == "TypeError,0,,A,basic,https://app.test/a,\(b),2")
  }

  /// Nothing but the call under way keeps a `Cache` while garbage is collected.
  @Test func addAllKeepsItsCache() async throws {
    // Those whose bodies have not come; `nil` once they all come.
    let held = Mutex<[BodyPipe]?>([])
    @Sendable func fill(_ pipe: BodyPipe) {
      _ = pipe.write(ByteBuffer(string: "held"))
      pipe.finish()
    }
    let text = try await CacheFixture.run(
      """
      const added = [];
      for (let i = 0; i < 64; i++) {
        added.push(caches.open(`v${i}`).then((cache) => cache.addAll([`/held?${i}`])));
      }
      for (let i = 0; i < 50; i++) {
        new Uint8Array(8 << 20).fill(i);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await fetch('/go');
      await Promise.all(added);
      return (await (await caches.match('/held?63')).text());
      """,
      routes: [
        "/held": { _ in
          let pipe = BodyPipe(length: nil)
          if held.withLock({ $0?.append(pipe) }) == nil { fill(pipe) }
          return .success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe)))
        },
        "/go": { _ in
          for pipe in held.withLock({ $0.take() }) ?? [] { fill(pipe) }
          return .success(FetchResponse(status: 204, headers: HeaderList(), body: .none))
        },
      ])
    #expect(text == "held")
  }

  @Test func deletesAndLists() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      for (const q of ['', '?1', '?2']) await cache.put('/a' + q, new Response(q));
      const urls = async () => (await cache.keys()).map((r) => new URL(r.url).search).join('|');
      const before = await urls();
      const one = await cache.delete('/a?1');
      const gone = await cache.delete('/a?1');
      const all = await cache.matchAll('/a', { ignoreSearch: true });
      const texts = await Promise.all(all.map((r) => r.text()));
      const head = await cache.keys(new Request('/a', { method: 'HEAD' }));
      return [before, one, gone, await urls(), texts.join('|'), head.length,
        (await cache.matchAll()).length].join();
      """)
    #expect(text == "|?1|?2,true,false,|?2,|?2,0,2")
  }

  @Test func aDeletedCacheStaysUsable() async throws {
    let text = try await CacheFixture.run(
      """
      const first = await caches.open('v1');
      const deleted = await caches.delete('v1');
      await first.put('/a', new Response('kept'));
      const second = await caches.open('v1');
      return [deleted, await caches.delete('v2'), (await second.keys()).length,
        await (await first.match('/a')).text(), await caches.match('/a')].join();
      """)
    #expect(text == "true,false,0,kept,")
  }

  @Test func opaqueResponsesKeepWhatTheyAre() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      const request = new Request('https://other.test/x', { mode: 'no-cors' });
      const response = await fetch(request);
      await cache.put(request, response);
      const found = await cache.match(request);
      return [response.type, found.type, found.status, found.url, [...found.headers].length,
        await found.text()].join();
      """, routes: ["/x": ok("secret", status: 206, headers: [("Vary", "*")])])
    #expect(text == "opaque,opaque,0,,0,")
  }

  @Test func requestsComeBackWithTheirAttributes() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      await cache.put(new Request('/a', { headers: { 'X-A': 'b' }, credentials: 'include',
        cache: 'no-store', redirect: 'manual', mode: 'same-origin' }), new Response('x'));
      const [request] = await cache.keys();
      return [request.method, request.headers.get('x-a'), request.credentials, request.cache,
        request.redirect, request.mode, thrown(() => request.headers.set('a', 'b')),
        request.signal.aborted].join();
      """)
    #expect(text == "GET,b,include,no-store,manual,same-origin,TypeError,false")
  }

  @Test func beyondTheQuotaNothingIsStored() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      await cache.put('/a', new Response('x'.repeat(50000)));
      const large = await rejected(cache.put('/b', new Response('x'.repeat(80000))));
      const stream = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(10000)); } });
      const endless = await rejected(cache.put('/c', new Response(stream)));
      const kept = (await cache.keys()).length;
      await cache.delete('/a');
      await cache.put('/b', new Response('x'.repeat(80000)));
      return [large, endless, kept, (await cache.keys()).length].join();
      """, quota: 100_000)
    #expect(text == "QuotaExceededError,QuotaExceededError,1,1")
  }

  @Test func anAbortedFetchRejectsThePut() async throws {
    let text = try await CacheFixture.run(
      """
      const cache = await caches.open('v1');
      const results = [];
      for (const method of ['put', 'add', 'addAll']) {
        const controller = new AbortController();
        const request = new Request('/endless', { signal: controller.signal });
        const store = async () => {
          if (method === 'put') return cache.put(request, await fetch(request));
          return method === 'add' ? cache.add(request) : cache.addAll([request]);
        };
        const promise = store();
        await new Promise((resolve) => setTimeout(resolve, 50));
        controller.abort();
        results.push(await rejected(promise));
        results.push(await rejected(store()));
      }
      return results.join() + (await cache.keys()).length;
      """,
      routes: [
        "/endless": { _ in
          let pipe = BodyPipe()
          pipe.write(ByteBuffer(string: "begun"))
          return .success(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe)))
        }
      ])
    #expect(text == Array(repeating: "AbortError", count: 6).joined(separator: ",") + "0")
  }
}
