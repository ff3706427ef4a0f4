import NIOCore
import Testing

@testable import PluginHost

@Suite struct SupervisorCacheTests {
  @Test func aCachedBodyStaysWithTheHostUntilItIsRead() async throws {
    let folder = try StorageFolder()
    let store = CacheStore(in: folder.directory)
    let cache = try store.open("https://a.test", CacheName("v1"))
    let text = String(repeating: "x", count: 10_000)
    let entry = try CacheEntry.simple("https://a.test/x", text)
    #expect(try store.put([entry], in: cache, "https://a.test"))
    let fixture = try SupervisorFixture(caches: store)
    defer { fixture.end() }
    let worker = try await fixture.start()
    let outcome = fixture.fetch()
    let event = try await fixture.deliver(worker)
    let parts = ["match", "0", "", "GET", "https://a.test/x", "0", "", ""]
    try worker.send(
      .call(call: 1, kind: .cache, payload: ByteBuffer(string: parts.joined(separator: "\0"))))
    guard case .cachedResponse(let number, _, _, _, .stream(let length)) = try await worker.next()
    else { return #expect(Bool(false), "no response with its body left behind") }
    #expect(length == 10_000)
    guard case .callResult(1, "", "", let payload) = try await worker.next() else {
      return #expect(Bool(false), "no answer")
    }
    #expect(String(buffer: payload) == "\(number)")
    try worker.send(.respondRelay(event: event, fetch: number))
    #expect(try await outcome.text() == #"response 200 "\#(text)""#)
  }
}
