import FetchModel
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Proxy

/// Claimed requests that their plugin leaves to the network.
@Suite struct FallBackTests {
  /// How much of the body the plugin reads before it gives up.
  enum Reading: CaseIterable, Sendable { case nothing, something, everything }

  /// Reads as much as is said and falls back with the whole body.
  private static func interceptor(_ reading: Reading) -> CannedInterceptor {
    CannedInterceptor([
      "/claimed": { request, done in
        guard case .stream(let pipe) = request.body, reading != .nothing else {
          return done(.fallBack(request.body))
        }
        Thread.detachNewThread {
          let reader = PipeReader(pipe)
          let start = reader.read(atMost: reading == .something ? 1 : .max)
          guard reading == .something else { return done(.fallBack(.bytes(start))) }
          let whole = BodyPipe(length: pipe.length)
          done(.fallBack(.stream(whole)))
          whole.write(start)
          whole.write(reader.read(atMost: .max))
          whole.finish()
        }
      }
    ])
  }

  @Test(arguments: Depth.allCases)
  func withoutABody(_ depth: Depth) async throws {
    try await withProxy(depth, interceptor: Self.interceptor(.nothing)) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed", "X: y"))
      let origin = try scene.accept()
      let head = try origin.receiveHead()
      #expect(head.hasPrefix("GET /claimed HTTP/1.1\r\nHost: \(scene.host)\r\nX: y\r\nVia: "))
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      #expect(try client.receiveResponse().body == "ok")
    }
  }

  @Test(arguments: Depth.allCases, Reading.allCases)
  func withABody(_ depth: Depth, _ reading: Reading) async throws {
    try await withProxy(depth, interceptor: Self.interceptor(reading)) { scene in
      let client = try scene.connect()
      var origin: Wire?
      for size in [0, 1, 300_000] {
        let body = String(repeating: "x", count: size)
        try client.send(scene.head("POST", "/claimed", "Content-Length: \(size)"))
        try client.send(body)
        let wire = try origin ?? scene.accept()
        origin = wire
        let head = try wire.receiveHead()
        #expect(fieldValues("Content-Length", in: head) == ["\(size)"])
        #expect(try wire.receive(size) == body)
        try wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(try client.receiveResponse().body == "ok")
      }
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test(arguments: Depth.allCases, Reading.allCases)
  func withAChunkedBody(_ depth: Depth, _ reading: Reading) async throws {
    try await withProxy(depth, interceptor: Self.interceptor(reading)) { scene in
      let client = try scene.connect()
      let body = String(repeating: "x", count: 300_000)
      try client.send(
        scene.head("POST", "/claimed", "Transfer-Encoding: chunked")
          + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n")
      let origin = try scene.accept()
      #expect(try origin.receiveHead().contains("\r\nTransfer-Encoding: chunked\r\n"))
      #expect(try origin.receiveChunks() == body)
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      #expect(try client.receiveResponse().body == "ok")
    }
  }

  /// The client has had its 100 already: the origin is not asked for another.
  @Test func anExpectationIsMetOnce() async throws {
    try await withProxy(interceptor: Self.interceptor(.nothing)) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/claimed", "Content-Length: 2", "Expect: 100-continue"))
      #expect(try client.receiveHead() == "HTTP/1.1 100 Continue\r\n\r\n")
      try client.send("hi")
      let origin = try scene.accept()
      #expect(fieldValues("Expect", in: try origin.receiveHead()) == [])
      #expect(try origin.receive(2) == "hi")
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      #expect(try client.receiveResponse().status == 200)
    }
  }

  /// A plugin that gives back another body than it got must not make the origin read a request out
  /// of it, nor wait for one on a connection that others use.
  @Test(arguments: ["", "abc", "abcdeGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"], [true, false])
  func aBodyOfAnotherLengthIsNoRequest(_ body: String, _ isStream: Bool) async throws {
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        request.body.cancel()
        guard isStream else { return done(.fallBack(.bytes(ByteBuffer(string: body)))) }
        let pipe = BodyPipe()
        pipe.write(ByteBuffer(string: body))
        pipe.finish()
        done(.fallBack(.stream(pipe)))
      }
    ])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/claimed", "Content-Length: 5") + "hello")
      let answer = try client.receiveResponse()
      #expect(answer.status == 502)
      if scene.listener.isWaiting() {
        let received = try scene.accept().receiveUntilGone()
        let sent = received.components(separatedBy: "\r\n\r\n").dropFirst().joined()
        #expect(sent.utf8.count <= 5, "\(received)")
        #expect(!received.contains("smuggled"))
      }
    }
  }

  @Test func aClientThatLeavesWithinItsBodyEndsTheExchange() async throws {
    try await withProxy(interceptor: Self.interceptor(.nothing)) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/claimed", "Content-Length: 100") + "start")
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      #expect(try origin.receive(5) == "start")
      client.close()
      #expect(origin.receiveUntilGone() == "")
    }
  }
}

/// Reads a pipe on a thread that may wait.
final class PipeReader: Sendable {
  private let pipe: BodyPipe
  private let semaphore = DispatchSemaphore(value: 0)

  init(_ pipe: BodyPipe) {
    self.pipe = pipe
    pipe.setConsumer { [semaphore] in semaphore.signal() }
  }

  /// Reads chunks until there are that many bytes, or the end.
  func read(atMost limit: Int) -> ByteBuffer {
    var all = ByteBuffer()
    while all.readableBytes < limit {
      switch self.pipe.read() {
      case .chunk(let chunk): all.writeImmutableBuffer(chunk)
      case .pending:
        guard self.semaphore.wait(timeout: .now() + .seconds(Wire.patience)) == .success else {
          return all
        }
      case .end, .failed: return all
      }
    }
    return all
  }
}
