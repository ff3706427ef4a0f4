import CICU

/// *Domain to ASCII* ([URL §3.3](https://url.spec.whatwg.org/#concept-domain-to-ascii)) for domains
/// that are not plain ASCII: UTS #46 processing by ICU.
///
/// The one owner of ICU's handle. ICU does not change it after it is made, and allows its use from
/// any thread.
final class DomainToASCII: @unchecked Sendable {
  /// The longest domain that is given to ICU, in bytes of UTF-8. DNS allows 253 bytes; the standard
  /// has no limit, but the time that Punycode and many labels take grows with the square of the
  /// length. ICU itself refuses labels of more than 1000 characters.
  static let maximumLength = 4096

  /// `nil` where ICU cannot load its data; then such domains are invalid.
  static let shared = DomainToASCII()

  private let handle: OpaquePointer

  private init?() {
    guard let handle = valor_idna_open() else { return nil }
    self.handle = handle
  }

  deinit { valor_idna_close(self.handle) }

  /// The domain in ASCII, its non-ASCII labels as `xn--…`; `nil` where it is invalid.
  ///
  /// - Parameter domain: UTF-8; bytes that are none make it invalid.
  func convert(_ domain: [UInt8]) -> [UInt8]? {
    guard domain.count <= Self.maximumLength else { return nil }
    var capacity = 2 * domain.count + 64
    // ICU says how much room it wants; the second round has it.
    for _ in 0..<2 {
      var length = 0
      let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        length = self.call(domain, buffer)
        count = min(max(length, 0), capacity)
      }
      if length < 0 { return nil }
      if length <= capacity { return output }
      capacity = length
    }
    return nil
  }

  private func call(_ domain: [UInt8], _ output: UnsafeMutableBufferPointer<UInt8>) -> Int {
    domain.withUnsafeBytes { input in
      output.withMemoryRebound(to: CChar.self) { output in
        Int(
          valor_idna_to_ascii(
            self.handle, input.baseAddress?.assumingMemoryBound(to: CChar.self),
            Int32(truncatingIfNeeded: input.count), output.baseAddress,
            Int32(truncatingIfNeeded: output.count)))
      }
    }
  }
}
