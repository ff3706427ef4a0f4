import COpenSSL

/// A private key; owns an `EVP_PKEY`.
///
/// Sendable because the key is never changed after it was made and OpenSSL counts references
/// atomically.
final class PrivateKey: @unchecked Sendable {
  private let handle: OpaquePointer

  /// - Parameter handle: an `EVP_PKEY`, which this object frees.
  init(takingOwnership handle: OpaquePointer) { self.handle = handle }

  deinit { EVP_PKEY_free(self.handle) }

  /// Generates an ECDSA key on the curve P-256.
  static func generateP256() -> PrivateKey? {
    valor_EVP_EC_gen("P-256").map(PrivateKey.init(takingOwnership:))
  }

  /// Reads a key in PEM form; `nil` where there is none or it is encrypted.
  convenience init?(pem: [UInt8]) {
    OpenSSLErrorQueue.clear()
    guard let bio = PEMSource(pem) else { return nil }
    guard let key = bio.withBIO({ PEM_read_bio_PrivateKey($0, nil, haveNoPassphrase, nil) }) else {
      OpenSSLErrorQueue.clear()
      return nil
    }
    self.init(takingOwnership: key)
  }

  /// The key as PKCS #8 in PEM form, not encrypted.
  func pem() -> [UInt8]? {
    PEMSink.write { PEM_write_bio_PKCS8PrivateKey($0, self.handle, nil, nil, 0, nil, nil) == 1 }
  }

  /// The digest to sign with; `nil` for the algorithms that bring their own.
  var signatureDigest: OpaquePointer? {
    let bringsItsOwn =
      EVP_PKEY_is_a(self.handle, "ED25519") == 1 || EVP_PKEY_is_a(self.handle, "ED448") == 1
    return bringsItsOwn ? nil : EVP_sha256()
  }

  /// Lends the `EVP_PKEY` for the time of the call.
  func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result { body(self.handle) }
}

/// Fails where a key is encrypted. Without it OpenSSL would ask for the passphrase on the terminal.
private func haveNoPassphrase(
  _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }
