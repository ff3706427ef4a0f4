import Testing

@testable import Proxy

/// Good input gives the same however it arrives.
@Suite struct GoodTranscriptTests {
  @Test(arguments: GoodTranscript.all)
  func whole(_ row: GoodTranscript) {
    #expect(Self.read(row, [bytes(row.text)]).parts == row.parts)
  }

  @Test(arguments: GoodTranscript.all)
  func splitAtEveryPosition(_ row: GoodTranscript) {
    let all = bytes(row.text)
    for position in all.indices {
      let reader = Self.read(row, [Array(all[..<position]), Array(all[position...])])
      #expect(reader.parts == row.parts, "split at \(position)")
    }
  }

  @Test(arguments: GoodTranscript.all)
  func byteByByte(_ row: GoodTranscript) {
    #expect(Self.read(row, bytes(row.text).map { [$0] }).parts == row.parts)
  }

  @Test(arguments: GoodTranscript.all)
  func everyByteIsAccountedFor(_ row: GoodTranscript) {
    let all = bytes(row.text)
    let reader = Self.read(row, [all])
    #expect(reader.fed == all.count)
    #expect(reader.taken + reader.unread == reader.fed)
    let follows =
      row.name == "what follows is not touched" ? "GET / HTTP/1.1\r\n\r\n".utf8.count : 0
    #expect(reader.unread == follows)
  }

  /// Nothing is said of a message's head before all of it has come, and nothing is refused.
  @Test(arguments: GoodTranscript.all)
  func everyPrefixIsABeginning(_ row: GoodTranscript) {
    let all = bytes(row.text)
    for length in all.indices {
      let reader = TranscriptReader.read([all.prefix(length)], row.direction)
      #expect(reader.refusal == nil, "the first \(length) bytes")
      let heads = reader.parts.filter { if case .head = $0 { true } else { false } }
      #expect(heads.elementsEqual(Self.heads(row).prefix(heads.count)))
    }
  }

  private static func heads(_ row: GoodTranscript) -> [Part] {
    row.parts.filter { if case .head = $0 { true } else { false } }
  }

  private static func read(_ row: GoodTranscript, _ pieces: [[UInt8]]) -> TranscriptReader {
    TranscriptReader.read(pieces, row.direction, closes: row.closes)
  }
}
