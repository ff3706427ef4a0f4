import FetchModel
import NIOCore
import Synchronization
import Testing

@Suite struct BodyPipeTests {
  final class Counter: Sendable {
    let value = Atomic(0)
    func increment() { self.value.add(1, ordering: .sequentiallyConsistent) }
    var count: Int { self.value.load(ordering: .sequentiallyConsistent) }
  }

  func text(_ read: BodyPipe.Read) -> String? {
    if case .chunk(let bytes) = read { String(buffer: bytes) } else { nil }
  }

  @Test func producerWaitsAtTheMarkAndIsWokenOnce() {
    let pipe = BodyPipe(highWaterMark: 4)
    let woken = Counter()
    pipe.setProducer(onWritable: { woken.increment() }, onCancel: {})
    #expect(pipe.write(ByteBuffer(string: "abc")))
    #expect(!pipe.write(ByteBuffer(string: "def")))
    #expect(text(pipe.read()) == "abc")
    #expect(woken.count == 0)
    #expect(text(pipe.read()) == "def")
    #expect(woken.count == 1)
  }

  @Test func consumerIsWokenOnceForEachWait() {
    let pipe = BodyPipe()
    let woken = Counter()
    pipe.setConsumer { woken.increment() }
    guard case .pending = pipe.read() else { return #expect(Bool(false), "expected to wait") }
    pipe.write(ByteBuffer(string: "a"))
    pipe.write(ByteBuffer(string: "b"))
    #expect(woken.count == 1)
    #expect(text(pipe.read()) == "a")
    #expect(text(pipe.read()) == "b")
    guard case .pending = pipe.read() else { return #expect(Bool(false), "expected to wait") }
    pipe.finish()
    #expect(woken.count == 2)
    guard case .end = pipe.read() else { return #expect(Bool(false), "expected the end") }
  }

  @Test func failureComesAfterTheBytes() {
    let pipe = BodyPipe()
    pipe.write(ByteBuffer(string: "a"))
    pipe.fail(FetchError(.connectionTerminated, .upstream, "gone"))
    pipe.write(ByteBuffer(string: "late"))
    #expect(text(pipe.read()) == "a")
    guard case .failed(let error) = pipe.read() else {
      return #expect(Bool(false), "expected the failure")
    }
    #expect(error.code == .connectionTerminated)
  }

  @Test func cancelTellsTheProducerOnceAndNotAfterTheEnd() {
    let told = Counter()
    let pipe = BodyPipe()
    pipe.setProducer(onWritable: {}, onCancel: { told.increment() })
    pipe.cancel()
    pipe.cancel()
    #expect(told.count == 1)
    let finished = BodyPipe()
    finished.setProducer(onWritable: {}, onCancel: { told.increment() })
    finished.finish()
    finished.cancel()
    #expect(told.count == 1)
  }
}
