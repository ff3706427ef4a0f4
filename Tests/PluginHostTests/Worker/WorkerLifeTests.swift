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
}
