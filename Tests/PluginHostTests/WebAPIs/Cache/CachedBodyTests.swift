import FetchModel
import Foundation
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// Bodies that no script touches stay with the host.
@Suite struct CachedBodyTests {
  private static let script = """
    addEventListener('fetch', (event) => event.respondWith((async () => {
      const cache = await caches.open('v1');
      const { pathname } = new URL(event.request.url);
      if (pathname === '/cached') return caches.match('/data');
      await cache.put('/data', await fetch('/data'));
      return new Response('stored');
    })()));
    """

  @Test func aCachedResponseIsRelayedAsItWasStored() async throws {
    let size = 200_000
    let fixture = try CacheFixture(
      script: Self.script,
      routes: [
        "/data": { request in
          guard case .success(var response) = streamed(size)(request) else {
            return .failure(.gone)
          }
          // Coded as it says, or not: nobody looks at it.
          response.headers = HeaderList([("Content-Encoding", "br"), ("Set-Cookie", "a=b")])
          return .success(response)
        }
      ])
    try await fixture.start()
    #expect(try await text(of: fixture.fetch("https://app.test/store")) == "stored")
    for _ in 0..<2 {
      guard case .relayed(let response) = try await fixture.fetch("https://app.test/cached").value()
      else { return #expect(Bool(false), "not relayed") }
      #expect(response.headers.first("content-encoding") == "br")
      #expect(response.headers.first("set-cookie") == "a=b")
      guard case .stream(let pipe) = response.body else { return #expect(Bool(false)) }
      #expect(pipe.length == size)
      #expect(try await readWhole(pipe).readableBytes == size)
    }
    #expect(fixture.network.paths == ["/data"])
    #expect(fixture.folder.bodyFiles.count == 1)
  }

  @Test func whatAScriptHasMadeIsAnAnswerOfTheScripts() async throws {
    let fixture = try CacheFixture(
      script: """
        addEventListener('fetch', (event) => event.respondWith((async () => {
          const cache = await caches.open('v1');
          await cache.put('/made', new Response('made', { headers: { 'Content-Encoding': 'gzip' } }));
          return cache.match('/made');
        })()));
        """)
    try await fixture.start()
    guard case .response(let response) = try await fixture.fetch().value() else {
      return #expect(Bool(false), "not the script's")
    }
    guard case .bytes(let bytes) = response.body else { return #expect(Bool(false)) }
    #expect(String(buffer: bytes) == "made")
  }

  @Test func aFileGoesWhenItsLastReaderIsDone() async throws {
    let fixture = try CacheFixture(
      script: """
        addEventListener('fetch', (event) => event.respondWith((async () => {
          const cache = await caches.open('v1');
          await cache.add('/data');
          const response = await cache.match('/data');
          await caches.delete('v1');
          await cache.delete('/data');
          return response;
        })()));
        """, routes: ["/data": streamed(100_000)])
    try await fixture.start()
    guard case .relayed(let response) = try await fixture.fetch().value(),
      case .stream(let pipe) = response.body
    else { return #expect(Bool(false), "not relayed") }
    #expect(fixture.folder.bodyFiles.count == 1)
    #expect(try await readWhole(pipe).readableBytes == 100_000)
  }

  @Test func aBodyThatIsReplacedIsReadToItsEnd() async throws {
    let fixture = try CacheFixture(
      script: """
        addEventListener('fetch', (event) => event.respondWith((async () => {
          const cache = await caches.open('v1');
          const { pathname } = new URL(event.request.url);
          if (pathname === '/cached') return cache.match('/data');
          await cache.put('/data', new Response(pathname.at(-1).repeat(300000)));
          return new Response('stored');
        })()));
        """)
    try await fixture.start()
    #expect(try await text(of: fixture.fetch("https://app.test/a")) == "stored")
    guard case .response(let response) = try await fixture.fetch("https://app.test/cached").value(),
      case .stream(let old) = response.body
    else { return #expect(Bool(false), "no stream") }
    #expect(try await text(of: fixture.fetch("https://app.test/b")) == "stored")
    let replaced = try await text(of: fixture.fetch("https://app.test/cached"))
    #expect(replaced == String(repeating: "b", count: 300_000))
    let whole = String(buffer: try await readWhole(old))
    #expect(whole == String(repeating: "a", count: 300_000))
    try await eventually { fixture.folder.bodyFiles.count <= 2 }
  }

  @Test func whatADeadWorkerWasStoringIsGone() async throws {
    let fixture = try CacheFixture(
      script: """
        addEventListener('fetch', (event) => event.respondWith((async () => {
          const cache = await caches.open('v1');
          await caches.delete('v1');
          await cache.put('/whole', new Response('x'.repeat(100000)));
          cache.put('/half', new Response(new ReadableStream({ start(c) {
            c.enqueue(new Uint8Array(100000));
          } })));
          return new Response('begun');
        })()));
        """)
    try await fixture.start()
    #expect(try await text(of: fixture.fetch()) == "begun")
    try await eventually { fixture.folder.bodyFiles.count == 2 }
    let pid = try #require(await fixture.supervisor.status().pid)
    #expect(kill(pid, SIGKILL) == 0)
    try await eventually { fixture.folder.bodyFiles.isEmpty }
  }

  @Test func cachesOutliveTheProcess() async throws {
    let folder = try StorageFolder()
    do {
      let fixture = try CacheFixture(
        script: Self.script, folder: folder, routes: ["/data": streamed(100_000)])
      try await fixture.start()
      #expect(try await text(of: fixture.fetch("https://app.test/store")) == "stored")
    }
    let store = CacheStore(in: folder.reopened())
    let found = try store.entries(
      in: .origin("https://app.test", nil), matching: .get("https://app.test/data"))
    guard case .stream(let pipe) = found.first?.body.fetchBody else {
      return #expect(Bool(false), "not found")
    }
    #expect(try await readWhole(pipe).readableBytes == 100_000)
  }

  @Test func answersWithoutAScript() async throws {
    let fixture = try CacheFixture(script: Self.script, routes: ["/data": ok("routed")])
    try await fixture.start()
    #expect(try await text(of: fixture.fetch("https://app.test/store")) == "stored")
    func ask(_ method: String, _ name: String?) async throws -> CachedResponseText? {
      let request = FetchRequest(
        method: method, url: "https://app.test/data", headers: HeaderList())
      return try await withCheckedThrowingContinuation { continuation in
        fixture.store.cachedResponse(
          for: request, origin: "https://app.test", cacheName: name
        ) { result in
          continuation.resume(
            with: result.map { $0.map { CachedResponseText($0.type, describe($0.response.body)) } })
        }
      }
    }
    #expect(try await ask("GET", nil) == CachedResponseText("basic", "\"routed\""))
    #expect(try await ask("GET", "v1") == CachedResponseText("basic", "\"routed\""))
    #expect(try await ask("GET", "v2") == nil)
    #expect(try await ask("POST", nil) == nil)
  }

  private struct CachedResponseText: Equatable, Sendable {
    var type: String
    var body: String
    init(_ type: String, _ body: String) { (self.type, self.body) = (type, body) }
  }
}

extension FetchError {
  fileprivate static let gone = FetchError(.connectionTerminated, .upstream, "gone")
}
