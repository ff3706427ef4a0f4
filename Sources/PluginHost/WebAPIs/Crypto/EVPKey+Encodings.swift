import COpenSSL

extension EVPKey {
  /// Reads a SubjectPublicKeyInfo, which has to be all of the bytes.
  ///
  /// - Parameter type: what the key has to be: "RSA", "EC" or the name of an ``EdwardsKeyType``.
  static func read(spki bytes: [UInt8], type: String) -> EVPKey? {
    defer { ERR_clear_error() }
    return bytes.withUnsafeBufferPointer { bytes -> EVPKey? in
      var position = bytes.baseAddress
      guard let handle = d2i_PUBKEY(nil, &position, bytes.count) else { return nil }
      let key = EVPKey(takingOwnership: handle)
      guard position == bytes.baseAddress.map({ $0 + bytes.count }) else { return nil }
      return key.checked(as: type, isPrivate: false)
    }
  }

  /// Reads a PrivateKeyInfo, which has to be all of the bytes.
  static func read(pkcs8 secret: SecretBytes, type: String) -> EVPKey? {
    defer { ERR_clear_error() }
    return secret.withPointer { start -> EVPKey? in
      var position: UnsafePointer<UInt8>? = start
      guard let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &position, secret.count) else { return nil }
      defer { PKCS8_PRIV_KEY_INFO_free(info) }
      guard position == start + secret.count, let handle = EVP_PKCS82PKEY(info) else { return nil }
      return EVPKey(takingOwnership: handle).checked(as: type, isPrivate: true)
    }
  }

  /// The key, where it is of a type and could be one.
  func checked(as type: String, isPrivate: Bool) -> EVPKey? {
    guard self.isA(type) else { return nil }
    switch type {
    case "RSA":
      guard self.isPlausibleRSA else { return nil }
      return !isPrivate || self.rsaComponents(isPrivate: true)?.isConsistent == true ? self : nil
    case "EC":
      guard self.curve != nil else { return nil }
      // Keys are written as they are, and a compressed point is to become a whole one.
      EVP_PKEY_set_utf8_string_param(self.handle, "point-format", "uncompressed")
      let isValid = self.withContext { context -> Bool in
        (isPrivate ? EVP_PKEY_check(context) : EVP_PKEY_public_check(context)) == 1
      }
      return isValid == true ? self : nil
    default: return self
    }
  }

  /// Whether a modulus is odd and of a length with which operations end in time.
  private var isPlausibleRSA: Bool {
    guard let modulus = self.number("n"), let last = modulus.last, last & 1 == 1,
      let exponent = self.number("e"), let lowest = exponent.last, lowest & 1 == 1,
      exponent.count <= 8
    else { return false }
    return (128...Self.longestModulus).contains(self.bits)
  }

  /// The key as a SubjectPublicKeyInfo.
  func spki() -> [UInt8]? {
    defer { ERR_clear_error() }
    var memory: UnsafeMutablePointer<UInt8>?
    let count = i2d_PUBKEY(self.handle, &memory)
    return Self.take(memory, Int(count))
  }

  /// The key as a PrivateKeyInfo.
  func pkcs8() -> [UInt8]? {
    defer { ERR_clear_error() }
    guard let info = EVP_PKEY2PKCS8(self.handle) else { return nil }
    defer { PKCS8_PRIV_KEY_INFO_free(info) }
    var memory: UnsafeMutablePointer<UInt8>?
    let count = i2d_PKCS8_PRIV_KEY_INFO(info, &memory)
    return Self.take(memory, Int(count))
  }

  /// Takes over what OpenSSL has allocated.
  private static func take(_ memory: UnsafeMutablePointer<UInt8>?, _ count: Int) -> [UInt8]? {
    guard let memory, count > 0 else { return nil }
    defer { CRYPTO_clear_free(memory, count, #fileID, #line) }
    return Array(UnsafeBufferPointer(start: memory, count: count))
  }
}
