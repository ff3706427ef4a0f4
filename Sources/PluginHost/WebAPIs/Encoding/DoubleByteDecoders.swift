/// The decoders with lead bytes: Big5, EUC-KR, Shift_JIS and EUC-JP.
struct Big5Decoder: LegacyDecoder {
  private var lead: UInt8
  private let index = LegacyIndex.big5

  init(_ state: [UInt8]) { self.lead = state.first ?? 0 }
  var state: [UInt8] { [self.lead] }

  /// [Encoding §12.1.1](https://encoding.spec.whatwg.org/#big5-decoder)
  mutating func handle(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    let lead = self.lead
    self.lead = 0
    guard let byte else { return lead == 0 ? .finished : .error }
    guard lead != 0 else {
      if byte < 0x80 { return .scalar(UInt32(byte)) }
      guard (0x81...0xFE).contains(byte) else { return .error }
      self.lead = byte
      return .more
    }
    if (0x40...0x7E).contains(byte) || (0xA1...0xFE).contains(byte) {
      let offset = byte < 0x7F ? 0x40 : 0x62
      let pointer = (Int(lead) - 0x81) * 157 + Int(byte) - offset
      switch pointer {
      case 1133: return .pair(0x00CA, 0x0304)
      case 1135: return .pair(0x00CA, 0x030C)
      case 1164: return .pair(0x00EA, 0x0304)
      case 1166: return .pair(0x00EA, 0x030C)
      default: break
      }
      let scalar = legacyScalar(self.index, pointer)
      if scalar != 0 { return .scalar(scalar) }
    }
    if byte < 0x80 { input.restore(byte) }
    return .error
  }
}

struct EUCKRDecoder: LegacyDecoder {
  private var lead: UInt8
  private let index = LegacyIndex.eucKR

  init(_ state: [UInt8]) { self.lead = state.first ?? 0 }
  var state: [UInt8] { [self.lead] }

  /// [Encoding §14.1.1](https://encoding.spec.whatwg.org/#euc-kr-decoder)
  mutating func handle(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    let lead = self.lead
    self.lead = 0
    guard let byte else { return lead == 0 ? .finished : .error }
    guard lead != 0 else {
      if byte < 0x80 { return .scalar(UInt32(byte)) }
      guard (0x81...0xFE).contains(byte) else { return .error }
      self.lead = byte
      return .more
    }
    if (0x41...0xFE).contains(byte) {
      let scalar = legacyScalar(self.index, (Int(lead) - 0x81) * 190 + Int(byte) - 0x41)
      if scalar != 0 { return .scalar(scalar) }
    }
    if byte < 0x80 { input.restore(byte) }
    return .error
  }
}

struct ShiftJISDecoder: LegacyDecoder {
  private var lead: UInt8
  private let index = LegacyIndex.jis0208

  init(_ state: [UInt8]) { self.lead = state.first ?? 0 }
  var state: [UInt8] { [self.lead] }

  /// [Encoding §13.3.1](https://encoding.spec.whatwg.org/#shift_jis-decoder)
  mutating func handle(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    let lead = self.lead
    self.lead = 0
    guard let byte else { return lead == 0 ? .finished : .error }
    guard lead != 0 else {
      switch byte {
      case 0...0x80: return .scalar(UInt32(byte))
      case 0xA1...0xDF: return .scalar(0xFF61 - 0xA1 + UInt32(byte))
      case 0x81...0x9F, 0xE0...0xFC:
        self.lead = byte
        return .more
      default: return .error
      }
    }
    if (0x40...0x7E).contains(byte) || (0x80...0xFC).contains(byte) {
      let offset = byte < 0x7F ? 0x40 : 0x41
      let leadOffset = lead < 0xA0 ? 0x81 : 0xC1
      let pointer = (Int(lead) - leadOffset) * 188 + Int(byte) - offset
      if (8836...10715).contains(pointer) { return .scalar(UInt32(0xE000 - 8836 + pointer)) }
      let scalar = legacyScalar(self.index, pointer)
      if scalar != 0 { return .scalar(scalar) }
    }
    if byte < 0x80 { input.restore(byte) }
    return .error
  }
}

struct EUCJPDecoder: LegacyDecoder {
  private var lead: UInt8
  private var isJIS0212: Bool
  private let index = LegacyIndex.jis0208

  init(_ state: [UInt8]) {
    self.lead = state.first ?? 0
    self.isJIS0212 = state.count > 1 && state[1] != 0
  }
  var state: [UInt8] { [self.lead, self.isJIS0212 ? 1 : 0] }

  /// [Encoding §13.1.1](https://encoding.spec.whatwg.org/#euc-jp-decoder)
  mutating func handle(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    let lead = self.lead
    self.lead = 0
    guard let byte else { return lead == 0 ? .finished : .error }
    switch (lead, byte) {
    case (0x8E, 0xA1...0xDF): return .scalar(0xFF61 - 0xA1 + UInt32(byte))
    case (0x8F, 0xA1...0xFE):
      self.isJIS0212 = true
      self.lead = byte
      return .more
    case (0, 0..<0x80): return .scalar(UInt32(byte))
    case (0, 0x8E), (0, 0x8F), (0, 0xA1...0xFE):
      self.lead = byte
      return .more
    case (0, _): return .error
    default: break
    }
    var scalar: UInt32 = 0
    if (0xA1...0xFE).contains(lead), (0xA1...0xFE).contains(byte) {
      let pointer = (Int(lead) - 0xA1) * 94 + Int(byte) - 0xA1
      scalar = legacyScalar(self.isJIS0212 ? LegacyIndex.jis0212 : self.index, pointer)
    }
    self.isJIS0212 = false
    if scalar != 0 { return .scalar(scalar) }
    if byte < 0x80 { input.restore(byte) }
    return .error
  }
}
