import CICU

/// The [indexes](https://encoding.spec.whatwg.org/#indexes) of the Encoding Standard: code points by
/// pointer, 0 for none.
///
/// Made when first used of ICU's tables, with what the standard has otherwise. A process that decodes
/// no such text pays nothing for it.
enum LegacyIndex {
  /// The upper half of a single-byte encoding.
  static func singleByte(_ encoding: TextEncoding) -> [UInt32] {
    Self.singleByteIndexes[Int(encoding.rawValue - TextEncoding.windows1252.rawValue)]
  }

  private static let singleByteIndexes: [[UInt32]] = {
    let range = TextEncoding.windows1252.rawValue...TextEncoding.userDefined.rawValue
    return range.compactMap { TextEncoding(rawValue: $0).map { Self.makeSingleByte($0) } }
  }()

  private static func makeSingleByte(_ encoding: TextEncoding) -> [UInt32] {
    if encoding == .userDefined { return (0..<128).map { 0xF780 + UInt32($0) } }
    if encoding == .iso8859Part16 {
      return (0x80...0xFF).map { Self.iso8859Part16[$0] ?? UInt32($0) }
    }
    guard let converter = encoding.converter else { return [UInt32](repeating: 0, count: 128) }
    var index = Self.map(converter, (0x80...0xFF).map { (byte: Int) -> [UInt8] in [UInt8(byte)] })
    // The standard has one private use character: Apple's logo.
    if encoding != .macintosh { Self.dropPrivateUse(&index) }
    switch encoding {
    case .koi8U:
      index[0xAE - 0x80] = 0x045E
      index[0xBE - 0x80] = 0x040E
    case .windows1253: index[0xAA - 0x80] = 0
    case .windows1255: index[0xCA - 0x80] = 0x05BA
    default: break
    }
    return index
  }

  static let jis0208: [UInt32] = {
    var index = Self.map(
      "windows-31j",
      (0..<11_280).map { (pointer: Int) -> [UInt8] in
        let (lead, trail) = (pointer / 188, pointer % 188)
        return [
          UInt8(lead + (lead < 0x1F ? 0x81 : 0xC1)), UInt8(trail + (trail < 0x3F ? 0x40 : 0x41)),
        ]
      })
    Self.dropPrivateUse(&index)
    return index
  }()

  static let jis0212: [UInt32] = {
    var index = Self.map(
      "EUC-JP",
      (0..<8_836).map { (pointer: Int) -> [UInt8] in
        [0x8F, UInt8(pointer / 94 + 0xA1), UInt8(pointer % 94 + 0xA1)]
      })
    // ICU has IBM's additions behind the standard's last row.
    for pointer in 7_708..<index.count { index[pointer] = 0 }
    return index
  }()

  static let eucKR: [UInt32] = {
    var index = Self.map(
      "windows-949",
      (0..<23_940).map { (pointer: Int) -> [UInt8] in
        [UInt8(pointer / 190 + 0x81), UInt8(pointer % 190 + 0x41)]
      })
    Self.dropPrivateUse(&index)
    return index
  }()

  static let big5: [UInt32] = {
    var index = Self.map(
      "ibm-1375_P100-2008",
      (0..<19_782).map { (pointer: Int) -> [UInt8] in
        let trail = pointer % 157
        return [UInt8(pointer / 157 + 0x81), UInt8(trail + (trail < 0x3F ? 0x40 : 0x62))]
      })
    Self.dropPrivateUse(&index)
    for addition in Big5Additions.all { index[addition.pointer] = addition.scalar }
    return index
  }()

  static let gb18030: [UInt32] = {
    var index = Self.gb18030Of2005
    index[Self.gbPointer(0xA3, 0xA0)] = 0x3000
    for (lead, trail, scalar) in Self.gb18030Changes {
      index[Self.gbPointer(lead, trail)] = scalar
    }
    return index
  }()

