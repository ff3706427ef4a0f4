/// What [UTS #46](https://www.unicode.org/reports/tr46/) has changed since Unicode 15.0, whose
/// tables the ICU of Debian 12 has: characters that are mapped or ignored now and were disallowed
/// or mapped to something else. A newer ICU gets nothing else out of them.
///
/// Characters that Unicode has got since then are not here: what ICU does not know stays invalid.
enum IDNAMapping {
  /// The domain with those characters mapped; the same bytes where there are none.
  static func update(_ domain: [UInt8]) -> [UInt8] {
    let text = String(decoding: domain, as: UTF8.self)
    guard text.unicodeScalars.contains(where: { self.mapping($0) != .same }) else { return domain }
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch self.mapping(scalar) {
      case .same: output.append(scalar)
      case .ignored: break
      case .mapped(let value): output.append(Unicode.Scalar(value) ?? scalar)
      }
    }
    return Array(String(output).utf8)
  }

  private enum Mapping: Equatable {
    case same
    case ignored
    case mapped(UInt32)
  }

  private static func mapping(_ scalar: Unicode.Scalar) -> Mapping {
    switch scalar.value {
    case 0...0x4BF: .same
    case 0x4C0: .mapped(0x4CF)
    // Georgian capital letters.
    case 0x10A0...0x10C5: .mapped(scalar.value + 0x1C60)
    // The capital sharp s, no longer "ss".
    case 0x1E9E: .mapped(0xDF)
    case 0x2132: .mapped(0x214E)
    case 0x2183: .mapped(0x2184)
    // CJK compatibility ideographs whose decompositions were corrected once.
    case 0x2F868: .mapped(0x36FC)
    case 0x2F874: .mapped(0x5F53)
    case 0x2F91F: .mapped(0x243AB)
    case 0x2F95F: .mapped(0x7AEE)
    case 0x2F9BF: .mapped(0x45D7)
    // Fillers, invisible operators and format controls.
    case 0x115F...0x1160, 0x17B4...0x17B5, 0x180E, 0x2061...0x2063, 0x206A...0x206F, 0x3164, 0xFFA0,
      0x1D173...0x1D17A:
      .ignored
    default: .same
    }
  }
}
