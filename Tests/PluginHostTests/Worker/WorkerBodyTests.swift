import FetchModel
import NIOCore
import Testing

@testable import PluginHost

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What goes over the wire about bodies: credit, relays, and what never enters the worker.
@Suite struct WorkerBodyTests {
  private func text(_ bytes: ByteBuffer) -> String { String(buffer: bytes) }

  private func head(
    _ status: UInt16 = 200, _ headers: [(String, String)] = [],
    urls: [String] = ["https://app.test/page"]
  ) -> ResponseHead {
    ResponseHead(status: status, statusText: "OK", headers: HeaderList(headers), urlList: urls)
  }

  @Test func anUntouchedFetchIsRelayedInBothDirections() throws {
    let worker = try WorkerHarness(
      script: "addEventListener('fetch', e => e.respondWith(fetch(e.request)))")
    try worker.fetchEvent(
      9, method: "POST", headers: [("Content-Type", "a/b")], body: .stream(length: 300_000))
    guard case .fetch(let fetch, let head, 9, .relayEvent(9)) = try worker.next() else {
      Issue.record("no relayed fetch")
      return
    }
    #expect(head.method == "POST")
    #expect(head.url == "https://app.test/page")
    #expect(head.headers.first("content-type") == "a/b")
    #expect(head.attributes.mode == "no-cors")
    try worker.send(.fetchResult(fetch: fetch, self.head(), body: .stream(length: nil)))
    guard case .respondRelay(9, fetch) = try worker.next() else {
      Issue.record("no relay")
      return
    }
    #expect(try worker.settle().isEmpty)
  }

