/// The decoder of ISO-2022-JP, the only one with modes.
struct ISO2022JPDecoder: LegacyDecoder {
  private enum Mode: UInt8 {
    case ascii = 0
    case roman, katakana, leadByte, trailByte, escapeStart, escape
  }

  private var mode = Mode.ascii
  private var outputMode = Mode.ascii
  private var lead: UInt8 = 0
  /// Whether an escape sequence came last, after which another one is an error.
  private var hasJustSwitched = false
  private let index = LegacyIndex.jis0208

  init(_ state: [UInt8]) {
    guard state.count == 4 else { return }
    self.mode = Mode(rawValue: state[0]) ?? .ascii
    self.outputMode = Mode(rawValue: state[1]) ?? .ascii
    self.lead = state[2]
    self.hasJustSwitched = state[3] != 0
  }
  var state: [UInt8] {
    [self.mode.rawValue, self.outputMode.rawValue, self.lead, self.hasJustSwitched ? 1 : 0]
  }

  /// [Encoding §13.2.1](https://encoding.spec.whatwg.org/#iso-2022-jp-decoder)
  mutating func handle(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    switch self.mode {
    case .trailByte: return self.trail(byte)
    case .escapeStart: return self.escapeStart(byte, &input)
    case .escape: return self.escape(byte, &input)
    default: break
    }
    guard let byte else { return .finished }
    if byte == 0x1B {
      self.mode = .escapeStart
      return .more
    }
    self.hasJustSwitched = false
    switch (self.mode, byte) {
    case (.roman, 0x5C): return .scalar(0x00A5)
    case (.roman, 0x7E): return .scalar(0x203E)
    case (.ascii, 0x0E), (.ascii, 0x0F), (.roman, 0x0E), (.roman, 0x0F): return .error
    case (.ascii, 0..<0x80), (.roman, 0..<0x80): return .scalar(UInt32(byte))
    case (.katakana, 0x21...0x5F): return .scalar(0xFF61 - 0x21 + UInt32(byte))
    case (.leadByte, 0x21...0x7E):
      self.lead = byte
      self.mode = .trailByte
      return .more
    default: return .error
    }
  }

  private mutating func trail(_ byte: UInt8?) -> LegacyStep {
    guard byte != 0x1B else {
      self.mode = .escapeStart
      return .error
    }
    self.mode = .leadByte
    guard let byte, (0x21...0x7E).contains(byte) else { return .error }
    let scalar = legacyScalar(self.index, (Int(self.lead) - 0x21) * 94 + Int(byte) - 0x21)
    return scalar == 0 ? .error : .scalar(scalar)
  }

  private mutating func escapeStart(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    if let byte, byte == 0x24 || byte == 0x28 {
      self.lead = byte
      self.mode = .escape
      return .more
    }
    if let byte { input.restore(byte) }
    self.hasJustSwitched = false
    self.mode = self.outputMode
    return .error
  }

  private mutating func escape(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep {
    let lead = self.lead
    self.lead = 0
    let mode: Mode? =
      switch (lead, byte) {
      case (0x28, 0x42): .ascii
      case (0x28, 0x4A): .roman
      case (0x28, 0x49): .katakana
      case (0x24, 0x40), (0x24, 0x42): .leadByte
      default: nil
      }
    if let mode {
      self.mode = mode
      self.outputMode = mode
      let isSecond = self.hasJustSwitched
      self.hasJustSwitched = true
      return isSecond ? .error : .more
    }
    if let byte { input.restore(byte) }
    input.restore(lead)
    self.hasJustSwitched = false
    self.mode = self.outputMode
    return .error
  }
}
