/// Decoding of the legacy encodings, as the standard's decoders have it.
struct LegacyDecoding {
  /// The text in UTF-16.
  private(set) var text: [UInt16] = []
  /// What the decoder has to know for the next chunk.
  private(set) var state: [UInt8] = []
  private var isValid = true

  /// - Returns: `nil` where the bytes are not valid and `options` has `fatal`.
  init?(
    _ bytes: UnsafeRawBufferPointer, as encoding: TextEncoding, options: TextDecoding.Options,
    state: [UInt8]
  ) {
    self.text.reserveCapacity(bytes.count)
    let streams = options.contains(.stream)
    switch encoding {
    case .gbk, .gb18030: self.run(GB18030Decoder(state), bytes, streams)
    case .big5: self.run(Big5Decoder(state), bytes, streams)
    case .eucJP: self.run(EUCJPDecoder(state), bytes, streams)
    case .iso2022JP: self.run(ISO2022JPDecoder(state), bytes, streams)
    case .shiftJIS: self.run(ShiftJISDecoder(state), bytes, streams)
    case .eucKR: self.run(EUCKRDecoder(state), bytes, streams)
    default:
      if encoding.isSingleByte { self.runSingleByte(bytes, LegacyIndex.singleByte(encoding)) }
    }
    guard self.isValid || !options.contains(.fatal) else { return nil }
  }

  private mutating func runSingleByte(_ bytes: UnsafeRawBufferPointer, _ index: [UInt32]) {
    for byte in bytes {
      if byte < 0x80 {
        self.text.append(UInt16(byte))
      } else if index[Int(byte - 0x80)] != 0 {
        self.text.append(UInt16(truncatingIfNeeded: index[Int(byte - 0x80)]))
      } else {
        self.invalid()
      }
    }
  }

  private mutating func run<Decoder: LegacyDecoder>(
    _ start: Decoder, _ bytes: UnsafeRawBufferPointer, _ streams: Bool
  ) {
    var decoder = start
    var input = LegacyInput(bytes)
    while true {
      let byte = input.next()
      if byte == nil, streams { break }
      switch decoder.handle(byte, &input) {
      case .more: break
      case .scalar(let scalar): self.append(scalar)
      case .pair(let first, let second):
        self.append(first)
        self.append(second)
      case .error: self.invalid()
      case .finished: return
      }
    }
    self.state = decoder.state
  }

  private mutating func invalid() {
    self.isValid = false
    self.text.append(0xFFFD)
  }

  private mutating func append(_ scalar: UInt32) {
    if scalar < 0x10000 {
      self.text.append(UInt16(scalar))
    } else {
      self.text.append(UInt16(truncatingIfNeeded: 0xD7C0 + (scalar >> 10)))
      self.text.append(UInt16(0xDC00 + (scalar & 0x3FF)))
    }
  }
}

/// An I/O queue of bytes: what was restored to it comes before what is left.
struct LegacyInput {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// The next one last.
  private var restored: [UInt8] = []

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next byte; `nil` at the end.
  mutating func next() -> UInt8? {
    if let byte = self.restored.popLast() { return byte }
    guard self.position < self.bytes.count else { return nil }
    defer { self.position += 1 }
    return self.bytes[self.position]
  }

  /// Puts one byte back.
  mutating func restore(_ byte: UInt8) { self.restored.append(byte) }
}

/// What a decoder makes of a byte.
enum LegacyStep {
  case more
  case scalar(UInt32)
  case pair(UInt32, UInt32)
  case error
  case finished
}

/// A [decoder](https://encoding.spec.whatwg.org/#decoder) of the standard.
protocol LegacyDecoder {
  /// - Parameter state: what ``state`` was at the end of the chunk before; empty at the start.
  init(_ state: [UInt8])
  var state: [UInt8] { get }
  /// - Parameter byte: `nil` at the end of the queue.
  mutating func handle(_ byte: UInt8?, _ input: inout LegacyInput) -> LegacyStep
}

/// The code point of a pointer; 0 for none.
func legacyScalar(_ index: [UInt32], _ pointer: Int) -> UInt32 {
  index.indices.contains(pointer) ? index[pointer] : 0
}
