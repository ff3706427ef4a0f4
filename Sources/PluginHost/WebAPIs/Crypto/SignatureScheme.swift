import COpenSSL

/// How a key signs.
enum SignatureScheme: Sendable {
  case pkcs1(HashFunction)
  /// - Parameter saltLength: in bytes.
  case pss(HashFunction, saltLength: Int32)
  /// Signatures are two numbers, each as long as a coordinate.
  case ecdsa(HashFunction, EllipticCurve)
  case ed25519
  case ed448

  func sign(_ data: [UInt8], with key: EVPKey) -> [UInt8]? {
    let signature = self.withContext { context -> [UInt8]? in
      var parameters: OpaquePointer?
      guard EVP_DigestSignInit(context, &parameters, self.digest, nil, key.handle) == 1,
        self.configure(parameters)
      else { return nil }
      var count = 0
      guard EVP_DigestSign(context, nil, &count, data, data.count) == 1 else { return nil }
      var signature = [UInt8](repeating: 0, count: count)
      guard EVP_DigestSign(context, &signature, &count, data, data.count) == 1 else { return nil }
      return Array(signature[..<count])
    }
    guard let signature, case .ecdsa(_, let curve) = self else { return signature }
    return ECDSASignature.fixedLength(der: signature, size: curve.size)
  }

  func isSignature(_ signature: [UInt8], of data: [UInt8], with key: EVPKey) -> Bool {
    var signature = signature
    switch self {
    case .ecdsa(_, let curve):
      guard let der = ECDSASignature.der(fixedLength: signature, size: curve.size) else {
        return false
      }
      signature = der
    case .ed25519, .ed448:
      guard let publicKey = key.rawPublicKey(), signature.count >= publicKey.count,
        !SmallOrderPoints.contains(publicKey[...]),
        !SmallOrderPoints.contains(signature[..<publicKey.count])
      else { return false }
    case .pkcs1, .pss: break
    }
    return self.withContext { context -> Bool in
      var parameters: OpaquePointer?
      return EVP_DigestVerifyInit(context, &parameters, self.digest, nil, key.handle) == 1
        && self.configure(parameters)
        && EVP_DigestVerify(context, signature, signature.count, data, data.count) == 1
    } ?? false
  }

  private var digest: OpaquePointer? {
    switch self {
    case .pkcs1(let hash), .pss(let hash, _), .ecdsa(let hash, _): hash.evp
    case .ed25519, .ed448: nil
    }
  }

  private func configure(_ parameters: OpaquePointer?) -> Bool {
    switch self {
    case .pkcs1: EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PADDING) == 1
    case .pss(_, let saltLength):
      // A negative length would have a meaning of its own.
      saltLength >= 0 && EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, saltLength) == 1
    case .ecdsa, .ed25519, .ed448: true
    }
  }

  private func withContext<Result>(_ body: (OpaquePointer) -> Result?) -> Result? {
    defer { ERR_clear_error() }
    guard let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    return body(context)
  }
}

/// ECDSA signatures as Web Cryptography has them, and as OpenSSL does.
private enum ECDSASignature {
  static func fixedLength(der: [UInt8], size: Int) -> [UInt8]? {
    der.withUnsafeBufferPointer { bytes -> [UInt8]? in
      var position = bytes.baseAddress
      guard let signature = d2i_ECDSA_SIG(nil, &position, bytes.count) else { return nil }
      defer { ECDSA_SIG_free(signature) }
      var r = [UInt8](repeating: 0, count: size)
      var s = r
      guard BN_bn2binpad(ECDSA_SIG_get0_r(signature), &r, Int32(size)) == Int32(size),
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), &s, Int32(size)) == Int32(size)
      else { return nil }
      return r + s
    }
  }

  static func der(fixedLength bytes: [UInt8], size: Int) -> [UInt8]? {
    guard bytes.count == 2 * size, let signature = ECDSA_SIG_new() else { return nil }
    defer { ECDSA_SIG_free(signature) }
    let r = BN_bin2bn(Array(bytes[..<size]), Int32(size), nil)
    let s = BN_bin2bn(Array(bytes[size...]), Int32(size), nil)
    guard ECDSA_SIG_set0(signature, r, s) == 1 else {
      BN_free(r)
      BN_free(s)
      return nil
    }
    var memory: UnsafeMutablePointer<UInt8>?
    let count = Int(i2d_ECDSA_SIG(signature, &memory))
    guard let memory, count > 0 else { return nil }
    defer { CRYPTO_free(memory, #fileID, #line) }
    return Array(UnsafeBufferPointer(start: memory, count: count))
  }
}

/// The points of small order of the Edwards curves, with which signatures prove nothing and which
/// OpenSSL accepts.
private enum SmallOrderPoints {
  /// Of edwards25519, without the sign bit, also where they are not in their canonical form.
  private static let edwards25519: [[UInt8]] = [
    [UInt8](repeating: 0, count: 32),
    [1] + [UInt8](repeating: 0, count: 31),
    [
      0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98,
      0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53,
      0xFC, 0x05,
    ],
    [
      0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67,
      0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC,
      0x03, 0x7A,
    ],
    [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
  ]
  /// Of edwards448: those with a y of 0, 1 and -1.
  private static let edwards448: [[UInt8]] = [
    [UInt8](repeating: 0, count: 57),
    [1] + [UInt8](repeating: 0, count: 56),
    [0xFE] + [UInt8](repeating: 0xFF, count: 27) + [0xFE] + [UInt8](repeating: 0xFF, count: 27)
      + [0],
  ]

  static func contains(_ encoded: ArraySlice<UInt8>) -> Bool {
    guard let last = encoded.last else { return false }
    let withoutSign = encoded.dropLast() + [last & 0x7F]
    switch encoded.count {
    case 32: return Self.edwards25519.contains { $0.elementsEqual(withoutSign) }
    case 57: return Self.edwards448.contains { $0.elementsEqual(withoutSign) }
    default: return false
    }
  }
}
