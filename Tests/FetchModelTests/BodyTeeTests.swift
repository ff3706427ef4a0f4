import FetchModel
import NIOCore
import Synchronization
import Testing

@Suite struct BodyTeeTests {
  private func pipes(_ source: BodyPipe, limit: Int = 1 << 20) throws -> (BodyPipe, BodyPipe) {
    guard
      case (.stream(let first), .stream(let second)) = FetchBody.stream(source).tee(limit: limit)
    else { throw Failure() }
    return (first, second)
  }

  private struct Failure: Error {}

  private func text(_ read: BodyPipe.Read) -> String {
    switch read {
    case .chunk(let chunk): String(buffer: chunk)
    case .pending: "pending"
    case .end: "end"
    case .failed(let error): "failed \(error.code.rawValue)"
    }
  }

  @Test func bothReadAll() throws {
    let source = BodyPipe(length: 6)
    source.write(ByteBuffer(string: "abc"))
    let (first, second) = try self.pipes(source)
    #expect(first.length == 6 && second.length == 6)
    #expect(self.text(first.read()) == "abc")
    #expect(self.text(first.read()) == "pending")
    source.write(ByteBuffer(string: "def"))
    source.finish()
    for expected in ["def", "end"] { #expect(self.text(first.read()) == expected) }
    for expected in ["abc", "def", "end"] { #expect(self.text(second.read()) == expected) }
  }

  @Test func errorsReachBoth() throws {
    let source = BodyPipe()
    let (first, second) = try self.pipes(source)
    source.fail(FetchError(.connectionTerminated, .upstream, "cut"))
    #expect(self.text(first.read()) == "failed connection_terminated")
    #expect(self.text(second.read()) == "failed connection_terminated")
  }

  @Test func theFirstSetsThePace() throws {
    let source = BodyPipe(highWaterMark: 10)
    let (first, second) = try self.pipes(source)
    let chunk = ByteBuffer(repeating: 65, count: 200_000)
    // The first pipe is full with this.
    source.write(chunk)
    source.write(chunk)
    #expect(self.text(second.read()).utf8.count == 200_000)
    #expect(self.text(second.read()) == "pending")
    #expect(self.text(first.read()).utf8.count == 200_000)
    #expect(self.text(second.read()).utf8.count == 200_000)
  }

  @Test func aSlowSecondReaderHoldsUpNobody() throws {
    let source = BodyPipe()
    let (first, second) = try self.pipes(source, limit: 5)
    for part in ["abc", "def", "ghi"] {
      source.write(ByteBuffer(string: part))
      #expect(self.text(first.read()) == part)
    }
    #expect(self.text(second.read()) == "abc")
    #expect(self.text(second.read()) == "def")
    #expect(self.text(second.read()) == "failed proxy_internal_error")
    source.finish()
    #expect(self.text(first.read()) == "end")
  }

  @Test func theSecondGoesOnWithoutTheFirst() throws {
    let source = BodyPipe(highWaterMark: 4)
    let (first, second) = try self.pipes(source, limit: 4)
    first.cancel()
    source.write(ByteBuffer(string: "abcd"))
    #expect(!source.write(ByteBuffer(string: "efgh")))
    #expect(self.text(second.read()) == "abcd")
    #expect(self.text(second.read()) == "efgh")
    source.finish()
    #expect(self.text(second.read()) == "end")
  }

  @Test func withoutReadersTheSourceIsCancelled() throws {
    let source = BodyPipe()
    let isCancelled = Mutex(false)
    source.setProducer(onWritable: {}, onCancel: { isCancelled.withLock { $0 = true } })
    let (first, second) = try self.pipes(source)
    second.cancel()
    #expect(!isCancelled.withLock { $0 })
    first.cancel()
    #expect(isCancelled.withLock { $0 })
  }

  @Test func bytesAtHandAreTheSameTwice() {
    guard
      case (.bytes(let first), .bytes(let second)) = FetchBody.bytes(ByteBuffer(string: "a")).tee()
    else { return #expect(Bool(false)) }
    #expect(first == second)
  }
}
