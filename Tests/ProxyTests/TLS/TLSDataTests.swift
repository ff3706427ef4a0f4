import NIOCore
import Testing

@testable import Proxy

@Suite struct TLSDataTests {
  @Test(arguments: [true, false])
  func tenMegabytesInOddSizes(isTLS12: Bool) throws {
    let pair = try established(isTLS12: isTLS12)
    var random = SplitMix(state: 7)
    let total = 10_000_000
    let sent = ByteBuffer(bytes: (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    var (rest, received) = (sent, ByteBuffer())
    while rest.readableBytes > 0 {
      let size = min(rest.readableBytes, Int.random(in: 1...100_003, using: &random))
      guard let piece = rest.readSlice(length: size) else { break }
      try pair.server.write(piece)
      let chunk = Int.random(in: 1_000...70_001, using: &random)
      let limit = Int.random(in: 1_000...40_001, using: &random)
      pair.carry(from: pair.server, to: pair.client, chunk) { session in
        while case .bytes = session.read(into: &received, upTo: limit) {}
      }
    }
    #expect(received == sent)
    #expect(pair.client.waitingInput == 0)
  }

  @Test func aSlowReaderLosesNothing() throws {
    let pair = try established()
    let sent = ByteBuffer(repeating: 7, count: 100_000)
    try pair.server.write(sent)
    // Everything arrives before anything is read, in pieces that cut records.
    pair.carry(from: pair.server, to: pair.client, 1_009)
    #expect(pair.client.waitingInput > 100_000)
    pair.client.receiveEOF()
    var received = ByteBuffer()
    var reads = 0
    while case .bytes(let count) = pair.client.read(into: &received, upTo: 333) {
      #expect(count <= 333)
      reads += 1
    }
    #expect(received == sent)
    #expect(reads >= 300)
  }

  @Test func theLimitIsKept() throws {
    let pair = try established()
    try pair.server.write(ByteBuffer(repeating: 1, count: 10))
    pair.carry(from: pair.server, to: pair.client)
    var buffer = ByteBuffer()
    #expect(pair.client.read(into: &buffer, upTo: 4) == .bytes(4))
    #expect(pair.client.read(into: &buffer, upTo: 100) == .bytes(6))
    #expect(pair.client.read(into: &buffer, upTo: 100) == .wouldBlock)
    #expect(buffer.readableBytes == 10)
  }

  @Test func aHeadAndASmallBodyAreOneRecord() throws {
    let pair = try established()
    try pair.server.write(
      ByteBuffer(repeating: 1, count: 100), ByteBuffer(repeating: 2, count: 200))
    let output = try #require(pair.server.takeOutput())
    #expect(output.getInteger(at: output.readerIndex + 3, as: UInt16.self) == UInt16(317))
    #expect(output.readableBytes == 5 + 300 + 1 + 16)
    #expect(pair.server.takeOutput() == nil)
    try pair.server.write(ByteBuffer(), ByteBuffer())
    #expect(pair.server.takeOutput() == nil)
  }

  @Test func aCloseIsSeenAfterTheBytesBeforeIt() throws {
    let pair = try established()
    try pair.server.write(ByteBuffer(string: "last words"))
    pair.server.close()
    pair.server.close()
    pair.carry(from: pair.server, to: pair.client)
    pair.client.receiveEOF()
    #expect(readAll(pair.client) == (ByteBuffer(string: "last words"), .closed))
    #expect(throws: TLSFailure.self) { try pair.server.write(ByteBuffer(string: "more")) }
    // The other direction is still open.
    try pair.client.write(ByteBuffer(string: "answer"))
    pair.carry(from: pair.client, to: pair.server)
    #expect(readAll(pair.server) == (ByteBuffer(string: "answer"), .wouldBlock))
  }

  @Test(arguments: [0, 3, 30])
  func anEndWithoutACloseIsATruncation(missing: Int) throws {
    let pair = try established()
    try pair.server.write(ByteBuffer(string: "a whole record"))
    try pair.server.write(ByteBuffer(repeating: 9, count: 200))
    var output = try #require(pair.server.takeOutput())
    output.moveWriterIndex(to: output.writerIndex - missing)
    pair.client.receive(output)
    pair.client.receiveEOF()
    let (bytes, result) = readAll(pair.client)
    #expect(bytes.readableBytes == (missing == 0 ? 214 : 14))
    #expect(result == .truncated)
  }

  @Test func nothingGoesBeforeTheHandshake() throws {
    let pair = try TLSFixture().connect("example.test")
    var buffer = ByteBuffer()
    #expect(pair.client.read(into: &buffer, upTo: 10) == .wouldBlock)
    #expect(throws: TLSFailure.self) { try pair.client.write(ByteBuffer(string: "x")) }
    pair.client.close()
    // None of this has spoilt the session.
    #expect(pair.handshake().client.result != nil)
  }

  private func established(isTLS12: Bool = false) throws -> TLSPair {
    let pair = try TLSFixture(isTLS12: isTLS12).connect("example.test")
    let progress = pair.handshake()
    _ = try #require(progress.client.result)
    _ = try #require(progress.server.result)
    return pair
  }
}
