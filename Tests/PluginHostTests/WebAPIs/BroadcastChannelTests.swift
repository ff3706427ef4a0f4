import NIOCore
import Testing

@testable import PluginHost

@Suite struct BroadcastChannelTests {
  /// A worker that is ready; what it has asked of the host is of no interest.
  private func worker(_ script: String) throws -> WorkerHarness {
    let worker = try WorkerHarness()
    try worker.start(script)
    guard case .ready = try self.next(worker) else {
      throw WorkerHarness.Failure(text: "not ready")
    }
    return worker
  }

  /// The next frame that is no call.
  private func next(_ worker: WorkerHarness) throws -> Frame {
    while true {
      let frame = try worker.next()
      guard case .call = frame else { return frame }
    }
  }

  private func answer(_ worker: WorkerHarness) throws -> String {
    guard case .respond(_, _, .inline(let body)) = try self.next(worker) else {
      return "no response"
    }
    return String(buffer: body)
  }

  @Test func channelsOfOneWorkerHearEachOtherInOrder() throws {
    let script = WorkerHarness.script(
      returning: """
        const seen = [];
        const [a, b, c, other] = ['n', 'n', 'n', 'o'].map((name) => new BroadcastChannel(name));
        const done = new Promise((resolve) => {
          for (const [key, channel] of Object.entries({ a, b, c, other })) {
            channel.onmessage = (e) => {
              seen.push(key + e.data.x + e.origin + e.isTrusted + e.ports.length);
              if (e.data.x === 2) { c.close(); }
              if (e.data.x === 3) resolve();
            };
          }
        });
        a.postMessage({ x: 1 });
        c.postMessage({ x: 2 });
        a.postMessage({ x: 3 });
        await done;
        return [...seen, thrown(() => c.postMessage(1)), thrown(() => a.postMessage(() => {})),
          thrown(() => new BroadcastChannel()), new BroadcastChannel(null).name].join();
        """)
    let worker = try self.worker(script)
    try worker.fetchEvent()
    let result = try self.answer(worker)
    let tail = "https://app.testtrue0"
    #expect(
      result
        == ["b1", "c1", "a2", "b2", "b3"].map { $0 + tail }.joined(separator: ",")
        + ",InvalidStateError,DataCloneError,TypeError,null")
  }

  @Test func messagesGoFromWorkerToWorker() throws {
    let sender = try WorkerHarness(
      script: """
        onfetch = (e) => {
          const channel = new BroadcastChannel('ü');
          channel.postMessage({ bytes: new Uint8Array([7, 8, 9]).subarray(1), text: '\\ud800', map:
            new Map([[1, -0]]), blob: new Blob(['b']) });
          channel.postMessage(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
          e.respondWith(new Response('sent'));
        };
        """)
    try sender.fetchEvent()
    var messages: [ByteBuffer] = []
    var kinds: [CallKind] = []
    while messages.count < 2 {
      guard case .call(_, let kind, let payload) = try sender.next() else { continue }
      kinds.append(kind)
      if kind == .broadcast { messages.append(payload) }
    }
    #expect(kinds == [.openBroadcasts, .broadcast, .broadcast])
    let receiver = try self.worker(
      """
      const channel = new BroadcastChannel('ü');
      const seen = [];
      const two = new Promise((resolve) => {
        channel.onmessage = async ({ data: d, origin }) => seen.push(d.bytes.join(), d.bytes.byteOffset,
          d.text === '\\ud800', Object.is(d.map.get(1), -0), await d.blob.text(), origin);
        channel.onmessageerror = (e) => { seen.push(e.type); resolve(); };
      });
      onfetch = (e) => e.respondWith(two.then(() => new Response(seen.join())));
      """)
    for message in messages { try receiver.send(.broadcast(message)) }
    // What is no message is an error at most.
    try receiver.send(.broadcast(ByteBuffer(bytes: [255, 255, 255, 127])))
    try receiver.send(.broadcast(ByteBuffer()))
    try receiver.fetchEvent()
    #expect(try self.answer(receiver) == "8,9,1,true,true,b,https://app.test,messageerror")
  }
}
