/// The decoder of gb18030 and GBK.
struct GB18030Decoder: LegacyDecoder {
  private var first: UInt8 = 0
  private var second: UInt8 = 0
  private var third: UInt8 = 0
  private let index = LegacyIndex.gb18030

  init(_ state: [UInt8]) {
    guard state.count == 3 else { return }
    (self.first, self.second, self.third) = (state[0], state[1], state[2])
  }
  var state: [UInt8] { [self.first, self.second, self.third] }

  /// [Encoding §11.2.1](https://encoding.spec.whatwg.org/#gb18030-decoder)
  mutating func handle(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    guard let byte else {
      guard self.first != 0 else { return .finished }
      (self.first, self.second, self.third) = (0, 0, 0)
      return .error
    }
    if self.third != 0 { return self.fourth(byte, &input) }
    if self.second != 0 {
      if (0x81...0xFE).contains(byte) {
        self.third = byte
        return .more
      }
      input.restore(byte)
      input.restore(self.second)
      (self.first, self.second) = (0, 0)
      return .error
    }
    if self.first != 0 { return self.trail(byte, &input) }
    switch byte {
    case 0..<0x80: return .scalar(UInt32(byte))
    case 0x80: return .scalar(0x20AC)
    case 0x81...0xFE:
      self.first = byte
      return .more
    default: return .error
    }
  }

  private mutating func trail(_ byte: UInt8, _ input: inout LegacyInput) -> LegacyStep {
    if (0x30...0x39).contains(byte) {
      self.second = byte
      return .more
    }
    let lead = self.first
    self.first = 0
    if (0x40...0x7E).contains(byte) || (0x80...0xFE).contains(byte) {
      let offset = byte < 0x7F ? 0x40 : 0x41
      let scalar = legacyScalar(self.index, (Int(lead) - 0x81) * 190 + Int(byte) - offset)
      if scalar != 0 { return .scalar(scalar) }
    }
    if byte < 0x80 { input.restore(byte) }
    return .error
  }

  private mutating func fourth(_ byte: UInt8, _ input: inout LegacyInput) -> LegacyStep {
    let (first, second, third) = (self.first, self.second, self.third)
    (self.first, self.second, self.third) = (0, 0, 0)
    guard (0x30...0x39).contains(byte) else {
      input.restore(byte)
      input.restore(third)
      input.restore(second)
      return .error
    }
    let pointer =
      ((Int(first) - 0x81) * 10 + Int(second) - 0x30) * 1260 + (Int(third) - 0x81) * 10
      + Int(byte) - 0x30
    // https://encoding.spec.whatwg.org/#index-gb18030-ranges-code-point
    switch pointer {
    case 0...39_419:
      let scalar = legacyScalar(LegacyIndex.gb18030Ranges, pointer)
      return scalar == 0 ? .error : .scalar(scalar)
    case 189_000...1_237_575: return .scalar(UInt32(0x10000 + pointer - 189_000))
    default: return .error
    }
  }
}
