import FetchModel
import NIOCore
import Testing

@testable import PluginHost

/// `event.preloadResponse`.
@Suite struct NavigationPreloadTests {
  /// A worker with a fetch event that has a preload, and the number of the fetch that it is.
  private func worker(_ script: String) throws -> (WorkerHarness, fetch: UInt32) {
    let worker = try WorkerHarness(script: script)
    try worker.send(.fetchEventDetails(event: 1, FetchEventDetails(hasPreload: true)))
    try worker.fetchEvent(1) {
      $0.mode = "navigate"
      $0.redirect = "manual"
    }
    guard case .fetch(let fetch, _, derivedFrom: 1, body: .parallelFetch) = try worker.next() else {
      throw WorkerHarness.Failure(text: "the preload was not taken")
    }
    return (worker, fetch)
  }

  private let returning = WorkerHarness.script(
    returning: """
      const response = await event.preloadResponse;
      return [response.status, await response.text(), response.url,
        thrown(() => response.headers.set('a', 'b'))].join('|');
      """)

  private func answer(_ status: UInt16 = 200) -> ResponseHead {
    ResponseHead(
      status: status, statusText: "", headers: HeaderList(), urlList: ["https://app.test/page"])
  }

  @Test func theResponse() throws {
    let (worker, fetch) = try self.worker(self.returning)
    try worker.send(
      .fetchResult(fetch: fetch, self.answer(), body: .inline(ByteBuffer(string: "net"))))
    // What was read is given back.
    guard case .abortFetch(fetch) = try worker.next() else { return #expect(Bool(false)) }
    #expect(try worker.response().body == "200|net|https://app.test/page|TypeError")
  }

  @Test func itCanBeTheAnswerAsItIs() throws {
    let (worker, fetch) = try self.worker(
      "onfetch = (event) => event.respondWith(event.preloadResponse)")
    try worker.send(.fetchResult(fetch: fetch, self.answer(), body: .stream(length: nil)))
    guard case .respondRelay(1, fetch) = try worker.next() else { return #expect(Bool(false)) }
  }

  @Test func networkErrors() throws {
    let (worker, fetch) = try self.worker(
      WorkerHarness.script(returning: "return rejected(event.preloadResponse)"))
    try worker.send(.fetchFailed(fetch: fetch, message: "no name"))
    #expect(try worker.response().body == "TypeError")
  }

  @Test func itIsThereAfterTheEvent() throws {
    let (worker, fetch) = try self.worker(
      """
      onfetch = (event) => {
        event.respondWith(new Response('early'));
        event.waitUntil(event.preloadResponse.then((r) => r.text()).then((t) => console.log(t)));
      };
      """)
    #expect(try worker.response().body == "early")
    try worker.send(
      .fetchResult(fetch: fetch, self.answer(), body: .inline(ByteBuffer(string: "late"))))
    _ = try worker.settle()
    #expect(worker.console.map(\.text) == ["late"])
  }

  @Test func withoutOneItIsUndefined() throws {
    #expect(try WorkerHarness.run("return await event.preloadResponse") == "undefined")
  }

  @Test func theClientLeaves() throws {
    let (worker, fetch) = try self.worker(
      """
      onfetch = (event) => event.respondWith(event.preloadResponse.catch((error) => {
        console.log(error.name, event.request.signal.aborted);
        return new Response();
      }));
      """)
    try worker.send(.abortEvent(event: 1))
    let frames = try worker.settle()
    #expect(worker.console.map(\.text) == ["AbortError true"])
    guard case .abortFetch(fetch) = frames.first else { return #expect(Bool(false)) }
  }
}
