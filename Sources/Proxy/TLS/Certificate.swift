import COpenSSL

/// An X.509 certificate; owns an `X509`.
///
/// Sendable because a certificate is never changed after it was made: what OpenSSL caches in it is
/// under its lock, and its references are counted atomically.
final class Certificate: @unchecked Sendable {
  private let handle: OpaquePointer

  /// - Parameter handle: an `X509`, which this object frees.
  init(takingOwnership handle: OpaquePointer) { self.handle = handle }

  deinit { X509_free(self.handle) }

  /// Reads all certificates of a text in PEM form, in their order.
  ///
  /// - Returns: `nil` where one of them is damaged; an empty list where there is none.
  static func all(pem: [UInt8]) -> [Certificate]? {
    OpenSSLErrorQueue.clear()
    guard let source = PEMSource(pem) else { return nil }
    var certificates: [Certificate] = []
    while let handle = source.withBIO({ PEM_read_bio_X509($0, nil, nil, nil) }) {
      certificates.append(Certificate(takingOwnership: handle))
    }
    let error = ERR_peek_last_error()
    ERR_clear_error()
    // The end of the text shows as an error, too.
    let isAtEnd =
      error == 0
      || (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE)
    return isAtEnd ? certificates : nil
  }

  /// Lends the `X509` for the time of the call.
  func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result { body(self.handle) }

  /// The certificate in PEM form.
  func pem() -> [UInt8]? { PEMSink.write { PEM_write_bio_X509($0, self.handle) == 1 } }

  /// The certificate in DER form.
  func der() -> [UInt8]? { PEMSink.write { i2d_X509_bio($0, self.handle) == 1 } }

  /// The SHA-256 digest of the certificate in DER form.
  var fingerprint: [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard X509_digest(self.handle, EVP_sha256(), &digest, &length) == 1 else { return [] }
    return Array(digest.prefix(Int(length)))
  }

  /// The SHA-256 digest of the public key with its algorithm (SubjectPublicKeyInfo) in DER form.
  var publicKeyDigest: [UInt8] {
    var der: UnsafeMutablePointer<UInt8>?
    let length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(self.handle), &der)
    guard length > 0, let der else { return [] }
    defer { CRYPTO_free(der, #fileID, #line) }
    var digest = [UInt8](repeating: 0, count: 32)
    let done = EVP_Digest(der, Int(length), &digest, nil, EVP_sha256(), nil)
    return done == 1 ? digest : []
  }

  /// The subject, as text of bounded length.
  var subject: String { distinguishedName(X509_get_subject_name(self.handle)) }

  /// From when on it is valid, in seconds since 1970; `nil` where the date is malformed.
  var notBefore: Int? { X509_get0_notBefore(self.handle).flatMap(unixTime) }

  /// Until when it is valid, in seconds since 1970; `nil` where the date is malformed.
  var notAfter: Int? { X509_get0_notAfter(self.handle).flatMap(unixTime) }

  /// Whether it may sign certificates: marked as an authority, with the key usage where one is named.
  var isAuthority: Bool {
    X509_check_ca(self.handle) == 1
      && X509_get_key_usage(self.handle) & UInt32(KU_KEY_CERT_SIGN) != 0
  }

  /// Whether this is the certificate of that key.
  func matches(_ key: PrivateKey) -> Bool {
    let matches = key.withHandle { X509_check_private_key(self.handle, $0) == 1 }
    OpenSSLErrorQueue.clear()
    return matches
  }
}
