import Testing

@testable import Proxy

/// Bad input is refused, for the same reason however it arrives.
@Suite struct MalformedMessageTests {
  @Test(arguments: MalformedRequests.all.filter { $0.place != .connect })
  func requests(_ row: MalformedMessage) {
    for base in ["http://origin.test", ""] {
      let text = row.text(base: base, host: "origin.test")
      Self.expectRefusal(of: text, .requests, status: row.status)
    }
  }

  @Test(arguments: MalformedResponses.heads + MalformedResponses.bodies)
  func responses(_ row: MalformedMessage) {
    Self.expectRefusal(of: row.text, .responses(to: [.get]), status: nil)
  }

  @Test(arguments: MalformedChunks.all)
  func chunks(_ row: MalformedMessage) {
    Self.expectRefusal(of: row.text, .chunks, status: row.status)
  }

  /// Nothing of the message, or nothing more of it, is given on when it is refused.
  @Test(arguments: MalformedRequests.all.filter { $0.place == .head })
  func refusedHeadsLeaveNothing(_ row: MalformedMessage) {
    let reader = Self.read([bytes(row.text(base: "", host: "origin.test"))], .requests)
    #expect(reader.parts.count == 1)
  }

  private static func expectRefusal(
    of text: String, _ direction: TranscriptReader.Direction, status: Int?
  ) {
    let all = bytes(text)
    let whole = Self.read([all], direction)
    guard let refusal = whole.refusal else {
      Issue.record("not refused: \(whole.parts)")
      return
    }
    if let status { #expect(refusal.status == status, "\(refusal.reason)") }
    // Long input is split in fewer places, which find as much.
    let step = all.count < 1000 ? 1 : all.count / 7
    for position in stride(from: 0, to: all.count, by: step) {
      let split = Self.read([Array(all[..<position]), Array(all[position...])], direction)
      #expect(split.parts == whole.parts, "split at \(position)")
    }
    let pieces = stride(from: 0, to: all.count, by: step).map {
      all[$0..<min($0 + step, all.count)]
    }
    #expect(Self.read(pieces, direction).parts == whole.parts, "in pieces of \(step)")
  }

  private static func read(
    _ pieces: [some Sequence<UInt8>], _ direction: TranscriptReader.Direction
  ) -> TranscriptReader {
    var reader = TranscriptReader(direction)
    reader.findsRoutes = true
    for piece in pieces { reader.feed(piece) }
    return reader
  }
}
