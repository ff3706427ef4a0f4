import COpenSSL

/// AES in the modes of Web Cryptography: one message, in or out.
struct AESCipher: Sendable {
  enum Mode: Sendable {
    /// With the padding of PKCS #7.
    case cbc(iv: [UInt8])
    /// The last `length` bits of the block are the counter.
    case ctr(counter: [UInt8], length: Int)
    /// The tag, of so many bytes, follows the text.
    case gcm(iv: [UInt8], additionalData: [UInt8], tagLength: Int)
    /// Key wrap ([RFC 3394](https://www.rfc-editor.org/rfc/rfc3394)).
    case kw
  }

  let mode: Mode
  /// 16, 24 or 32 bytes.
  let key: SecretBytes
  let encrypts: Bool

  /// - Returns: `nil` where the input has no such length or is not what was encrypted.
  func process(_ input: [UInt8]) -> [UInt8]? {
    defer { ERR_clear_error() }
    switch self.mode {
    case .cbc(let iv): return self.cbc(input, iv)
    case .ctr(let counter, let length): return self.ctr(input, counter, length)
    case .gcm(let iv, let additionalData, let tagLength):
      return self.encrypts
        ? self.seal(input, iv, additionalData, tagLength)
        : self.open(input, iv, additionalData, tagLength)
    case .kw: return self.wrap(input)
    }
  }

  private func cbc(_ input: [UInt8], _ iv: [UInt8]) -> [UInt8]? {
    guard iv.count == 16,
      let context = CipherContext(
        self.cipher(EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc), encrypts: self.encrypts),
      context.set(key: self.key, iv: iv)
    else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(input.count + 16)
    guard context.update(input[...], into: &output), context.finish(into: &output) else {
      return nil
    }
    return output
  }

  /// OpenSSL counts in the whole block: where only the counter's bits overflow, the rest of the
  /// message is a second one that begins at zero.
  private func ctr(_ input: [UInt8], _ counter: [UInt8], _ length: Int) -> [UInt8]? {
    guard counter.count == 16, (1...128).contains(length) else { return nil }
    let block = counter.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    let mask = length == 128 ? UInt128.max : (UInt128(1) << UInt128(length)) - 1
    let blocks = UInt128((input.count + 15) / 16)
    // A value of the counter would come twice.
    guard blocks == 0 || blocks - 1 <= mask else { return nil }
    let beforeOverflow = mask - (block & mask)
    guard blocks > 0, blocks - 1 > beforeOverflow else { return self.ctrRun(input[...], block) }
    let split = (Int(beforeOverflow) + 1) * 16
    guard let first = self.ctrRun(input[..<split], block),
      let second = self.ctrRun(input[split...], block & ~mask)
    else { return nil }
    return first + second
  }

  private func ctrRun(_ input: ArraySlice<UInt8>, _ counter: UInt128) -> [UInt8]? {
    let iv = withUnsafeBytes(of: counter.bigEndian) { Array($0) }
    guard
      let context = CipherContext(
        self.cipher(EVP_aes_128_ctr, EVP_aes_192_ctr, EVP_aes_256_ctr), encrypts: self.encrypts),
      context.set(key: self.key, iv: iv)
    else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(input.count)
    return context.update(input, into: &output) ? output : nil
  }

  private func gcm(_ iv: [UInt8], _ additionalData: [UInt8]) -> CipherContext? {
    guard
      let context = CipherContext(
        self.cipher(EVP_aes_128_gcm, EVP_aes_192_gcm, EVP_aes_256_gcm), encrypts: self.encrypts),
      context.set(ivLength: iv.count), context.set(key: self.key, iv: iv),
      context.authenticate(additionalData)
    else { return nil }
    return context
  }

  private func seal(
    _ input: [UInt8], _ iv: [UInt8], _ additionalData: [UInt8], _ tagLength: Int
  ) -> [UInt8]? {
    guard let context = self.gcm(iv, additionalData) else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(input.count + 16)
    guard context.update(input[...], into: &output), context.finish(into: &output),
      let tag = context.tag(tagLength)
    else { return nil }
    return output + tag
  }

  private func open(
    _ input: [UInt8], _ iv: [UInt8], _ additionalData: [UInt8], _ tagLength: Int
  ) -> [UInt8]? {
    guard input.count >= tagLength, let context = self.gcm(iv, additionalData) else { return nil }
    let end = input.count - tagLength
    var output: [UInt8] = []
    output.reserveCapacity(input.count)
    guard context.update(input[..<end], into: &output), context.set(tag: Array(input[end...])),
      context.finish(into: &output)
    else { return nil }
    return output
  }

