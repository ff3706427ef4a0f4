import FetchModel
import Interceptor
import NIOCore
import Testing

@testable import PluginHost

/// What every kind of plugin gets of the network, and what it learns of clients that leave.
@Suite struct NetworkConformanceTests {
  private static func response(
    _ status: Int, _ text: String, _ fields: [(String, String)] = []
  ) -> Result<FetchResponse, FetchError> {
    .success(
      FetchResponse(
        status: status, headers: HeaderList(fields), body: .bytes(ByteBuffer(string: text))))
  }

  @Test(arguments: conformanceKinds)
  func fetchOfTheNetwork(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let answer = try scene.fetch("/fetch")
      // The plugin's origin is another one, so that the server has to permit it.
      let (preflight, permit) = try await scene.network.request(0)
      #expect(preflight.method == "OPTIONS")
      #expect(preflight.headers.all("Access-Control-Request-Headers") == ["x-mine"])
      let allowed = HeaderList([
        ("Access-Control-Allow-Origin", ConformanceScene.origin),
        ("Access-Control-Allow-Headers", "x-mine"),
      ])
      permit(.success(FetchResponse(status: 204, headers: allowed)))
      let (request, complete) = try await scene.network.request(1)
      #expect(request.url == "https://network.test/data")
      #expect(request.headers.all("X-Mine") == ["yes"])
      let pipe = BodyPipe()
      complete(.success(FetchResponse(status: 203, headers: allowed, body: .stream(pipe))))
      pipe.write(ByteBuffer(string: "from "))
      pipe.write(ByteBuffer(string: "afar"))
      pipe.finish()
      #expect(try await answer.text() == "203 from afar")
      let failing = try scene.fetch("/fetch")
      let (_, fail) = try await scene.network.request(2)
      fail(.failure(FetchError(.connectionRefused, .upstream, "Nobody is there.")))
      #expect(try await failing.text() == "no network")
    }
  }

  /// What a plugin fetches goes past all plugins, itself included.
  @Test(arguments: conformanceKinds)
  func fetchOfAClaimedURLGoesToTheNetwork(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let answer = try scene.fetch("/fetch-claimed")
      let (request, complete) = try await scene.network.request(0)
      #expect(request.url == "https://a.test/short")
      complete(Self.response(200, "the origin's"))
      #expect(try await answer.text() == "network: the origin's")
      #expect(await scene.status()?.events == 1)
    }
  }

  @Test(arguments: conformanceKinds)
  func relayedResponseIsUntouched(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let answer = try scene.fetch(
        "/relay", [("X-Twice", "1"), ("X-Twice", "2"), ("Cookie", "c=d")])
      let (request, complete) = try await scene.network.request(0)
      #expect(request.headers.all("X-Twice") == ["1", "2"])
      #expect(request.headers.all("Cookie") == ["c=d"])
      let down = BodyPipe()
      let fields = HeaderList([("Set-Cookie", "a=b"), ("X-N", "1"), ("Set-Cookie", "c=d")])
      complete(.success(FetchResponse(status: 206, headers: fields, body: .stream(down))))
      let response = try await answer.response()
      #expect(response.status == 206)
      #expect(response.headers.all("Set-Cookie") == ["a=b", "c=d"])
      guard case .stream(let relayed) = response.body else {
        Issue.record("the answer is no stream")
        return
      }
      #expect(relayed === down)
    }
  }

  @Test(arguments: conformanceKinds)
  func clientThatLeavesAbortsWhatIsFetchedForIt(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let signal = FetchSignal()
      let answer = try scene.fetch("/relay", signal: signal)
      let (request, complete) = try await scene.network.request(0)
      signal.abort()
      #expect(try await answer.failure().code == .aborted)
      try await eventually { request.signal.isAborted }
      complete(.failure(FetchError(.aborted, .client, "Aborted.")))
      #expect(try await scene.text("/short") == "short")
    }
  }

  @Test(arguments: conformanceKinds)
  func clientThatLeavesTheAnswerCancelsIt(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      guard case .stream(let down) = try await scene.fetch("/endless").response().body else {
        Issue.record("the answer is no stream")
        return
      }
      down.setConsumer(onReadable: {})
      try await eventually {
        if case .chunk = down.read() { true } else { false }
      }
      down.cancel()
      let (request, complete) = try await scene.network.request(0)
      #expect(request.url == "https://network.test/cancelled")
      complete(Self.response(200, ""))
    }
  }
}
