import COpenSSL

/// A read-only memory BIO over bytes, to parse PEM from.
struct PEMSource: ~Copyable {
  private let bio: OpaquePointer

  /// Copies the bytes; `nil` where memory has run out or there are more than 2 GiB.
  init?(_ bytes: [UInt8]) {
    guard let bio = BIO_new(BIO_s_mem()) else { return nil }
    let count = Int32(clamping: bytes.count)
    guard count == 0 || BIO_write(bio, bytes, count) == count else {
      BIO_free(bio)
      return nil
    }
    self.bio = bio
  }

  deinit { BIO_free(self.bio) }

  /// Lends the BIO for the time of the call.
  borrowing func withBIO<Result>(_ body: (OpaquePointer) -> Result) -> Result { body(self.bio) }
}

/// Collects what OpenSSL writes to a BIO.
enum PEMSink {
  /// The bytes that `body` wrote; `nil` where it returned `false`.
  static func write(_ body: (OpaquePointer) -> Bool) -> [UInt8]? {
    guard let bio = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(bio) }
    guard body(bio) else { return nil }
    var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
    guard !bytes.isEmpty else { return [] }
    let count = BIO_read(bio, &bytes, Int32(clamping: bytes.count))
    return count == bytes.count ? bytes : nil
  }
}
