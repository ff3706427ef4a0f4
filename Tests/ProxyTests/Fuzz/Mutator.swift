import Foundation

/// The same numbers for the same seed, everywhere (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { self.state = seed }

  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var value = self.state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// Makes new inputs out of a corpus: flipped bits, bytes and words that mean something in HTTP/1.1,
/// lines that move, and pieces of other inputs.
struct Mutator {
  private let corpus: [[UInt8]]
  var random: SeededRandom

  /// Bytes and words at which parsers go wrong.
  private static let words = [
    "\r\n", "\n", "\r", "\r\n\r\n", "\u{0}", " ", "\t", "\u{b}", "\u{c}", "\u{7f}", "\u{80}",
    "\u{a0}",
    "\u{ff}", ":", ",", ";", "#", "?", "/", "*", "@", "%00", "0", "1", "-", "+", "0x", "f",
    "ffffffffffffffff",
    "7fffffffffffffff", "9223372036854775807", "18446744073709551616", "0\r\n\r\n",
    "5\r\nhello\r\n",
    "\r\n ", "\r\nHost: b\r\n", "\r\nContent-Length: 5\r\n", "\r\nContent-Length: 0\r\n",
    "\r\nTransfer-Encoding: chunked\r\n", "\r\nTransfer-Encoding: x\r\n", "chunked", "identity",
    "\r\nConnection: close\r\n", "\r\nConnection: content-length, host, transfer-encoding, x\r\n",
    "\r\nUpgrade: a\r\nConnection: upgrade\r\n", "\r\nExpect: 100-continue\r\n", "\r\nX: y\r\n",
    "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "CONNECT a:1", "OPTIONS *", "http://a.test", "https://[::1]:8443",
  ].map(bytes)

  init(corpus: [[UInt8]], seed: UInt64) {
    self.corpus = corpus
    self.random = SeededRandom(seed: seed)
  }

  /// The next input.
  mutating func next() -> [UInt8] {
    var input = self.seedInput()
    for _ in 0..<Int.random(in: 1...5, using: &self.random) { self.mutate(&input) }
    return input
  }

  private mutating func seedInput() -> [UInt8] {
    self.corpus.randomElement(using: &self.random) ?? []
  }

  private mutating func mutate(_ input: inout [UInt8]) {
    let position = Int.random(in: 0...input.count, using: &self.random)
    switch Int.random(in: 0..<8, using: &self.random) {
    case 0:
      guard position < input.count else { return }
      input[position] ^= 1 << UInt8.random(in: 0..<8, using: &self.random)
    case 1:
      guard position < input.count else { return }
      input[position] = UInt8.random(in: 0...255, using: &self.random)
    case 2, 3:
      input.insert(contentsOf: Self.words.randomElement(using: &self.random) ?? [], at: position)
    case 4: input.removeSubrange(self.range(of: input, from: position))
    case 5: input.insert(contentsOf: input[self.range(of: input, from: position)], at: position)
    case 6: self.moveLine(&input)
    default:
      let other = self.seedInput()
      let piece = self.range(of: other, from: Int.random(in: 0...other.count, using: &self.random))
      input.insert(contentsOf: other[piece], at: position)
    }
  }

  private mutating func range(of input: [UInt8], from position: Int) -> Range<Int> {
    position..<min(input.count, position + Int.random(in: 1...40, using: &self.random))
  }

  private mutating func moveLine(_ input: inout [UInt8]) {
    var lines = input.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    guard lines.count > 2 else { return }
    let line = lines.remove(at: Int.random(in: 0..<lines.count, using: &self.random))
    lines.insert(line, at: Int.random(in: 0...lines.count, using: &self.random))
    input = Array(lines.joined(separator: [10]))
  }
}

/// The seeds of one kind, in the order of their names.
enum FuzzCorpus {
  static func seeds(_ kind: String) throws -> [[UInt8]] {
    guard let root = Bundle.module.resourceURL else { throw TestFailure(message: "no resources") }
    let folder = root.appendingPathComponent("Fixtures/http1-corpus/\(kind)")
    return try FileManager.default
      .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .map { Array(try Data(contentsOf: $0)) }
  }
}
