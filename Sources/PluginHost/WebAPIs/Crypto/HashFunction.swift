import COpenSSL

/// The hash functions of Web Cryptography, by their names there.
enum HashFunction: String, Sendable {
  case sha1 = "SHA-1"
  case sha256 = "SHA-256"
  case sha384 = "SHA-384"
  case sha512 = "SHA-512"

  /// OpenSSL's description, which lives for ever.
  var evp: OpaquePointer? {
    switch self {
    case .sha1: EVP_sha1()
    case .sha256: EVP_sha256()
    case .sha384: EVP_sha384()
    case .sha512: EVP_sha512()
    }
  }

  /// The length of a digest in bytes.
  var size: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  func digest(_ data: [UInt8]) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: self.size)
    return EVP_Digest(data, data.count, &output, nil, self.evp, nil) == 1 ? output : nil
  }

  /// HMAC ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)).
  func hmac(key: SecretBytes, _ data: [UInt8]) -> [UInt8]? {
    guard let length = Int32(exactly: key.count) else { return nil }
    var output = [UInt8](repeating: 0, count: self.size)
    let isDone = key.withPointer {
      HMAC(self.evp, $0, length, data, data.count, &output, nil) != nil
    }
    return isDone ? output : nil
  }

  /// Whether a HMAC is that of the data; takes as long for each wrong one.
  func isHMAC(_ signature: [UInt8], key: SecretBytes, _ data: [UInt8]) -> Bool? {
    guard let expected = self.hmac(key: key, data) else { return nil }
    return signature.count == expected.count
      && CRYPTO_memcmp(signature, expected, expected.count) == 0
  }
}
