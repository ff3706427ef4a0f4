/// The decoders of Unicode's own encodings in the
/// [Encoding Standard](https://encoding.spec.whatwg.org/).
struct TextDecoding {
  struct Options: OptionSet {
    let rawValue: UInt32
    static let fatal = Options(rawValue: 1)
    static let ignoreBOM = Options(rawValue: 2)
    static let stream = Options(rawValue: 4)
  }

  /// The text in UTF-16.
  private(set) var text: [UInt16] = []
  /// The bytes of a character that has not come whole, where more may come.
  private(set) var rest: [UInt8] = []
  /// Whether anything has been decoded, so that a byte order mark cannot come any more.
  private(set) var hasBegun = false
  private let options: Options
  private var isValid = true

  /// Decodes.
  ///
  /// - Returns: `nil` where the bytes are not valid and `options` has `fatal`.
  init?(_ bytes: UnsafeRawBufferPointer, as encoding: TextEncoding, options: Options) {
    self.options = options
    self.text.reserveCapacity(bytes.count)
    switch encoding {
    case .utf16LittleEndian: self.decodeUTF16(bytes, highFirst: false)
    case .utf16BigEndian: self.decodeUTF16(bytes, highFirst: true)
    default: self.decodeUTF8(bytes)
    }
    self.hasBegun = bytes.count > self.rest.count
    guard self.isValid || !options.contains(.fatal) else { return nil }
    if !options.contains(.ignoreBOM), self.text.first == 0xFEFF {
      self.text.removeFirst()
    }
  }

  private mutating func invalid() {
    self.isValid = false
    self.text.append(0xFFFD)
  }

  /// The rest of the input is no whole character.
  private mutating func ends(with bytes: Slice<UnsafeRawBufferPointer>) {
    if self.options.contains(.stream) { self.rest = Array(bytes) } else { self.invalid() }
  }

  private mutating func append(_ scalar: UInt32) {
    if scalar < 0x10000 {
      self.text.append(UInt16(scalar))
    } else {
      self.text.append(UInt16(0xD7C0 + (scalar >> 10)))
      self.text.append(UInt16(0xDC00 + (scalar & 0x3FF)))
    }
  }

  /// [Encoding §8.1.1](https://encoding.spec.whatwg.org/#utf-8-decoder)
  private mutating func decodeUTF8(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    while index < bytes.count {
      let first = bytes[index]
      if first < 0x80 {
        self.text.append(UInt16(first))
        index += 1
        continue
      }
      guard let (needed, start, lower, upper) = Self.lead(first) else {
        self.invalid()
        index += 1
        continue
      }
      var scalar = start
      var (low, high) = (lower, upper)
      var length = 1
      while length <= needed, index + length < bytes.count, bytes[index + length] >= low,
        bytes[index + length] <= high
      {
        scalar = scalar << 6 | UInt32(bytes[index + length] & 0x3F)
        (low, high) = (0x80, 0xBF)
        length += 1
      }
      if length > needed {
        self.append(scalar)
      } else if index + length == bytes.count {
        self.ends(with: bytes[index...])
      } else {
        self.invalid()
      }
      index += length
    }
  }

  /// How many bytes follow a lead byte, its bits, and the range of the second byte.
  private static func lead(_ byte: UInt8) -> (Int, UInt32, UInt8, UInt8)? {
    switch byte {
    case 0xC2...0xDF: (1, UInt32(byte & 0x1F), 0x80, 0xBF)
    case 0xE0: (2, 0, 0xA0, 0xBF)
    case 0xED: (2, UInt32(byte & 0xF), 0x80, 0x9F)
    case 0xE1...0xEF: (2, UInt32(byte & 0xF), 0x80, 0xBF)
    case 0xF0: (3, 0, 0x90, 0xBF)
    case 0xF4: (3, 4, 0x80, 0x8F)
    case 0xF1...0xF3: (3, UInt32(byte & 7), 0x80, 0xBF)
    default: nil
    }
  }

  /// [Encoding §14.2.1](https://encoding.spec.whatwg.org/#shared-utf-16-decoder)
  private mutating func decodeUTF16(_ bytes: UnsafeRawBufferPointer, highFirst: Bool) {
    func unit(_ index: Int) -> UInt16 {
      let (a, b) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      return highFirst ? a << 8 | b : b << 8 | a
    }
    var index = 0
    while index + 1 < bytes.count {
      let first = unit(index)
      if first & 0xF800 != 0xD800 {
        self.text.append(first)
      } else if first & 0xFC00 == 0xDC00 {
        self.invalid()
      } else if index + 3 < bytes.count {
        if unit(index + 2) & 0xFC00 == 0xDC00 {
          self.text.append(first)
          self.text.append(unit(index + 2))
          index += 2
        } else {
          self.invalid()
        }
      } else {
        self.ends(with: bytes[index...])
        return
      }
      index += 2
    }
    if index < bytes.count { self.ends(with: bytes[index...]) }
  }
}
