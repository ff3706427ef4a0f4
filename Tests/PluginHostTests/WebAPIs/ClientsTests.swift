import NIOCore
import Testing

@testable import PluginHost

@Suite struct ClientsTests {
  private func result(
    of body: String, _ kind: CallKind, payload: String, answer: String
  ) throws -> String {
    let worker = try WorkerHarness(script: WorkerHarness.script(returning: body))
    try worker.fetchEvent()
    guard case .call(let call, kind, let sent) = try worker.next() else {
      throw WorkerHarness.Failure(text: "no call")
    }
    #expect(String(buffer: sent) == payload)
    try worker.send(
      .callResult(call: call, errorName: "", message: "", payload: ByteBuffer(string: answer)))
    return try worker.response().body
  }

  @Test func matchAll() throws {
    let result = try self.result(
      of: """
        const all = await clients.matchAll({ includeUncontrolled: true, type: 'all' });
        return [Object.isFrozen(all), ...all.map((c) => [c.id, c.url, c.type, c.frameType,
          c instanceof WindowClient, c.visibilityState, c.focused].join())].join('|');
        """, .clients, payload: "1\nall",
      answer: "i1\nhttps://a.test/\nwindow\ntop-level\ni2\nhttps://a.test/w.js\nworker\nnone")
    #expect(
      result == "true|i1,https://a.test/,window,top-level,true,visible,false|"
        + "i2,https://a.test/w.js,worker,none,false,,")
  }

  @Test func matchAllWithoutClients() throws {
    let result = try self.result(
      of: "return (await clients.matchAll()).length", .clients, payload: "0\nwindow", answer: "")
    #expect(result == "0")
  }

  @Test func get() throws {
    let body = """
      const c = await clients.get('i1');
      return [c?.id, await rejected(c?.focus()), await rejected(c?.navigate('/x'))].join();
      """
    #expect(
      try self.result(
        of: body, .client, payload: "i1", answer: "i1\nhttps://a.test/\nwindow\nnested")
        == "i1,InvalidAccessError,TypeError")
    #expect(
      try self.result(of: "return await clients.get('i1')", .client, payload: "i1", answer: "")
        == "undefined")
  }
}
