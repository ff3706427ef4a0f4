import COpenSSL

/// A public key, or a private key with its public one. Owner of an `EVP_PKEY`.
///
/// Sendable because the key is never changed after it was made and OpenSSL counts references
/// atomically.
final class EVPKey: @unchecked Sendable {
  let handle: OpaquePointer

  /// - Parameter handle: an `EVP_PKEY`, which this object frees.
  init(takingOwnership handle: OpaquePointer) { self.handle = handle }

  deinit { EVP_PKEY_free(self.handle) }

  /// The modulus of the longest RSA key: longer ones would keep a thread for hours.
  static let longestModulus = 16_384

  // MARK: Generating

  /// - Parameters:
  ///   - bits: the length of the modulus.
  ///   - exponent: the public exponent, highest byte first.
  static func generateRSA(bits: UInt32, exponent: [UInt8]) -> EVPKey? {
    let exponent = Array(exponent.drop { $0 == 0 })
    // OpenSSL's own bounds, and no exponent with which a key would be no key.
    guard (512...UInt32(Self.longestModulus)).contains(bits), exponent.count <= 8,
      let last = exponent.last, last & 1 == 1, exponent != [1]
    else { return nil }
    return Self.generate("RSA") { context in
      guard let number = BN_bin2bn(exponent, Int32(exponent.count), nil) else { return false }
      defer { BN_free(number) }
      return EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1
        && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, number) == 1
    }
  }

  static func generate(curve: EllipticCurve) -> EVPKey? {
    Self.generate("EC") { EVP_PKEY_CTX_set_group_name($0, curve.rawValue) == 1 }
  }

  static func generate(_ type: EdwardsKeyType) -> EVPKey? {
    Self.generate(type.rawValue) { _ in true }
  }

  private static func generate(
    _ type: String, _ configure: (OpaquePointer) -> Bool
  ) -> EVPKey? {
    defer { ERR_clear_error() }
    guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, configure(context),
      EVP_PKEY_generate(context, &key) == 1
    else { return nil }
    return key.map(EVPKey.init(takingOwnership:))
  }

  // MARK: Using

  /// Lends a context for operations with the key.
  func withContext<Result>(_ body: (OpaquePointer) -> Result?) -> Result? {
    defer { ERR_clear_error() }
    guard let context = EVP_PKEY_CTX_new(self.handle, nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    return body(context)
  }

  func isA(_ type: String) -> Bool { EVP_PKEY_is_a(self.handle, type) == 1 }

  /// The length of the modulus, or of the order of the group.
  var bits: Int { Int(EVP_PKEY_get_bits(self.handle)) }

  /// The curve; `nil` where the key is no EC key or its curve is none of ours.
  var curve: EllipticCurve? {
    guard self.isA("EC") else { return nil }
    var name = [UInt8](repeating: 0, count: 80)
    var length = 0
    let isDone = name.withUnsafeMutableBytes {
      EVP_PKEY_get_group_name(
        self.handle, $0.bindMemory(to: CChar.self).baseAddress, $0.count, &length) == 1
    }
    ERR_clear_error()
    guard isDone, length <= name.count else { return nil }
    return EllipticCurve(opensslName: String(decoding: name[..<length], as: UTF8.self))
  }
}

/// The curves of ECDSA and ECDH, by their names in Web Cryptography.
enum EllipticCurve: String, Sendable {
  case p256 = "P-256"
  case p384 = "P-384"
  case p521 = "P-521"

  fileprivate init?(opensslName name: String) {
    switch name {
    case "prime256v1", "P-256": self = .p256
    case "secp384r1", "P-384": self = .p384
    case "secp521r1", "P-521": self = .p521
    default: return nil
    }
  }

  /// The length of a coordinate, and of a private key, in bytes.
  var size: Int {
    switch self {
    case .p256: 32
    case .p384: 48
    case .p521: 66
    }
  }
}

/// Keys of [RFC 8410](https://www.rfc-editor.org/rfc/rfc8410), by their names in Web Cryptography.
enum EdwardsKeyType: String, Sendable {
  case ed25519 = "Ed25519"
  case ed448 = "Ed448"
  case x25519 = "X25519"
  case x448 = "X448"
}
