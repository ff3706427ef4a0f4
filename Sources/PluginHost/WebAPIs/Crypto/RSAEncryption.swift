import COpenSSL

/// RSA with OAEP ([RFC 8017 §7.1](https://www.rfc-editor.org/rfc/rfc8017#section-7.1)).
struct RSAEncryption: Sendable {
  let key: EVPKey
  let hash: HashFunction
  let label: [UInt8]

  func encrypt(_ data: [UInt8]) -> [UInt8]? {
    self.run(EVP_PKEY_encrypt_init) { EVP_PKEY_encrypt($0, $1, &$2, data, data.count) }
  }

  func decrypt(_ data: [UInt8]) -> [UInt8]? {
    self.run(EVP_PKEY_decrypt_init) { EVP_PKEY_decrypt($0, $1, &$2, data, data.count) }
  }

  private func run(
    _ begin: (OpaquePointer) -> Int32,
    _ step: (OpaquePointer, UnsafeMutablePointer<UInt8>?, inout Int) -> Int32
  ) -> [UInt8]? {
    self.key.withContext { context -> [UInt8]? in
      guard begin(context) == 1, self.configure(context) else { return nil }
      var count = 0
      guard step(context, nil, &count) == 1 else { return nil }
      var output = [UInt8](repeating: 0, count: max(1, count))
      let isDone = output.withUnsafeMutableBufferPointer { step(context, $0.baseAddress, &count) }
      return isDone == 1 ? Array(output[..<count]) : nil
    }
  }

  private func configure(_ context: OpaquePointer) -> Bool {
    guard EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1,
      EVP_PKEY_CTX_set_rsa_oaep_md(context, self.hash.evp) == 1,
      EVP_PKEY_CTX_set_rsa_mgf1_md(context, self.hash.evp) == 1
    else { return false }
    guard !self.label.isEmpty else { return true }
    // The context becomes the owner of this copy.
    guard let length = Int32(exactly: self.label.count),
      let copy = CRYPTO_memdup(self.label, self.label.count, #fileID, #line)
    else { return false }
    if EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, length) == 1 { return true }
    CRYPTO_free(copy, #fileID, #line)
    return false
  }
}
