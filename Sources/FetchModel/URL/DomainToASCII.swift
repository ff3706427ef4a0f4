import CICU

/// *Domain to ASCII* ([URL §3.3](https://url.spec.whatwg.org/#concept-domain-to-ascii)) for domains
/// that are not plain ASCII: UTS #46 processing by ICU.
///
/// The one owner of ICU's handle. ICU does not change it after it is made, and allows its use from
/// any thread.
final class DomainToASCII: @unchecked Sendable {
  /// The longest domain that is given to ICU, in bytes of UTF-8. DNS allows 253 bytes; the standard
  /// has no limit, but the time that Punycode takes grows with the square of the length.
  static let maximumLength = 4096

  /// `nil` where ICU cannot load its data; then such domains are invalid.
  static let shared = DomainToASCII()

  private let handle: OpaquePointer

  private init?() {
    var status = U_ZERO_ERROR
    guard let handle = valor_uidna_open(&status) else { return nil }
    self.handle = handle
    guard status.rawValue <= U_ZERO_ERROR.rawValue else { return nil }
  }

  deinit { valor_uidna_close(self.handle) }

  /// The domain in ASCII, its non-ASCII labels as `xn--…`; `nil` where it is invalid.
  ///
  /// - Parameter domain: UTF-8; bytes that are none make it invalid.
  func convert(_ domain: [UInt8]) -> [UInt8]? {
    guard domain.count <= Self.maximumLength else { return nil }
    var capacity = 2 * domain.count + 64
    // ICU says how much room it wants; the second round has it.
    for _ in 0..<2 {
      var errors: UInt32 = 0
      var status = U_ZERO_ERROR
      var needed: Int32 = 0
      let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        needed = self.call(domain, buffer, &errors, &status)
        count = min(max(Int(needed), 0), capacity)
      }
      if status == U_BUFFER_OVERFLOW_ERROR {
        capacity = Int(needed)
        continue
      }
      guard status.rawValue <= U_ZERO_ERROR.rawValue else { return nil }
      return errors & ~valor_uidna_ignored_errors() == 0 ? output : nil
    }
    return nil
  }

  private func call(
    _ domain: [UInt8], _ output: UnsafeMutableBufferPointer<UInt8>, _ errors: inout UInt32,
    _ status: inout UErrorCode
  ) -> Int32 {
    domain.withUnsafeBytes { input in
      output.withMemoryRebound(to: CChar.self) { output in
        valor_uidna_to_ascii(
          self.handle, input.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(input.count),
          output.baseAddress, Int32(output.count), &errors, &status)
      }
    }
  }
}
