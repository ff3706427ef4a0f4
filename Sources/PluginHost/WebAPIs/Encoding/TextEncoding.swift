/// The encodings of the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels) but
/// for "replacement", in the order of `Labels.js`.
enum TextEncoding: UInt32 {
  case utf8 = 0
  case utf16LittleEndian, utf16BigEndian
  case windows1252, ibm866, iso8859Part2, iso8859Part3, iso8859Part4, iso8859Part5, iso8859Part6
  case iso8859Part7, iso8859Part8, iso8859Part8Logical, iso8859Part10, iso8859Part13
  case iso8859Part14, iso8859Part15, iso8859Part16, koi8R, koi8U, macintosh
  case windows874, windows1250, windows1251, windows1253, windows1254, windows1255
  case windows1256, windows1257, windows1258, macCyrillic, userDefined
  case gbk, gb18030, big5, eucJP, iso2022JP, shiftJIS, eucKR

  /// Whether it is one of Unicode's own, which may have a byte order mark.
  var isUnicode: Bool { self.rawValue <= Self.utf16BigEndian.rawValue }

  var isSingleByte: Bool {
    self.rawValue >= Self.windows1252.rawValue && self.rawValue <= Self.userDefined.rawValue
  }

  /// What ICU calls the converter of a single-byte encoding; `nil` where it has none.
  var converter: String? {
    switch self {
    case .windows1252: "windows-1252"
    case .ibm866: "IBM866"
    case .iso8859Part2: "ISO-8859-2"
    case .iso8859Part3: "ISO-8859-3"
    case .iso8859Part4: "ISO-8859-4"
    case .iso8859Part5: "ISO-8859-5"
    case .iso8859Part6: "ISO-8859-6"
    case .iso8859Part7: "ISO-8859-7"
    case .iso8859Part8, .iso8859Part8Logical: "ISO-8859-8"
    case .iso8859Part10: "ISO-8859-10"
    case .iso8859Part13: "ISO-8859-13"
    case .iso8859Part14: "ISO-8859-14"
    case .iso8859Part15: "ISO-8859-15"
    case .koi8R: "KOI8-R"
    case .koi8U: "KOI8-U"
    case .macintosh: "macintosh"
    case .windows874: "windows-874"
    case .windows1250: "windows-1250"
    case .windows1251: "windows-1251"
    case .windows1253: "windows-1253"
    case .windows1254: "windows-1254"
    case .windows1255: "windows-1255"
    case .windows1256: "windows-1256"
    case .windows1257: "windows-1257"
    case .windows1258: "windows-1258"
    case .macCyrillic: "x-mac-cyrillic"
    default: nil
    }
  }
}
