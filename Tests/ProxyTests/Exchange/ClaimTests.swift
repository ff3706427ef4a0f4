import FetchModel
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Proxy

/// Where a plugin's answer comes from: the event loop itself, at once, or another thread, later.
enum Answering: CaseIterable, Sendable {
  case atOnce, later

  func run(_ body: @escaping @Sendable () -> Void) {
    switch self {
    case .atOnce: body()
    case .later: Thread.detachNewThread { body() }
    }
  }
}

/// Requests that a plugin claims.
@Suite struct ClaimTests {
  private static func response(_ body: FetchBody, status: Int = 200) -> FetchOutcome {
    .respond(
      FetchResponse(
        status: status, statusText: "Fine", headers: HeaderList([("X-a", "1"), ("x-A", "2")]),
        body: body))
  }

  @Test(arguments: Depth.allCases, Answering.allCases)
  func anAnswerNeedsNoOrigin(_ depth: Depth, _ answering: Answering) async throws {
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        answering.run { done(Self.response(.bytes(ByteBuffer(string: request.url)))) }
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      for _ in 0..<3 {
        try client.send(scene.head("GET", "/claimed?q"))
        let answer = try client.receiveResponse()
        #expect(answer.head.hasPrefix("HTTP/1.1 200 Fine\r\nX-a: 1\r\nx-A: 2\r\nContent-Length: "))
        #expect(answer.body == scene.origin + "/claimed?q")
      }
      #expect(!scene.listener.isWaiting())
    }
  }

  @Test func thePluginSeesTheRequestAsTheOriginWould() async throws {
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        var text = "\(request.method) \(request.url)\n"
        for index in 0..<request.headers.count {
          text += "\(request.headers.name(at: index)): \(request.headers.value(at: index))\n"
        }
        done(Self.response(.bytes(ByteBuffer(string: text))))
      }
    ])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(
        scene.head(
          "GET", "/claimed", "B: 1", "Connection: keep-alive, x-gone", "X-Gone: 1", "b: 2",
          "Proxy-Authorization: x", "Keep-Alive: 1", "TE: trailers", "Expect: 100-continue",
          "Upgrade: x"))
      // Nobody else would say it.
      #expect(try client.receiveHead() == "HTTP/1.1 100 Continue\r\n\r\n")
      #expect(
        try client.receiveResponse().body
          == "GET \(scene.origin)/claimed\nHost: \(scene.host)\nB: 1\nb: 2\n")
    }
  }

  @Test(arguments: Depth.allCases)
  func claimedAndRelayedRequestsStayInOrder(_ depth: Depth) async throws {
    let latch = Latch()
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        Thread.detachNewThread {
          latch.wait()
          done(Self.response(.bytes(ByteBuffer(string: "plugin"))))
        }
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(
        scene.head("GET", "/claimed") + scene.head("GET", "/x") + scene.head("GET", "/claimed"))
      #expect(!scene.listener.isWaiting(seconds: 0.1))
      latch.open()
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norigin")
      #expect(try client.receiveResponse().body == "plugin")
      #expect(try client.receiveResponse().body == "origin")
      #expect(try client.receiveResponse().body == "plugin")
    }
  }

  // MARK: Bodies of answers

  @Test(arguments: Depth.allCases, ["1.0", "1.1"])
  func aStreamedAnswer(_ depth: Depth, _ version: String) async throws {
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        let pipe = BodyPipe()
        done(Self.response(.stream(pipe)))
        Thread.detachNewThread {
          for number in 0..<5 {
            pipe.write(ByteBuffer(string: "\(number),"))
            Thread.sleep(forTimeInterval: 0.005)
          }
          pipe.finish()
        }
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed", "Connection: keep-alive", version: version))
      if version == "1.1" {
        #expect(try client.receiveResponse().body == "0,1,2,3,4,")
      } else {
        #expect(fieldValues("Connection", in: try client.receiveHead()) == ["close"])
        #expect(try client.receiveToEnd() == "0,1,2,3,4,")
      }
    }
  }

  @Test func aStreamOfAKnownLengthKeepsIt() async throws {
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        let pipe = BodyPipe(length: 4)
        done(Self.response(.stream(pipe)))
        pipe.write(ByteBuffer(string: "four"))
        pipe.finish()
      }
    ])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      for _ in 0..<2 {
        try client.send(scene.head("GET", "/claimed"))
        let answer = try client.receiveResponse()
        #expect(answer.field("Content-Length") == "4")
        #expect(answer.body == "four")
      }
    }
  }

  /// The next response must not begin where the client still expects this one's body, nor the
  /// other way round.
  @Test(arguments: ["", "abc", "abcdef"])
  func aStreamThatBreaksItsPromiseEndsTheConnection(_ sent: String) async throws {
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        let pipe = BodyPipe(length: 4)
        done(Self.response(.stream(pipe)))
        pipe.write(ByteBuffer(string: sent))
        pipe.finish()
      },
      "/other": { _, done in done(Self.response(.bytes(ByteBuffer(string: "other")))) },
    ])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed") + scene.head("GET", "/other"))
      #expect(fieldValues("Content-Length", in: try client.receiveHead()) == ["4"])
      #expect("abcd".hasPrefix(client.receiveUntilGone()))
    }
  }

  @Test(arguments: Depth.allCases)
  func aStreamThatFailsIsCutOff(_ depth: Depth) async throws {
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        let pipe = BodyPipe()
        done(Self.response(.stream(pipe)))
        pipe.write(ByteBuffer(string: "start"))
        pipe.fail(FetchError(.pluginFailed, .plugin, "gone"))
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed"))
      #expect(try client.receiveHead().contains("\r\nTransfer-Encoding: chunked\r\n"))
      #expect(client.receiveUntilGone() == "5\r\nstart\r\n")
    }
  }

  /// What a status or a method forbids is not sent, and the connection goes on.
  @Test(arguments: [(204, "GET", nil), (304, "GET", nil), (205, "GET", "0"), (200, "HEAD", "5")])
  func answersWithoutABody(_ status: Int, _ method: String, _ length: String?) async throws {
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        done(Self.response(.bytes(ByteBuffer(string: "hello")), status: status))
      }
    ])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      for _ in 0..<2 {
        try client.send(scene.head(method, "/claimed"))
        let head = try client.receiveHead()
        #expect(head.hasPrefix("HTTP/1.1 \(status) "))
        #expect(fieldValues("Content-Length", in: head) == (length.map { [$0] } ?? []))
        #expect(fieldValues("Transfer-Encoding", in: head) == [])
      }
    }
  }

  @Test func anEmptyAnswerSaysSo() async throws {
    let claims = CannedInterceptor(["/claimed": { _, done in done(Self.response(.none)) }])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      for _ in 0..<2 {
        try client.send(scene.head("GET", "/claimed"))
        #expect(try client.receiveResponse().field("Content-Length") == "0")
      }
    }
  }

  // MARK: Network errors

  @Test(arguments: Depth.allCases, Answering.allCases)
  func aNetworkErrorClosesWithoutAnAnswer(_ depth: Depth, _ answering: Answering) async throws {
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        answering.run { done(.networkError(FetchError(.pluginFailed, .plugin, "no"))) }
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed") + scene.head("GET", "/next"))
      #expect(client.receiveUntilGone() == "")
      #expect(!scene.listener.isWaiting())
    }
  }

  // MARK: Clients that leave

  @Test(arguments: Depth.allCases)
  func aClientThatLeavesAbortsTheRequest(_ depth: Depth) async throws {
    let (started, aborted) = (Latch(), Latch())
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        request.signal.onAbort {
          aborted.open()
          done(.networkError(FetchError(.aborted, .client, "left")))
        }
        started.open()
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed"))
      #expect(started.wait())
      client.close()
      #expect(aborted.wait())
    }
  }

  @Test func aClientThatLeavesCancelsTheAnswersBody() async throws {
    let cancelled = Latch()
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        let pipe = BodyPipe()
        pipe.setProducer(onWritable: {}, onCancel: { cancelled.open() })
        pipe.write(ByteBuffer(string: "start"))
        done(Self.response(.stream(pipe)))
      }
    ])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed"))
      #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 "))
      #expect(try client.receive(5) == "5\r\nst")
      client.close()
      #expect(cancelled.wait())
    }
  }

  @Test func anAnswerThatComesTooLateIsDropped() async throws {
    let (left, cancelled) = (Latch(), Latch())
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        request.signal.onAbort {
          let pipe = BodyPipe()
          pipe.setProducer(onWritable: {}, onCancel: { cancelled.open() })
          done(Self.response(.stream(pipe)))
        }
        left.open()
      }
    ])
    try await withProxy(interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("GET", "/claimed"))
      #expect(left.wait())
      client.close()
      #expect(cancelled.wait())
    }
  }

  /// A plugin may leave a body unread; the client's next request is then not taken out of it.
  @Test(arguments: Depth.allCases)
  func anAnswerWithoutReadingTheBody(_ depth: Depth) async throws {
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        request.body.cancel()
        done(Self.response(.bytes(ByteBuffer(string: "ok"))))
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      let hidden = scene.head("GET", "/smuggled")
      try client.send(scene.head("POST", "/claimed", "Content-Length: 1000000") + hidden)
      #expect(try client.receiveResponse().body == "ok")
      try client.send(hidden)
      #expect(client.receiveUntilGone() == "")
      #expect(!scene.listener.isWaiting())
    }
  }
}

/// Something that one thread waits for until another opens it.
final class Latch: @unchecked Sendable {
  private let condition = NSCondition()
  private var hasOpened = false

  var isOpen: Bool { self.condition.withLock { self.hasOpened } }

  func open() {
    self.condition.withLock {
      self.hasOpened = true
      self.condition.broadcast()
    }
  }

  /// Waits; returns whether it was opened within the time that tests wait for anything.
  @discardableResult
  func wait() -> Bool {
    let limit = Date(timeIntervalSinceNow: Double(Wire.patience))
    return self.condition.withLock {
      while !self.hasOpened { if !self.condition.wait(until: limit) { break } }
      return self.hasOpened
    }
  }
}
