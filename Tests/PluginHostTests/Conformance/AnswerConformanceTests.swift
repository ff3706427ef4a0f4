import FetchModel
import NIOCore
import Synchronization
import Testing

@testable import PluginHost

/// What every kind of plugin can answer, and do with the request.
@Suite struct AnswerConformanceTests {
  @Test(arguments: conformanceKinds)
  func statuses(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      for status in [200, 204, 304, 404, 500, 599] {
        let response = try await scene.fetch("/status/\(status)").response()
        #expect(response.status == status)
        #expect(try await wholeText(of: response.body) == "")
      }
    }
  }

  @Test(arguments: conformanceKinds)
  func bodies(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      #expect(try await scene.text("/empty") == "")
      #expect(try await scene.text("/short") == "short")
      #expect(try await scene.text("/streamed") == "one,two,three")
      let big = try await scene.text("/big")
      #expect(big.utf8.count == 5_000_000)
      #expect(big.utf8.allSatisfy { $0 == UInt8(ascii: "b") })
    }
  }

  @Test(arguments: conformanceKinds)
  func fieldsKeepTheirOrderAndTheirNumber(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let headers = try await scene.fetch("/fields").response().headers
      let fields = (0..<headers.count).map {
        "\(headers.name(at: $0).lowercased()): \(headers.value(at: $0))"
      }
      #expect(
        fields.filter { $0.hasPrefix("x-") } == ["x-twice: a", "x-between: m", "x-twice: b"])
      let seen = try scene.fetch(
        "/request?q=1", method: "PUT", [("X-Twice", "1"), ("X-Other", "2"), ("X-Twice", "3")])
      #expect(try await seen.text() == "PUT https://a.test/request?q=1 1, 3")
    }
  }

  @Test(arguments: conformanceKinds)
  func requestBodyIsReadWhole(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      for size in [0, 1, 300_000] {
        let text = String(repeating: "r", count: size)
        let pipe = BodyPipe(length: size)
        pipe.write(ByteBuffer(string: text))
        pipe.finish()
        for body in [FetchBody.bytes(ByteBuffer(string: text)), .stream(pipe)] {
          let answer = try scene.fetch("/echo", method: "POST", body: body)
          #expect(try await answer.text() == text)
        }
      }
      #expect(try await scene.fetch("/echo", method: "POST").text() == "")
    }
  }

  /// The answer's body begins before the end of the request's is there.
  @Test(arguments: conformanceKinds)
  func requestBodyIsStreamed(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let up = BodyPipe()
      let answer = try scene.fetch("/piped", method: "POST", body: .stream(up))
      guard case .stream(let down) = try await answer.response().body else {
        Issue.record("the answer is no stream")
        return
      }
      down.setConsumer(onReadable: {})
      for text in ["first", "second"] {
        up.write(ByteBuffer(string: text))
        var got = ""
        try await eventually {
          if case .chunk(let chunk) = down.read() { got += String(buffer: chunk) }
          return got == text
        }
      }
      up.finish()
      #expect(try await readAll(.stream(down)) == "")
    }
  }

  @Test(arguments: conformanceKinds)
  func requestBodyThatNobodyReadsIsCancelled(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let isCancelled = Atomic(false)
      let up = BodyPipe()
      up.setProducer(
        onWritable: {}, onCancel: { isCancelled.store(true, ordering: .relaxed) })
      let answer = try scene.fetch("/ignored", method: "POST", body: .stream(up))
      #expect(try await answer.text() == "ignored")
      try await eventually { isCancelled.load(ordering: .relaxed) }
    }
  }

  @Test(arguments: conformanceKinds)
  func requestFallsThroughWithItsBody(kind: ConformanceKind) async throws {
    try await withConformance(kind) { scene in
      let text = String(repeating: "t", count: 200_000)
      let pipe = BodyPipe()
      pipe.write(ByteBuffer(string: text))
      pipe.finish()
      for body in [FetchBody.bytes(ByteBuffer(string: text)), .stream(pipe)] {
        let answer = try scene.fetch("/through", method: "POST", body: body)
        #expect(try await wholeText(of: answer.fallBack()) == text)
      }
      let body = FetchBody.bytes(ByteBuffer(string: "read"))
      let taken = try scene.fetch("/reads-and-leaves", method: "POST", body: body)
      #expect(try await taken.failure().code == .pluginFailed)
    }
  }
}
