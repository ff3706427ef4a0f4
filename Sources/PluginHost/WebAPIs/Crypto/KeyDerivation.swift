import COpenSSL

/// Secrets made from secrets.
enum KeyDerivation {
  /// HKDF, extract and expand ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)).
  ///
  /// - Returns: `nil` where more is asked for than 255 digests.
  static func hkdf(
    _ hash: HashFunction, key: SecretBytes, salt: [UInt8], info: [UInt8], count: Int
  ) -> SecretBytes? {
    guard count <= 255 * hash.size else { return nil }
    let saltKey = salt.withUnsafeBytes { SecretBytes(copying: $0) }
    guard var extracted = hash.hmac(key: saltKey, key.bytes) else { return nil }
    let pseudorandomKey = extracted.withUnsafeBytes { SecretBytes(copying: $0) }
    cleanse(&extracted)
    return SecretBytes(count: count) { output in
      var block: [UInt8] = []
      defer { cleanse(&block) }
      var filled = 0
      for counter in UInt8(1)... {
        guard filled < count else { break }
        guard let next = hash.hmac(key: pseudorandomKey, block + info + [counter]) else {
          return false
        }
        block = next
        let length = min(block.count, count - filled)
        UnsafeMutableRawBufferPointer(rebasing: output[filled...])
          .copyBytes(from: block[..<length])
        filled += length
        if counter == 255 { break }
      }
      return filled == count
    }
  }

  /// PBKDF2 ([RFC 8018 §5.2](https://www.rfc-editor.org/rfc/rfc8018#section-5.2)).
  static func pbkdf2(
    _ hash: HashFunction, password: SecretBytes, salt: [UInt8], iterations: UInt64, count: Int
  ) -> SecretBytes? {
    guard let function = EVP_KDF_fetch(nil, "PBKDF2", nil) else { return nil }
    defer { EVP_KDF_free(function) }
    guard let context = EVP_KDF_CTX_new(function) else { return nil }
    defer { EVP_KDF_CTX_free(context) }
    var parameters = ProviderParameters()
    parameters.add("digest", text: hash.rawValue)
    var key = password.bytes
    defer { cleanse(&key) }
    parameters.add("pass", octets: key)
    parameters.add("salt", octets: salt)
    parameters.add("iter", number: iterations)
    return SecretBytes(count: count) { output in
      let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return parameters.withList { EVP_KDF_derive(context, start, count, $0) == 1 }
    }
  }

  /// The secret that a private and a public key share: ECDH, X25519, X448.
  ///
  /// - Returns: `nil` also where it is all zero, as with a public key of small order
  ///   ([RFC 7748 §6](https://www.rfc-editor.org/rfc/rfc7748#section-6)).
  static func sharedSecret(_ privateKey: EVPKey, _ publicKey: EVPKey) -> SecretBytes? {
    privateKey.withContext { context in
      guard EVP_PKEY_derive_init(context) == 1,
        EVP_PKEY_derive_set_peer(context, publicKey.handle) == 1
      else { return nil }
      var size = 0
      guard EVP_PKEY_derive(context, nil, &size) == 1 else { return nil }
      let expected = size
      return SecretBytes(count: expected) { output in
        let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return EVP_PKEY_derive(context, start, &size) == 1 && size == expected
      }
    }
  }
}

/// Overwrites what a secret was in.
func cleanse(_ bytes: inout [UInt8]) {
  bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}
