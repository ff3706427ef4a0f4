#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds the end of a head in bytes that arrive piece by piece, looking at each byte once.
///
/// Every line has to end in CRLF; a lone LF is refused as soon as it is seen, so that a peer cannot
/// keep a connection waiting with a head that never ends for us but has ended for others.
struct HeadScanner: Equatable {
  enum Result: Equatable {
    case incomplete
    /// The head, its empty line included, has this many bytes.
    case complete(Int)
    case refused(Refusal)
  }

  private var scanned = 0
  private var lineStart = 0

  /// Looks at the bytes that came since the last call.
  ///
  /// - Parameters:
  ///   - bytes: all bytes since the beginning of the head.
  ///   - limit: the most bytes that a head may have.
  mutating func scan(_ bytes: Span<UInt8>, limit: Int) -> Result {
    while self.scanned < bytes.count {
      guard let newline = Self.firstLF(bytes, from: self.scanned) else {
        self.scanned = bytes.count
        break
      }
      // First, so that the verdict does not depend on how much came at once.
      if newline >= limit { return .refused(.headTooLarge) }
      guard newline > self.lineStart, bytes[newline - 1] == HTTP1Syntax.cr else {
        return .refused(.bareLF)
      }
      let isEmptyLine = newline - 1 == self.lineStart
      self.scanned = newline + 1
      self.lineStart = newline + 1
      if isEmptyLine { return .complete(self.scanned) }
    }
    return self.scanned > limit ? .refused(.headTooLarge) : .incomplete
  }

  @inline(__always)
  private static func firstLF(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    bytes.extracting(start...).withUnsafeBytes { rest in
      guard let base = rest.baseAddress, let found = memchr(base, 10, rest.count) else {
        return nil
      }
      return start + (UnsafeRawPointer(found) - base)
    }
  }
}
