import FetchModel
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Proxy

/// Plugins' own requests, which the proxy makes for them.
@Suite struct NetworkFetcherTests {
  /// A fetch under way.
  private final class Fetching: Sendable {
    private let result = Mutex<Result<FetchResponse, FetchError>?>(nil)
    private let latch = Latch()

    init(_ request: FetchRequest, _ scene: ProxyScene) {
      scene.server.fetcher.fetch(request) { result in
        self.result.withLock { $0 = result }
        self.latch.open()
      }
    }

    /// Waits for the response, or throws the error.
    func get() throws -> FetchResponse {
      self.latch.wait()
      guard let result = self.result.withLock({ $0 }) else {
        throw TestFailure(message: "no answer")
      }
      return try result.get()
    }

    func error() -> FetchError? {
      do {
        _ = try self.get()
        return nil
      } catch { return error as? FetchError }
    }
  }

  private static func request(
    _ scene: ProxyScene, _ method: String = "GET", path: String = "/x", body: FetchBody = .none
  ) -> FetchRequest {
    FetchRequest(
      method: method, url: scene.origin + path,
      headers: HeaderList([("X", "1"), ("Host", "b"), ("Connection", "x"), ("Bad", "a\r\nY: b")]),
      body: body)
  }

  @Test(arguments: Depth.allCases)
  func aFetch(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      var origin: Wire?
      for _ in 0..<2 {
        let fetching = Fetching(Self.request(scene), scene)
        let wire = try origin ?? scene.accept()
        origin = wire
        let head = try wire.receiveHead()
        #expect(head.hasPrefix("GET /x HTTP/1.1\r\nHost: \(scene.host)\r\nX: 1\r\nVia: 1.1 "))
        try wire.send(
          "HTTP/1.1 203 Fine\r\nConnection: y\r\nY: 1\r\nZ: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\nok\r\n0\r\n\r\n")
        let response = try fetching.get()
        #expect(response.status == 203)
        #expect(response.statusText == "Fine")
        #expect(response.headers.count == 1)
        #expect(response.headers.first("Z") == "2")
        guard case .stream(let pipe) = response.body else {
          throw TestFailure(message: "not streamed")
        }
        #expect(text(PipeReader(pipe).read(atMost: .max)) == "ok")
      }
    }
  }

  @Test(arguments: Depth.allCases, [0, 1, 300_000])
  func bodies(_ depth: Depth, _ size: Int) async throws {
    try await withProxy(depth) { scene in
      let bytes = ByteBuffer(repeating: 0x78, count: size)
      let fetching = Fetching(Self.request(scene, "POST", body: .bytes(bytes)), scene)
      let origin = try scene.accept()
      #expect(fieldValues("Content-Length", in: try origin.receiveHead()) == ["\(size)"])
      #expect(try origin.receive(size) == text(bytes))
      try origin.send("HTTP/1.1 204 x\r\n\r\n")
      #expect(try fetching.get().status == 204)
    }
  }

  @Test(arguments: [
    "", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET", "G T", "GET\n", "GET\u{0}", "G\u{e9}T",
  ])
  func aMethodThatIsNoTokenIsRefused(_ method: String) async throws {
    try await withProxy { scene in
      #expect(Fetching(Self.request(scene, method), scene).error()?.code == .httpRequestError)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: ["/a b", "/\r\nX: y", "/ HTTP/1.1\r\n\r\n", "/\u{0}"])
  func aPathThatIsNoneIsRefused(_ path: String) async throws {
    try await withProxy { scene in
      let fetching = Fetching(Self.request(scene, path: path), scene)
      #expect(fetching.error()?.code == .httpRequestError)
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: ["", "abc", "abcdeGET /smuggled"])
  func aStreamThatBreaksItsPromiseIsNoRequest(_ sent: String) async throws {
    try await withProxy { scene in
      let pipe = BodyPipe(length: 5)
      pipe.write(ByteBuffer(string: sent))
      pipe.finish()
      let fetching = Fetching(Self.request(scene, "POST", body: .stream(pipe)), scene)
      #expect(fetching.error()?.code == .httpProtocolError)
      let received = try scene.accept().receiveUntilGone()
      #expect(!received.contains("smuggled"))
    }
  }

  @Test func anAbortEndsTheExchange() async throws {
    try await withProxy { scene in
      let request = Self.request(scene)
      let fetching = Fetching(request, scene)
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      request.signal.abort()
      #expect(fetching.error()?.code == .aborted)
      #expect(origin.receiveUntilGone() == "")
    }
  }

  @Test func aCancelledBodyEndsTheExchange() async throws {
    try await withProxy { scene in
      let fetching = Fetching(Self.request(scene), scene)
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
      try fetching.get().body.cancel()
      #expect(origin.receiveUntilGone() == "")
    }
  }
}
