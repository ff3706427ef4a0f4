import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A version 4 UUID ([RFC 9562 §5.4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4)).
func makeClientID() -> String {
  var (high, low) = randomBlock.withLock { ($0.next(), $0.next()) }
  high = high & ~0xF000 | 0x4000
  low = low & ~(3 << 62) | 1 << 63
  return String(unsafeUninitializedCapacity: 36) { text in
    var position = 0
    for index in 0..<32 {
      if index == 8 || index == 12 || index == 16 || index == 20 {
        text[position] = UInt8(ascii: "-")
        position += 1
      }
      let digit = UInt8((index < 16 ? high >> (60 - index * 4) : low >> (124 - index * 4)) & 0xF)
      text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      position += 1
    }
    return position
  }
}

private let randomBlock = Mutex(RandomBlock())

/// The system's random numbers, many at a time: a request that makes a client need not wait for a
/// system call of its own.
private struct RandomBlock {
  /// As much as `getentropy` gives at once.
  private static let count = 256 / MemoryLayout<UInt64>.size
  private var numbers: [UInt64] = []

  mutating func next() -> UInt64 {
    if self.numbers.isEmpty { self.fill() }
    return self.numbers.popLast() ?? .random(in: .min ... .max)
  }

  private mutating func fill() {
    var numbers = [UInt64](repeating: 0, count: Self.count)
    let status = numbers.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
    if status == 0 { self.numbers = numbers }
  }
}
