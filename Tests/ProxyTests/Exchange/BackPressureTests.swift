import FetchModel
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Proxy

/// A side that does not read holds up the other: what the proxy takes meanwhile is bounded.
@Suite struct BackPressureTests {
  private static let block = [UInt8](repeating: 0x78, count: 65_536)
  /// What one side was let send while the other did not read. The system's buffers of both
  /// connections are most of it: Linux may let each grow to 32 MB.
  private static let bound = 60_000_000
  /// What would be sent if nothing held it.
  private static let total = 150_000_000

  @Test(arguments: Depth.allCases, ["Content-Length: 150000000", "X: y"])
  func aClientThatDoesNotReadAResponse(_ depth: Depth, _ field: String) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect(receiveBuffer: 65_536)
      try client.send(scene.head("GET", "/large"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 200 OK\r\n\(field)\r\n\r\n")
      let sent = origin.sendUntilBlocked(Self.block, limit: Self.total)
      #expect(sent < Self.bound, "\(sent) bytes")
      // And it goes on when the client reads.
      #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(try client.receiveBytes(sent / 2).count == sent / 2)
      #expect(origin.sendUntilBlocked(Self.block, limit: 65_536) > 0)
      client.close()
      #expect(origin.receiveUntilGone() == "")
    }
  }

