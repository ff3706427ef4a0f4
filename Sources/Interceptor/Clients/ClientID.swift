import Synchronization

/// A version 4 UUID ([RFC 9562 §5.4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4)).
///
/// A keyed hash of a counter: as good as random for whoever does not know the key, and a request that
/// makes a client waits for no system call.
func makeClientID() -> String {
  let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
  let high = hash(number, key.0) & ~0xF000 | 0x4000
  let low = hash(number, key.1) & ~(3 << 62) | 1 << 63
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

private let lastNumber = Atomic<UInt64>(0)
private let key = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

/// SipHash, with a key of the process beside ours.
private func hash(_ number: UInt64, _ key: UInt64) -> UInt64 {
  var hasher = Hasher()
  hasher.combine(key)
  hasher.combine(number)
  return UInt64(bitPattern: Int64(hasher.finalize()))
}