  /// The code points of four bytes in the Basic Multilingual Plane: all that had no two bytes in the
  /// edition of 2000, in their order, with the one change of 2005.
  static let gb18030Ranges: [UInt32] = {
    var hasTwoBytes = [Bool](repeating: false, count: 0x10000)
    for scalar in Self.gb18030Of2005 { hasTwoBytes[Int(scalar & 0xFFFF)] = true }
    hasTwoBytes[0x1E3F] = false
    hasTwoBytes[0xE7C7] = true
    var ranges: [UInt32] = []
    ranges.reserveCapacity(39_420)
    for scalar in 0x80..<0x10000 where scalar & 0xF800 != 0xD800 && !hasTwoBytes[scalar] {
      ranges.append(scalar == 0x1E3F ? 0xE7C7 : UInt32(scalar))
    }
    return ranges
  }()

  private static let gb18030Of2005 = Self.map(
    "gb18030",
    (0..<23_940).map { (pointer: Int) -> [UInt8] in
      let trail = pointer % 190
      return [UInt8(pointer / 190 + 0x81), UInt8(trail + (trail < 0x3F ? 0x40 : 0x41))]
    })

  private static func gbPointer(_ lead: Int, _ trail: Int) -> Int {
    (lead - 0x81) * 190 + trail - (trail < 0x7F ? 0x40 : 0x41)
  }

  /// What GB 18030-2022 has moved out of the private use area.
  private static let gb18030Changes: [(Int, Int, UInt32)] = [
    (0xA6, 0xD9, 0xFE10), (0xA6, 0xDA, 0xFE12), (0xA6, 0xDB, 0xFE11), (0xA6, 0xDC, 0xFE13),
    (0xA6, 0xDD, 0xFE14), (0xA6, 0xDE, 0xFE15), (0xA6, 0xDF, 0xFE16), (0xA6, 0xEC, 0xFE17),
    (0xA6, 0xED, 0xFE18), (0xA6, 0xF3, 0xFE19), (0xFE, 0x59, 0x9FB4), (0xFE, 0x61, 0x9FB5),
    (0xFE, 0x66, 0x9FB6), (0xFE, 0x67, 0x9FB7), (0xFE, 0x6D, 0x9FB8), (0xFE, 0x7E, 0x9FB9),
    (0xFE, 0x90, 0x9FBA), (0xFE, 0xA0, 0x9FBB),
  ]

  /// ISO-8859-16, which ICU has not: where it is not Latin-1.
  private static let iso8859Part16: [Int: UInt32] = [
    0xA1: 0x0104, 0xA2: 0x0105, 0xA3: 0x0141, 0xA4: 0x20AC, 0xA5: 0x201E, 0xA6: 0x0160,
    0xA8:
      0x0161, 0xAA: 0x0218, 0xAC: 0x0179, 0xAE: 0x017A, 0xAF: 0x017B, 0xB2: 0x010C, 0xB3: 0x0142,
    0xB4: 0x017D, 0xB5: 0x201D, 0xB8: 0x017E, 0xB9: 0x010D, 0xBA: 0x0219, 0xBC: 0x0152,
    0xBD:
      0x0153, 0xBE: 0x0178, 0xBF: 0x017C, 0xC3: 0x0102, 0xC5: 0x0106, 0xD0: 0x0110, 0xD1: 0x0143,
    0xD5: 0x0150, 0xD7: 0x015A, 0xD8: 0x0170, 0xDD: 0x0118, 0xDE: 0x021A, 0xE3: 0x0103,
    0xE5:
      0x0107, 0xF0: 0x0111, 0xF1: 0x0144, 0xF5: 0x0151, 0xF7: 0x015B, 0xF8: 0x0171, 0xFD: 0x0119,
    0xFE: 0x021B,
  ]

  private static func map(_ converter: String, _ sequences: [[UInt8]]) -> [UInt32] {
    var codePoints = [UInt32](repeating: 0, count: sequences.count)
    let width = sequences.first?.count ?? 0
    let bytes = sequences.flatMap { $0 }
    // Without the converter nothing decodes, which an ICU without its data is worth.
    _ = valor_icu_map(converter, bytes, Int32(width), Int32(sequences.count), &codePoints)
    return codePoints
  }

  /// ICU has private use characters where the standard has nothing.
  private static func dropPrivateUse(_ index: inout [UInt32]) {
    for pointer in index.indices where (0xE000...0xF8FF).contains(index[pointer]) {
      index[pointer] = 0
    }
  }
}
