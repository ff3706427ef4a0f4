import FetchModel
import NIOCore
import Synchronization
import Testing

@testable import Interceptor

/// What drives the fetches: orders carried out, bodies that nobody reads given up.
@Suite struct HTTPFetcherTests {
  private func request(
    _ url: String, method: String = "GET", body: FetchBody = .none,
    _ change: (inout FetchRequest) -> Void = { _ in }
  ) -> FetchRequest {
    var request = FetchRequest(method: method, url: url, headers: HeaderList(), body: body)
    request.attributes.mode = "cors"
    request.client = RequestClient(origin: "https://a.test", url: "https://a.test/sw.js")
    change(&request)
    return request
  }

  private func watched() -> (BodyPipe, WasCancelled) {
    let (pipe, wasCancelled) = (BodyPipe(), WasCancelled())
    pipe.setProducer(onWritable: {}, onCancel: { wasCancelled.value.withLock { $0 = true } })
    return (pipe, wasCancelled)
  }

  @Test func aWholeFetch() async {
    let allowed = [
      ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"),
    ]
    let network = CannedFetcher([
      "PUT https://a.test/1": (307, [("Location", "https://b.test/2")]),
      "OPTIONS https://b.test/2": (200, allowed), "PUT https://b.test/2": (201, allowed),
    ])
    let result = await HTTPFetcher(canned: network).result(
      self.request("https://a.test/1", method: "PUT"))
    #expect(result == #"cors 201 ["https://a.test/1", "https://b.test/2"]"#)
    #expect(
      network.asked == [
        "PUT https://a.test/1", "OPTIONS https://b.test/2", "PUT https://b.test/2",
      ])
  }

  @Test func thePreflightsOfAllFetchesAreRemembered() async {
    let allowed = [
      ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"),
    ]
    let network = CannedFetcher([
      "OPTIONS https://b.test/": (200, allowed), "PUT https://b.test/": (200, allowed),
    ])
    let fetcher = HTTPFetcher(canned: network)
    for _ in 0..<3 {
      #expect(
        await fetcher.result(self.request("https://b.test/", method: "PUT")).hasPrefix("cors"))
    }
    #expect(network.asked.filter { $0.hasPrefix("OPTIONS") }.count == 1)
  }

  /// Bodies of refused responses, and of responses that redirect.
  @Test(arguments: [(200, "https://b.test/"), (302, "https://a.test/"), (302, "https://b.test/")])
  func bodiesOfWhatIsNotDelivered(_ status: Int, _ url: String) async {
    let (pipe, wasCancelled) = self.watched()
    let network = CannedFetcher(
      ["GET \(url)": (status, [("Location", "https://c.test/")])], body: .stream(pipe))
    let result = await HTTPFetcher(canned: network).result(self.request(url))
    #expect(result.hasPrefix("error"))
    #expect(wasCancelled.value.withLock { $0 })
  }

  @Test func bodiesOfRequestsThatAreNotSent() async {
    let (refused, refusedIsCancelled) = self.watched()
    _ = await HTTPFetcher(canned: CannedFetcher([:])).result(
      self.request("https://b.test/", method: "PUT", body: .stream(refused)))
    #expect(refusedIsCancelled.value.withLock { $0 })
    let (rewritten, rewrittenIsCancelled) = self.watched()
    let network = CannedFetcher([
      "POST https://a.test/1": (303, [("Location", "/2")]), "GET https://a.test/2": (200, []),
    ])
    let result = await HTTPFetcher(canned: network).result(
      self.request("https://a.test/1", method: "POST", body: .stream(rewritten)))
    #expect(result.hasPrefix("basic 200"))
    #expect(rewrittenIsCancelled.value.withLock { $0 })
  }

  @Test func integrity() async {
    let network = CannedFetcher(
      ["GET https://a.test/": (200, [])], body: .bytes(ByteBuffer(string: "abc")))
    let fetcher = HTTPFetcher(canned: network)
    for (digest, prefix) in [("Aw==", "basic 200"), ("BA==", "error The body of")] {
      let result = await fetcher.result(
        self.request("https://a.test/") { $0.attributes.integrity = "sha256-\(digest)" })
      #expect(result.hasPrefix(prefix), "\(result)")
    }
  }

  @Test func keepaliveHasALimit() async {
    let network = CannedFetcher(["POST https://a.test/": (200, [])])
    let fetcher = HTTPFetcher(canned: network)
    for (size, prefix) in [(65_536, "basic"), (65_537, "error"), (65_536, "basic")] {
      let body = FetchBody.bytes(ByteBuffer(repeating: 0, count: size))
      let result = await fetcher.result(
        self.request("https://a.test/", method: "POST", body: body) {
          $0.attributes.keepalive = true
        })
      #expect(result.hasPrefix(prefix), "\(size): \(result)")
    }
  }

  /// Those of one origin that are under way count together.
  @Test func keepaliveRequestsShareTheLimit() async {
    let network = HeldFetcher()
    let fetcher = HTTPFetcher(network, digester: LengthDigester(), now: { 0 })
    let body = FetchBody.bytes(ByteBuffer(repeating: 0, count: 40_000))
    let own = self.request("https://a.test/", method: "POST", body: body) {
      $0.attributes.keepalive = true
    }
    fetcher.fetch(own) { _ in }
    #expect(await fetcher.result(own).hasPrefix("error"))
    var other = own
    other.client?.origin = "https://b.test"
    other.url = "https://b.test/"
    fetcher.fetch(other) { _ in }
    #expect(network.count == 2)
    network.answer()
    fetcher.fetch(own) { _ in }
    #expect(network.count == 3)
  }
}

/// A flag that a closure can set.
private final class WasCancelled: Sendable {
  let value = Mutex(false)
}

/// A network that answers when it is told to.
private final class HeldFetcher: Fetcher {
  private struct State {
    var count = 0
    var held: [@Sendable (Result<FetchResponse, FetchError>) -> Void] = []
  }

  private let state = Mutex(State())
  var count: Int { self.state.withLock { $0.count } }

  func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    self.state.withLock {
      $0.count += 1
      $0.held.append(completion)
    }
  }

  func answer() {
    let held = self.state.withLock { state in
      defer { state.held = [] }
      return state.held
    }
    for completion in held {
      completion(.success(FetchResponse(status: 200, headers: HeaderList())))
    }
  }
}
