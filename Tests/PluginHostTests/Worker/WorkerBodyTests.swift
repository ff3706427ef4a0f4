import FetchModel
import NIOCore
import Testing

@testable import PluginHost

/// What goes over the wire about bodies: credit, relays, and what never enters the worker.
@Suite struct WorkerBodyTests {
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
    try worker.send(.fetchResult(fetch: fetch, responseHead(), body: .stream(length: nil)))
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
      .fetchResult(fetch: fetch, responseHead(203, [("X-A", "b")]), body: .stream(length: nil)))
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
      .fetchResult(fetch: fetch, responseHead(), body: .inline(ByteBuffer(string: "hello"))))
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
}

func responseHead(
  _ status: UInt16 = 200, _ headers: [(String, String)] = [],
  urls: [String] = ["https://app.test/page"]
) -> ResponseHead {
  ResponseHead(status: status, statusText: "OK", headers: HeaderList(headers), urlList: urls)
}