  @Test func aResponseThatAScriptReadsIsPulledAndReleased() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => e.respondWith((async () => {
          const response = await fetch('/data'); const text = await response.text();
          return new Response(text.toUpperCase(), response);
        })()));
        """)
    try worker.fetchEvent()
    guard case .fetch(let fetch, let head, 0, .body(.none)) = try worker.next() else {
      Issue.record("no fetch")
      return
    }
    #expect(head.url == "https://app.test/data")
    #expect(head.attributes.mode == "cors")
    let stream = StreamID(kind: .fetchResponse, number: fetch)
    try worker.send(
      .fetchResult(fetch: fetch, self.head(203, [("X-A", "b")]), body: .stream(length: nil)))
    guard case .bodyCredit(stream, let credit) = try worker.next() else {
      Issue.record("no credit")
      return
    }
    #expect(credit > 0)
    try worker.send(.bodyChunk(stream, ByteBuffer(string: "ab")))
    try worker.send(.bodyChunk(stream, ByteBuffer(string: "c")))
    #expect(try worker.settle().isEmpty)
    try worker.send(.bodyEnd(stream))
    let response = try worker.response()
    #expect(response.body == "ABC")
    #expect(response.head.status == 203)
    #expect(response.head.headers.first("x-a") == "b")
  }

  @Test func anInlineResponseIsGivenBackToTheHostWhenRead() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(returning: "return (await fetch('/x')).text()"))
    try worker.fetchEvent()
    guard case .fetch(let fetch, _, _, _) = try worker.next() else {
      Issue.record("no fetch")
      return
    }
    try worker.send(
      .fetchResult(fetch: fetch, self.head(), body: .inline(ByteBuffer(string: "hello"))))
    guard case .abortFetch(fetch) = try worker.next() else {
      Issue.record("the host still keeps it")
      return
    }
    #expect(try worker.response().body == "hello")
  }

  @Test func aRequestBodyCostsNothingUntilItIsRead() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => {
          if (e.request.url.endsWith('read')) e.respondWith(e.request.text().then(t => new Response(t)));
        });
        """)
    try worker.fetchEvent(1, method: "POST", body: .stream(length: 3))
    guard case .noResponse(1, false, false) = try worker.next() else {
      Issue.record("not given back")
      return
    }
    try worker.fetchEvent(2, "https://app.test/read", method: "POST", body: .stream(length: 3))
    let stream = StreamID(kind: .eventRequest, number: 2)
    guard case .bodyCredit(stream, _) = try worker.next() else {
      Issue.record("no credit")
      return
    }
    try worker.send(.bodyChunk(stream, ByteBuffer(string: "abc")))
    try worker.send(.bodyEnd(stream))
    #expect(try worker.response().body == "abc")
    try worker.fetchEvent(
      3, "https://app.test/read", method: "POST", body: .inline(ByteBuffer(string: "inline")))
    #expect(try worker.response().body == "inline")
  }

  @Test func aUsedRequestBodyIsSaid() throws {
    let worker = try WorkerHarness(
      script: "addEventListener('fetch', e => { e.request.text(); e.preventDefault(); })")
    try worker.fetchEvent(1, method: "POST", body: .inline(ByteBuffer(string: "x")))
    guard case .noResponse(1, true, true) = try worker.next() else {
      Issue.record("not said")
      return
    }
  }

  @Test func aBodyReadAfterTheAnswerFailsAndDoesNotHang() throws {
    let worker = try WorkerHarness(
      script: """
        let last;
        addEventListener('fetch', e => {
          if (last) e.respondWith(last.text().then(() => 0, error => new Response(error.name)));
          else { last = e.request; e.respondWith(new Response('first')); }
        });
        """)
    try worker.fetchEvent(1, method: "POST", body: .stream(length: nil))
    _ = try worker.response()
    try worker.fetchEvent(2)
    #expect(try worker.response().body == "TypeError")
  }

  @Test func aLongBodyWaitsForCreditAndComesInOrder() throws {
    let worker = try WorkerHarness(
      script: """
        const bytes = new Uint8Array(150000); bytes.fill(7);
        addEventListener('fetch', e => e.respondWith(new Response(bytes)));
        """)
    try worker.fetchEvent(3)
    guard case .respond(3, _, .stream(length: 150_000)) = try worker.next() else {
      Issue.record("not a stream")
      return
    }
    let stream = StreamID(kind: .eventResponse, number: 3)
    #expect(try worker.settle().isEmpty)
    try worker.send(.bodyCredit(stream, bytes: 100_000))
    #expect(try self.received(worker.settle(), stream) == 100_000)
    try worker.send(.bodyCredit(stream, bytes: 100_000))
    let rest = try worker.settle()
    #expect(self.received(rest, stream) == 50_000)
    guard case .bodyEnd(stream)? = rest.last else {
      Issue.record("no end")
      return
    }
  }

  private func received(_ frames: [Frame], _ stream: StreamID) -> Int {
    frames.reduce(0) { sum, frame in
      if case .bodyChunk(stream, let bytes) = frame { sum + bytes.readableBytes } else { sum }
    }
  }

  @Test func aScriptsStreamIsPulledByCredit() throws {
    let worker = try WorkerHarness(
      script: """
        let pulls = 0; const encoder = new TextEncoder();
        addEventListener('fetch', e => e.respondWith(new Response(new ReadableStream({
          pull(c) {
            if (++pulls === 3) c.close(); else c.enqueue(encoder.encode(`chunk${pulls} `));
          },
          cancel() { console.log('cancelled'); },
        }, { highWaterMark: 0 }))));
        """)
    try worker.fetchEvent(1)
    guard case .respond(1, _, .stream(length: nil)) = try worker.next() else {
      Issue.record("not a stream")
      return
    }
    let stream = StreamID(kind: .eventResponse, number: 1)
    #expect(try worker.settle().isEmpty)
    try worker.send(.bodyCredit(stream, bytes: 3))
    #expect(try self.received(worker.settle(), stream) == 3)
    try worker.send(.bodyCredit(stream, bytes: 1_000))
    let rest = try worker.settle()
    #expect(self.received(rest, stream) == 11)
    guard case .bodyEnd(stream)? = rest.last else {
      Issue.record("no end: \(rest)")
      return
    }
  }

  @Test func aCancelReachesTheScriptsStream() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => e.respondWith(new Response(new ReadableStream({
          cancel() { console.log('cancelled'); } }))));
        """)
    try worker.fetchEvent(1)
    _ = try worker.next()
    try worker.send(.bodyCancel(StreamID(kind: .eventResponse, number: 1)))
    _ = try worker.settle()
    #expect(worker.console.map(\.text) == ["cancelled"])
  }

  @Test func aStreamOfSomethingElseThanBytesFails() throws {
    let worker = try WorkerHarness(
      script: """
        addEventListener('fetch', e => e.respondWith(new Response(new ReadableStream({
          start(c) { c.enqueue('text'); } }))));
        """)
    try worker.fetchEvent(1)
    _ = try worker.next()
    let stream = StreamID(kind: .eventResponse, number: 1)
    try worker.send(.bodyCredit(stream, bytes: 10))
    guard case .bodyFailed(stream, _) = try worker.next() else {
      Issue.record("not failed")
      return
    }
  }

  @Test(arguments: [
    "Promise.reject(new Error('x'))", "'text'", "undefined", "Response.error()",
    "(() => { const r = new Response('x'); r.text(); return r; })()",
    "(() => { const r = new Response('x'); r.body.getReader(); return r; })()",
  ])
  func aWrongAnswerIsANetworkError(_ answer: String) throws {
    let worker = try WorkerHarness(
      script: "addEventListener('fetch', e => e.respondWith(\(answer)))")
    try worker.fetchEvent(4)
    guard case .respondFailed(4, let message) = try worker.next() else {
      Issue.record("not failed")
      return
    }
    #expect(message.hasPrefix("respondWith() was given"))
  }

  @Test func aThrowAfterRespondWithKeepsTheAnswer() throws {
    let worker = try WorkerHarness(
      script: "addEventListener('fetch', e => { e.respondWith(new Response('x')); throw 1; })")
    try worker.fetchEvent()
    #expect(try worker.response().body == "x")
  }

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
    try worker.send(.fetchResult(fetch: fetch, self.head(), body: .stream(length: nil)))
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
      try worker.send(.fetchResult(fetch: fetch, self.head(), body: body))
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
    #expect(self.text(bytes) == "enough,enough")
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
        fetch: 1, type: .opaque, self.head(0, urls: []), coding: "", body: .none))
    guard case .respondRelay(1, 1) = try worker.next() else {
      Issue.record("no relay")
      return
    }
    #expect(worker.console.first?.text == "opaque 0 null  0")
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
      .fetchResult(fetch: 1, self.head(200, [("Set-Cookie", "a=1")], urls: urls), body: .none))
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
          self.head(200, [("Content-Encoding", test.0), ("Content-Length", "\(test.1.count)")]),
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
      case .inline(let bytes): bodies.append(self.text(bytes))
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
    #expect(self.text(chunk) == "stream")
  }

  @Test func droppedResponsesAreForgottenByTheHost() throws {
    // Driven without the loop, to have the engine collect at a known time.
    var pair: [CInt] = [0, 0]
    #expect(socketpair(AF_UNIX, streamSocketType, 0, &pair) == 0)
    let host = FrameSocket(takingOwnership: pair[0])
    let socket = FrameSocket(takingOwnership: pair[1])
    let loop = try #require(WorkerLoop())
    let plugin = try JavaScriptPlugin(
      WorkerStart(
        name: "p", scriptURL: "https://app.test/sw.js", scriptPath: "sw.js",
        scope: "https://app.test/",
        source: "let kept; onactivate = () => { fetch('/k').then(r => kept = r); "
          + "for (let i = 0; i < 20; i++) fetch('/x'); }"),
      socket: socket, wake: {})
    #expect(plugin.evaluatePlugin())
    #expect(plugin.handle(.activate(event: 1)))
    for fetch in 1...21 as ClosedRange<UInt32> {
      #expect(
        plugin.handle(
          .fetchResult(
            fetch: fetch, self.head(),
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