  @Test(arguments: Depth.allCases, ["Content-Length: 150000000", "Transfer-Encoding: chunked"])
  func anOriginThatDoesNotReadARequest(_ depth: Depth, _ field: String) async throws {
    try await withProxy(depth, receiveBuffer: 65_536) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/large", field))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      if field.hasPrefix("T") { try client.send("8f0d180\r\n") }
      let sent = client.sendUntilBlocked(Self.block, limit: Self.total)
      #expect(sent < Self.bound, "\(sent) bytes")
      #expect(try origin.receiveBytes(sent / 2).count == sent / 2)
      #expect(client.sendUntilBlocked(Self.block, limit: 65_536) > 0)
    }
  }

  /// Chunks of one byte cost a multiple of their size in memory.
  @Test func tinyChunksAreBoundedToo() async throws {
    try await withProxy(receiveBuffer: 65_536) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/large", "Transfer-Encoding: chunked"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      let chunks = Array(String(repeating: "1\r\nx\r\n", count: 10_000).utf8)
      let sent = client.sendUntilBlocked(chunks, limit: Self.total)
      #expect(sent < Self.bound, "\(sent) bytes")
    }
  }

  @Test(arguments: [true, false])
  func tunnels(_ clientReads: Bool) async throws {
    try await withProxy(intercept: InterceptMode.none, receiveBuffer: 65_536) { scene in
      let client = try Wire(to: scene.proxyPort, receiveBuffer: 65_536)
      try scene.openTunnel(on: client)
      let origin = try scene.listener.accept()
      let (reader, writer) = clientReads ? (client, origin) : (origin, client)
      let sent = writer.sendUntilBlocked(Self.block, limit: Self.total)
      #expect(sent < Self.bound, "\(sent) bytes")
      #expect(try reader.receiveBytes(sent).count == sent)
    }
  }

  /// Interim responses are no bodies, but an origin can send any number of them.
  @Test(arguments: ["1.1", "1.0"])
  func endlessInterimResponses(_ version: String) async throws {
    try await withProxy { scene in
      let client = try scene.connect(receiveBuffer: 65_536)
      try client.send(scene.head("GET", "/x", version: version))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      let hints = "HTTP/1.1 103 x\r\nX: \(String(repeating: "y", count: 1000))\r\n\r\n"
      let block = Array(String(repeating: hints, count: 60).utf8)
      let sent = origin.sendUntilBlocked(block, limit: Self.total)
      #expect(sent < Self.bound || version == "1.0", "\(sent) bytes")
    }
  }

  /// A plugin that writes faster than the client reads is told to wait.
  @Test(arguments: Depth.allCases, [100, 65_536])
  func aPluginsAnswer(_ depth: Depth, _ size: Int) async throws {
    let written = Atomic<Int>(0)
    let claims = CannedInterceptor([
      "/claimed": { _, done in
        let pipe = BodyPipe()
        let room = DispatchSemaphore(value: 0)
        let left = Latch()
        pipe.setProducer(
          onWritable: { room.signal() },
          onCancel: {
            left.open()
            room.signal()
          })
        done(.respond(FetchResponse(status: 200, headers: HeaderList(), body: .stream(pipe))))
        Thread.detachNewThread {
          let chunk = ByteBuffer(repeating: 0x78, count: size)
          while written.load(ordering: .relaxed) < Self.total, !left.isOpen {
            written.add(size, ordering: .relaxed)
            if !pipe.write(chunk), room.wait(timeout: .now() + 2) == .timedOut { break }
          }
        }
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect(receiveBuffer: 65_536)
      try client.send(scene.head("GET", "/claimed"))
      #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 "))
      Thread.sleep(forTimeInterval: 1)
      let count = written.load(ordering: .relaxed)
      #expect(count < Self.bound, "\(count) bytes")
    }
  }

  /// A plugin that does not read the request's body.
  @Test(arguments: Depth.allCases)
  func aPluginThatDoesNotRead(_ depth: Depth) async throws {
    let claims = CannedInterceptor([
      "/claimed": { request, done in
        request.signal.onAbort { done(.networkError(FetchError(.aborted, .client, "left"))) }
      }
    ])
    try await withProxy(depth, interceptor: claims) { scene in
      let client = try scene.connect()
      try client.send(scene.head("POST", "/claimed", "Content-Length: 150000000"))
      let sent = client.sendUntilBlocked(Self.block, limit: Self.total)
      #expect(sent < Self.bound, "\(sent) bytes")
    }
  }

  /// The last of a response is not lost when the connection closes behind it and the client takes
  /// its time: longer than the proxy waits for a client to close.
  @Test(arguments: Depth.allCases)
  func aSlowReaderOfALastResponseGetsAllOfIt(_ depth: Depth) async throws {
    try await withProxy(depth) { scene in
      let client = try scene.connect(receiveBuffer: 65_536)
      try client.send(scene.head("GET", "/x", version: "1.0"))
      let origin = try scene.accept()
      _ = try origin.receiveHead()
      try origin.send("HTTP/1.1 200 OK\r\n\r\n")
      let sent = origin.sendUntilBlocked(Self.block, limit: Self.total)
      // The end comes while much is still under way, and the proxy may close at the end of it.
      Thread.detachNewThread { origin.endSending() }
      #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(try Self.receiveSlowly(sent, from: client) == sent)
      #expect(try client.receiveToEnd() == "")
    }
  }

  /// The same in a tunnel whose reader has ended its own side before.
  @Test(arguments: [true, false])
  func theEndOfATunnelDoesNotOvertakeItsBytes(_ clientReads: Bool) async throws {
    try await withProxy(intercept: InterceptMode.none, receiveBuffer: 65_536) { scene in
      let client = try Wire(to: scene.proxyPort, receiveBuffer: 65_536)
      try scene.openTunnel(on: client)
      let origin = try scene.listener.accept()
      let (reader, writer) = clientReads ? (client, origin) : (origin, client)
      reader.endSending()
      #expect(try writer.receiveToEnd() == "")
      let sent = writer.sendUntilBlocked(Self.block, limit: Self.total)
      writer.endSending()
      #expect(try Self.receiveSlowly(sent, from: reader) == sent)
      #expect(try reader.receiveToEnd() == "")
    }
  }

  private static func receiveSlowly(_ count: Int, from wire: Wire) throws -> Int {
    var received = 0
    let step = count / 50 + 1
    while received < count {
      received += try wire.receiveBytes(min(step, count - received)).count
      Thread.sleep(forTimeInterval: 0.15)
    }
    return received
  }
}
