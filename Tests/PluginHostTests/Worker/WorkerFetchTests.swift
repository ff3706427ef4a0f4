import FetchModel
import NIOCore
import Testing

@testable import PluginHost

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a worker's own fetches, their aborts and their answers look like on the wire.
@Suite struct WorkerFetchTests {
  @Test func aFailedFetchRejects() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(
        returning: "return fetch('/x').then(null, e => e.name + e.message)"))
    try worker.fetchEvent()
    _ = try worker.next()
    try worker.send(.fetchFailed(fetch: 1, message: "refused"))
    #expect(try worker.response().body == "TypeErrorrefused")
  }

  @Test func anAbortedFetchIsToldToTheHost() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(
        returning: """
          const c = new AbortController(); const p = fetch('/x', { signal: c.signal });
          c.abort(); return rejected(p);
          """))
    try worker.fetchEvent()
    guard case .fetch(let fetch, _, _, _) = try worker.next(),
      case .abortFetch(fetch) = try worker.next()
    else {
      Issue.record("not aborted")
      return
    }
    #expect(try worker.response().body == "AbortError")
    // A result that crossed the abort is dropped.
    try worker.send(.fetchResult(fetch: fetch, responseHead(), body: .stream(length: nil)))
    #expect(try worker.settle().isEmpty)
  }

  @Test func aClientThatLeavesAbortsTheRequestsSignalAndItsFetch() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => {
          if (e.request.url.endsWith('signal')) {
            e.request.signal.onabort = () => console.log('aborted');
            e.respondWith(new Promise(() => {}));
          } else e.respondWith(fetch(e.request));
        });
        """)
    try worker.fetchEvent(1, "https://app.test/signal")
    try worker.send(.abortEvent(event: 1))
    _ = try worker.settle()
    #expect(worker.console.map(\.text) == ["aborted"])
    try worker.fetchEvent(2)
    guard case .fetch(let fetch, _, 2, _) = try worker.next() else {
      Issue.record("no fetch")
      return
    }
    try worker.send(.abortEvent(event: 2))
    guard case .abortFetch(fetch) = try worker.next(),
      case .respondFailed(2, _) = try worker.next()
    else {
      Issue.record("not aborted")
      return
    }
  }

  @Test func anAbortEndsTheBodyOfAResponseThatHasCome() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(
        returning: """
          const c = new AbortController();
          const one = await fetch('/1', { signal: c.signal }), two = await fetch('/2', { signal: c.signal });
          const three = await fetch('/3', { signal: c.signal }); await three.text();
          const text = one.text(), read = two.body.getReader().read();
          c.abort('enough');
          return [await text.catch(e => e), await read.catch(e => e)];
          """))
    try worker.fetchEvent()
    for fetch in 1...3 as ClosedRange<UInt32> {
      guard case .fetch(fetch, _, _, _) = try worker.next() else {
        Issue.record("no fetch")
        return
      }
      let body = fetch == 3 ? BodyKind.inline(ByteBuffer(string: "x")) : .stream(length: nil)
      try worker.send(.fetchResult(fetch: fetch, responseHead(), body: body))
    }
    var frames: [Frame] = [try worker.next()]
    while true {
      if case .respond = frames[frames.count - 1] { break }
      frames.append(try worker.next())
    }
    let aborted = frames.compactMap { frame -> UInt32? in
      if case .abortFetch(let fetch) = frame { fetch } else { nil }
    }
    #expect(aborted == [3, 1, 2])
    guard case .respond(_, _, .inline(let bytes))? = frames.last else { return }
    #expect(String(buffer: bytes) == "enough,enough")
  }

  @Test func theSignalAbortsWhileTheAnswerIsStillSent() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => {
          e.request.signal.onabort = () => console.log('aborted');
          e.respondWith(new Response(new ReadableStream()));
        });
        """)
    try worker.fetchEvent(1)
    _ = try worker.next()
    try worker.send(.abortEvent(event: 1))
    _ = try worker.settle()
    #expect(worker.console.map(\.text) == ["aborted"])
  }

  @Test func derivedRequestsNameTheirEventOnlyForTheSameURL() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => {
          const u = e.request.url;
          fetch(new Request(e.request, { headers: { a: 'b' } }));
          fetch(new Request(u, e.request)); fetch(new Request('/other', e.request));
          fetch(u); fetch(e.request.clone());
        });
        """)
    try worker.fetchEvent(6)
    var derived: [UInt32] = []
    for frame in try worker.settle() {
      if case .fetch(_, _, let event, _) = frame { derived.append(event) }
    }
    #expect(derived == [6, 6, 0, 0, 6])
  }

  @Test func anOpaqueResponseShowsNothingAndIsRelayed() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => e.respondWith(fetch('https://other.test/', { mode: 'no-cors' })
          .then(r => { console.log(r.type, r.status, r.body, r.url, [...r.headers].length); return r; })));
        """)
    try worker.fetchEvent(1)
    _ = try worker.next()
    try worker.send(
      .fetchResult(
        fetch: 1, type: .opaque, responseHead(0, urls: []), coding: "", body: .none))
    guard case .respondRelay(1, 1) = try worker.next() else {
      Issue.record("no relay")
      return
    }
    #expect(worker.console.first?.text == "opaque 0 null  0")
  }

  @Test func aClonedOpaqueResponseIsTakenTwice() throws {
    let worker = try WorkerHarness(
      script: """
        let clone;
        addEventListener('fetch', e => e.respondWith(clone ??
          fetch('https://other.test/', { mode: 'no-cors' })
            .then(r => { clone = r.clone(); return r; })));
        """)
    try worker.fetchEvent(1)
    _ = try worker.next()
    try worker.send(
      .fetchResult(
        fetch: 1, type: .opaque, responseHead(0, urls: []), coding: "", body: .none))
    guard case .cloneFetch(1) = try worker.next(), case .respondRelay(1, 1) = try worker.next()
    else { return #expect(Bool(false)) }
    try worker.fetchEvent(2)
    guard case .respondRelay(2, 1) = try worker.next() else { return #expect(Bool(false)) }
    // Nobody has a third.
    try worker.fetchEvent(3)
    guard case .respondFailed(3, _) = try worker.next() else { return #expect(Bool(false)) }
  }

  @Test func cookiesOfAResponseAreNotSeenButRelayed() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => e.respondWith(fetch(e.request).then(r => {
          console.log(r.headers.get('set-cookie'), r.type, r.url, r.redirected); return r; })));
        """)
    try worker.fetchEvent(1)
    _ = try worker.next()
    let urls = ["https://app.test/page", "https://app.test/final"]
    try worker.send(
      .fetchResult(fetch: 1, responseHead(200, [("Set-Cookie", "a=1")], urls: urls), body: .none))
    guard case .respondRelay(1, 1) = try worker.next() else {
      Issue.record("no relay")
      return
    }
    #expect(worker.console.first?.text == "null basic https://app.test/final true")
  }

  @Test func aScriptSeesWhatAnEncodingEncodesAndSendsItPlain() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => e.respondWith(fetch(e.request).then(async r =>
          new Response(r.headers.get('content-encoding') + ' ' + await r.text(), r))));
        """)
    // gzip of "hello", and the same in two members; a bare deflate stream.
    let gzip: [UInt8] = [
      0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0, 0x86, 0xA6, 0x10,
      0x36, 5, 0, 0, 0,
    ]
    let raw: [UInt8] = [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0]
    let cases: [(String, [UInt8], String?)] = [
      ("gzip", gzip, "gzip hello"), ("GZIP", gzip + gzip, "GZIP hellohello"),
      ("deflate", raw, "deflate hello"), ("gzip", Array(gzip.prefix(15)), nil),
      ("gzip", [1, 2, 3], nil), ("br", [1], nil),
    ]
    for (index, test) in cases.enumerated() {
      let event = UInt32(index + 1)
      try worker.fetchEvent(event)
      _ = try worker.next()
      try worker.send(
        .fetchResult(
          fetch: event,
          responseHead(200, [("Content-Encoding", test.0), ("Content-Length", "\(test.1.count)")]),
          body: .inline(ByteBuffer(bytes: test.1))))
      guard case .abortFetch(event) = try worker.next() else {
        Issue.record("not released")
        return
      }
      guard let expected = test.2 else {
        guard case .respondFailed(event, _) = try worker.next() else {
          Issue.record("\(test) did not fail")
          return
        }
        continue
      }
      let response = try worker.response()
      #expect(response.body == expected)
      #expect(response.head.headers.first("content-encoding") == nil)
      #expect(response.head.headers.first("content-length") == nil)
    }
  }

  @Test func aPostOfAScriptCarriesItsBody() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => {
          fetch('/a', { method: 'POST', body: 'small' });
          fetch('/b', { method: 'POST', body: new Uint8Array(70000) });
          fetch('/c', { method: 'POST', duplex: 'half', body: new Response('stream').body });
        });
        """)
    try worker.fetchEvent(1)
    var bodies: [String] = []
    for frame in try worker.settle() {
      guard case .fetch(_, _, _, .body(let kind)) = frame else { continue }
      switch kind {
      case .inline(let bytes): bodies.append(String(buffer: bytes))
      case .stream(let length): bodies.append("stream \(length.map { "\($0)" } ?? "?")")
      case .none: bodies.append("none")
      }
    }
    #expect(bodies == ["small", "stream 70000", "stream ?"])
    try worker.send(.bodyCredit(StreamID(kind: .fetchRequest, number: 3), bytes: 100))
    guard case .bodyChunk(_, let chunk) = try worker.next() else {
      Issue.record("no chunk")
      return
    }
    #expect(String(buffer: chunk) == "stream")
  }

  @Test func droppedResponsesAreForgottenByTheHost() throws {
    // Driven without the loop, to have the engine collect at a known time.
    var pair: [CInt] = [0, 0]
    #expect(socketpair(AF_UNIX, streamSocketType, 0, &pair) == 0)
    let host = FrameSocket(takingOwnership: pair[0])
    let socket = FrameSocket(takingOwnership: pair[1])
    let loop = try #require(WorkerLoop())
    let plugin = try JavaScriptPlugin(socket: socket, wake: {})
    try plugin.begin(
      WorkerStart(
        name: "p", scriptURL: "https://app.test/sw.js", scriptPath: "sw.js",
        scope: "https://app.test/",
        source: "let kept; onactivate = () => { fetch('/k').then(r => kept = r); "
          + "for (let i = 0; i < 20; i++) fetch('/x'); }"))
    #expect(plugin.evaluatePlugin())
    #expect(plugin.handle(.activate(event: 1)))
    for fetch in 1...21 as ClosedRange<UInt32> {
      #expect(
        plugin.handle(
          .fetchResult(
            fetch: fetch, responseHead(),
            body: fetch.isMultiple(of: 2) ? .none : .stream(length: nil))))
    }
    plugin.context.collectGarbage()
    plugin.deliverReads()
    // The collector takes whatever lies on the stack for a reference, so some may stay.
    #expect((1...20).contains(plugin.incoming.count))
    #expect(plugin.incoming[StreamID(kind: .fetchResponse, number: 1)] != nil)
    #expect(socket.flush())
    var aborted = 0
    #expect(host.fill())
    while let frame = try host.next() { if case .abortFetch = frame { aborted += 1 } }
    #expect(aborted == 21 - plugin.incoming.count)
    withExtendedLifetime(loop) {}
  }
}
