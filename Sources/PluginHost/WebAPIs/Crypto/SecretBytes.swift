import COpenSSL

/// Key material or a shared secret. Owner of its memory, which is overwritten before it is freed.
final class SecretBytes: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  /// Makes a secret of what `fill` writes; `nil` where that fails.
  init?(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Bool) {
    // Never empty: OpenSSL takes a null pointer for a missing argument.
    self.memory = .allocate(byteCount: max(1, count), alignment: 16)
    self.count = count
    guard fill(UnsafeMutableRawBufferPointer(rebasing: self.memory[..<count])) else { return nil }
  }

  init(copying bytes: UnsafeRawBufferPointer) {
    self.memory = .allocate(byteCount: max(1, bytes.count), alignment: 16)
    self.count = bytes.count
    self.memory.copyMemory(from: bytes)
  }

  deinit {
    OPENSSL_cleanse(self.memory.baseAddress, self.memory.count)
    self.memory.deallocate()
  }

  /// The length in bytes.
  let count: Int

  /// A random secret of so many bits. What is left of the last byte is zero.
  static func random(bits: Int) -> SecretBytes? {
    let count = (bits + 7) / 8
    return SecretBytes(count: count) { memory in
      guard let base = memory.baseAddress, count > 0,
        RAND_priv_bytes(base.assumingMemoryBound(to: UInt8.self), Int32(clamping: count)) == 1
      else { return false }
      if bits % 8 != 0 { memory[count - 1] &= 0xFF << UInt8(8 - bits % 8) }
      return true
    }
  }

  /// The first bits, with zeros for what is left of the last byte; `nil` where there are fewer.
  func prefix(bits: Int) -> SecretBytes? {
    let count = (bits + 7) / 8
    guard bits <= self.count * 8 else { return nil }
    return SecretBytes(count: count) { memory in
      self.withBytes { memory.copyBytes(from: $0[..<count]) }
      if bits % 8 != 0 { memory[count - 1] &= 0xFF << UInt8(8 - bits % 8) }
      return true
    }
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(start: self.memory.baseAddress, count: self.count))
  }

  /// Calls `body` with the start of the bytes, which is never null.
  func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    withExtendedLifetime(self) {
      // Allocated with at least a byte.
      let start = self.memory.assumingMemoryBound(to: UInt8.self).baseAddress
      return start.map { body(UnsafePointer($0)) } ?? body([0])
    }
  }

  var bytes: [UInt8] { self.withBytes { Array($0) } }
}