  private func wrap(_ input: [UInt8]) -> [UInt8]? {
    guard input.count % 8 == 0, input.count >= (self.encrypts ? 16 : 24),
      // In one piece.
      input.count <= 1 << 20,
      let context = CipherContext(
        self.cipher(EVP_aes_128_wrap, EVP_aes_192_wrap, EVP_aes_256_wrap),
        encrypts: self.encrypts),
      context.set(key: self.key, iv: nil)
    else { return nil }
    var output: [UInt8] = []
    return context.update(input[...], into: &output) ? output : nil
  }

  private func cipher(
    _ aes128: () -> OpaquePointer?, _ aes192: () -> OpaquePointer?, _ aes256: () -> OpaquePointer?
  ) -> OpaquePointer? {
    switch self.key.count {
    case 16: aes128()
    case 24: aes192()
    case 32: aes256()
    default: nil
    }
  }
}

/// Owner of an `EVP_CIPHER_CTX`.
private final class CipherContext {
  private let handle: OpaquePointer
  private let encrypts: Int32

  init?(_ cipher: OpaquePointer?, encrypts: Bool) {
    guard let cipher, let handle = EVP_CIPHER_CTX_new() else { return nil }
    self.handle = handle
    self.encrypts = encrypts ? 1 : 0
    // Without it key wrap is refused.
    EVP_CIPHER_CTX_set_flags(handle, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)
    guard EVP_CipherInit_ex(handle, cipher, nil, nil, nil, self.encrypts) == 1 else { return nil }
  }

  deinit { EVP_CIPHER_CTX_free(self.handle) }

  func set(ivLength: Int) -> Bool {
    guard ivLength > 0, let length = Int32(exactly: ivLength) else { return false }
    return EVP_CIPHER_CTX_ctrl(self.handle, EVP_CTRL_AEAD_SET_IVLEN, length, nil) == 1
  }

  func set(key: SecretBytes, iv: [UInt8]?) -> Bool {
    key.withPointer { key in
      guard let iv else {
        return EVP_CipherInit_ex(self.handle, nil, nil, key, nil, self.encrypts) == 1
      }
      return EVP_CipherInit_ex(self.handle, nil, nil, key, iv, self.encrypts) == 1
    }
  }

  /// Takes data that is authenticated and not encrypted.
  func authenticate(_ data: [UInt8]) -> Bool {
    Self.pieces(data[...]) { piece, count in
      var written: Int32 = 0
      return EVP_CipherUpdate(self.handle, nil, &written, piece, count) == 1
    }
  }

  func update(_ data: ArraySlice<UInt8>, into output: inout [UInt8]) -> Bool {
    Self.pieces(data) { piece, count in
      self.append(room: Int(count) + 32, to: &output) { memory, written in
        EVP_CipherUpdate(self.handle, memory, &written, piece, count) == 1
      }
    }
  }

  func finish(into output: inout [UInt8]) -> Bool {
    self.append(room: 32, to: &output) { memory, written in
      EVP_CipherFinal_ex(self.handle, memory, &written) == 1
    }
  }

  func tag(_ length: Int) -> [UInt8]? {
    var tag = [UInt8](repeating: 0, count: length)
    return EVP_CIPHER_CTX_ctrl(
      self.handle, EVP_CTRL_AEAD_GET_TAG, Int32(clamping: length), &tag) == 1 ? tag : nil
  }

  func set(tag: [UInt8]) -> Bool {
    var tag = tag
    return EVP_CIPHER_CTX_ctrl(
      self.handle, EVP_CTRL_AEAD_SET_TAG, Int32(clamping: tag.count), &tag) == 1
  }

  private func append(
    room: Int, to output: inout [UInt8],
    _ write: (UnsafeMutablePointer<UInt8>?, inout Int32) -> Bool
  ) -> Bool {
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: room))
    var written: Int32 = 0
    let isDone = output.withUnsafeMutableBufferPointer { memory in
      write(memory.baseAddress.map { $0 + start }, &written)
    }
    output.removeLast(room - Int(max(0, written)))
    return isDone
  }

  /// OpenSSL takes lengths as `int`.
  private static func pieces(
    _ data: ArraySlice<UInt8>, _ body: (UnsafePointer<UInt8>?, Int32) -> Bool
  ) -> Bool {
    data.withUnsafeBufferPointer { data in
      var offset = 0
      while offset < data.count {
        let count = min(data.count - offset, 1 << 20)
        guard body(data.baseAddress.map { $0 + offset }, Int32(count)) else { return false }
        offset += count
      }
      return true
    }
  }
}
