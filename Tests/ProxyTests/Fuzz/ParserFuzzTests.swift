import Foundation
import Testing

@testable import Proxy

/// Mutated input for the HTTP/1.1 parsers and writers.
///
/// Every run tries the same inputs. `VALOR_FUZZ_SECONDS` makes each test go on for that long behind
/// them. A failure prints the input as a Swift literal: put it into the corpus as a file `found-…`.
@Suite struct ParserFuzzTests {
  private static let rounds = 3000
  private static let seconds =
    Double(ProcessInfo.processInfo.environment["VALOR_FUZZ_SECONDS"] ?? "") ?? 0

  /// Small, so that inputs reach the limits.
  private static let tight = HeadLimits(headBytes: 120, fieldCount: 4, targetBytes: 24)

  @Test(arguments: [
    ("requests", TranscriptReader.Direction.requests), ("chunks", .chunks),
    ("responses", .responses(to: [.get])),
  ])
  func seeds(_ kind: String, _ direction: TranscriptReader.Direction) throws {
    let seeds = try FuzzCorpus.seeds(kind)
    #expect(!seeds.isEmpty)
    for seed in seeds {
      for limits in [HeadLimits(), Self.tight] {
        let properties = ParserProperties(direction: direction, limits: limits)
        let problem = properties.check(seed, cuts: [seed.count / 2])
        #expect(problem == nil, "\(latin1(seed).debugDescription)")
      }
    }
  }

  @Test func requests() throws { try Self.fuzz("requests", .requests, seed: 1) }

  @Test func responses() throws { try Self.fuzz("responses", .responses(to: [.get]), seed: 2) }

  @Test func answersToHead() throws { try Self.fuzz("responses", .responses(to: [.head]), seed: 3) }

  @Test func chunks() throws { try Self.fuzz("chunks", .chunks, seed: 4) }

  private static func fuzz(
    _ kind: String, _ direction: TranscriptReader.Direction, seed: UInt64
  ) throws {
    var mutator = Mutator(corpus: try FuzzCorpus.seeds(kind), seed: seed)
    let deadline = Date(timeIntervalSinceNow: Self.seconds)
    var round = 0
    while round < Self.rounds || (round % 100 != 0 || Date() < deadline) {
      let input = mutator.next()
      let properties = ParserProperties(
        direction: direction, limits: round % 4 == 0 ? Self.tight : HeadLimits())
      var cuts: [Int] = []
      for _ in 0..<3 { cuts.append(Int.random(in: 0...input.count, using: &mutator.random)) }
      if let problem = properties.check(input, cuts: cuts.sorted()) {
        Issue.record("round \(round), \(latin1(input).debugDescription): \(problem)")
        return
      }
      round += 1
    }
  }
}
