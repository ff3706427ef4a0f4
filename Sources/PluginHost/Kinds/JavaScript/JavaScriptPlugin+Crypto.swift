import CJavaScriptCore
import COpenSSL

/// Up to this many bytes are hashed or encrypted at once rather than on another thread.
private let shortInput = 16_384

/// How the scripts of `crypto.subtle` use keys and bytes. Keys are handles to them.
extension JavaScriptPlugin {
  var cryptoNatives: [Native] {
    self.secretNatives + self.cipherNatives + self.publicKeyNatives + self.derivationNatives
  }

  // MARK: Secrets and hashes

  private var secretNatives: [Native] {
    [
      // (bytes or handle) → handle
      ("cryptoSecret", { [unowned self] in self.object(self.secretData($0[0])) }),
      // (bits) → handle or undefined
      (
        "cryptoRandomSecret",
        { [unowned self] in self.object(SecretBytes.random(bits: Int($0.uint32(0)))) }
      ),
      ("cryptoSecretBytes", { [unowned self] in self.bytes(self.secret($0[0])?.bytes) }),
      (
        "cryptoSecretLength",
        { [unowned self] in self.context.number(Double(self.secret($0[0])?.count ?? 0)) }
      ),
      // (handle, bits) → the handle of its first bits, or undefined where it has fewer
      (
        "cryptoSecretPrefix",
        { [unowned self] in self.object(self.secret($0[0])?.prefix(bits: Int($0.uint32(1)))) }
      ),
      (
        "cryptoEncodeBase64URL",
        { [unowned self] arguments in
          self.context.withBytes(arguments[0]) { bytes in
            Base64URL.encode(bytes).withUnsafeBytes { self.context.string(utf8: $0) }
          }
        }
      ),
      // → bytes or undefined
      (
        "cryptoDecodeBase64URL",
        { [unowned self] in self.bytes(Base64URL.decode($0.text(0).utf8)) }
      ),
      // (hash, data)
      (
        "cryptoDigest",
        { [unowned self] arguments in
          guard let hash = HashFunction(rawValue: arguments.text(0)) else { return nil }
          let data = self.data(arguments[1])
          return self.startBytes(isShort: data.count <= shortInput) { hash.digest(data) }
        }
      ),
      // (hash, key, data)
      (
        "cryptoSignHMAC",
        { [unowned self] arguments in
          guard let hash = HashFunction(rawValue: arguments.text(0)),
            let key = self.secret(arguments[1])
          else { return nil }
          let data = self.data(arguments[2])
          return self.startBytes(isShort: data.count <= shortInput) { hash.hmac(key: key, data) }
        }
      ),
      // (hash, key, data, signature)
      (
        "cryptoVerifyHMAC",
        { [unowned self] arguments in
          guard let hash = HashFunction(rawValue: arguments.text(0)),
            let key = self.secret(arguments[1])
          else { return nil }
          let (data, signature) = (self.data(arguments[2]), self.data(arguments[3]))
          return self.startOperation(isShort: data.count <= shortInput) {
            hash.isHMAC(signature, key: key, data).map { .bool($0) } ?? failure
          }
        }
      ),
    ]
  }

  // MARK: Encryption

  private var cipherNatives: [Native] {
    [
      // (mode, whether it encrypts, key, iv or counter, number, additional data, data, as secret)
      (
        "cryptoAES",
        { [unowned self] arguments in
          guard let key = self.secret(arguments[2]) else { return nil }
          let (iv, number) = (self.data(arguments[3]), Int(arguments.uint32(4)))
          let mode: AESCipher.Mode
          switch arguments.text(0) {
          case "AES-CBC": mode = .cbc(iv: iv)
          case "AES-CTR": mode = .ctr(counter: iv, length: number)
          case "AES-GCM":
            mode = .gcm(
              iv: iv, additionalData: self.data(arguments[5]), tagLength: min(number, 128) / 8)
          default: mode = .kw
          }
          let cipher = AESCipher(mode: mode, key: key, encrypts: arguments.bool(1))
          let data = self.data(arguments[6])
          return self.startBytes(isShort: data.count <= shortInput, asSecret: arguments.bool(7)) {
            cipher.process(data)
          }
        }
      ),
      // (whether it encrypts, key, hash, label, data, as secret)
      (
        "cryptoRSAOAEP",
        { [unowned self] arguments in
          guard let key = self.key(arguments[1]),
            let hash = HashFunction(rawValue: arguments.text(2))
          else { return nil }
          let encryption = RSAEncryption(key: key, hash: hash, label: self.data(arguments[3]))
          let (encrypts, data) = (arguments.bool(0), self.data(arguments[4]))
          return self.startBytes(asSecret: arguments.bool(5)) {
            encrypts ? encryption.encrypt(data) : encryption.decrypt(data)
          }
        }
      ),
    ]
  }

  // MARK: Public keys

  private var publicKeyNatives: [Native] {
    [
      // (bits, public exponent)
      (
        "cryptoGenerateRSA",
        { [unowned self] arguments in
          let (bits, exponent) = (arguments.uint32(0), self.data(arguments[1]))
          return self.startObject { EVPKey.generateRSA(bits: bits, exponent: exponent) }
        }
      ),
      // (name of a curve or of a type)
      (
        "cryptoGenerateKey",
        { [unowned self] arguments in
          let name = arguments.text(0)
          return self.startObject {
            if let curve = EllipticCurve(rawValue: name) { return EVPKey.generate(curve: curve) }
            return EdwardsKeyType(rawValue: name).flatMap { EVPKey.generate($0) }
          }
        }
      ),
      // (scheme, key, hash, length of the salt, data)
      (
        "cryptoSign",
        { [unowned self] arguments in
          guard let key = self.key(arguments[1]), let scheme = self.scheme(arguments, key) else {
            return nil
          }
          let data = self.data(arguments[4])
          return self.startBytes { scheme.sign(data, with: key) }
        }
      ),
      // (scheme, key, hash, length of the salt, data, signature)
      (
        "cryptoVerify",
        { [unowned self] arguments in
          guard let key = self.key(arguments[1]), let scheme = self.scheme(arguments, key) else {
            return nil
          }
          let (data, signature) = (self.data(arguments[4]), self.data(arguments[5]))
          return self.startOperation {
            .bool(scheme.isSignature(signature, of: data, with: key))
          }
        }
      ),
    ] + self.importNatives + self.exportNatives
  }

  /// Each gives a handle, or `undefined` where the data is no such key.
  private var importNatives: [Native] {
    [
      // (type, bytes)
      (
        "cryptoImportSPKI",
        { [unowned self] in
          self.object(EVPKey.read(spki: self.data($0[1]), type: $0.text(0)))
        }
      ),
      // (type, bytes or handle)
      (
        "cryptoImportPKCS8",
        { [unowned self] in
          self.object(EVPKey.read(pkcs8: self.secretData($0[1]), type: $0.text(0)))
        }
      ),
      // (curve, point, scalar or undefined)
      (
        "cryptoImportEC",
        { [unowned self] arguments in
          guard let curve = EllipticCurve(rawValue: arguments.text(0)) else { return nil }
          let scalar = arguments.isUndefined(2) ? nil : self.data(arguments[2])
          return self.object(EVPKey.make(curve, point: self.data(arguments[1]), scalar: scalar))
        }
      ),
      // (type, whether it is private, bytes)
      (
        "cryptoImportRaw",
        { [unowned self] arguments in
          guard let type = EdwardsKeyType(rawValue: arguments.text(0)) else { return nil }
          let bytes = self.data(arguments[2])
          return self.object(
            arguments.bool(1)
              ? EVPKey.make(type, privateKey: bytes) : EVPKey.make(type, publicKey: bytes))
        }
      ),
      // (n, e) or (n, e, d, p, q, dp, dq, qi)
      (
        "cryptoImportRSA",
        { [unowned self] arguments in
          let count = arguments.isUndefined(2) ? 2 : RSAComponents.names.count
          let numbers = (0..<count).map { self.data(arguments[$0]) }
          return self.object(EVPKey.make(rsa: RSAComponents(numbers: numbers)))
        }
      ),
    ]
  }

  private var exportNatives: [Native] {
    [
      ("cryptoExportSPKI", { [unowned self] in self.bytes(self.key($0[0])?.spki()) }),
      ("cryptoExportPKCS8", { [unowned self] in self.bytes(self.key($0[0])?.pkcs8()) }),
      ("cryptoPoint", { [unowned self] in self.bytes(self.key($0[0])?.point()) }),
      ("cryptoScalar", { [unowned self] in self.bytes(self.key($0[0])?.scalar()) }),
      ("cryptoRawPublic", { [unowned self] in self.bytes(self.key($0[0])?.rawPublicKey()) }),
      ("cryptoRawPrivate", { [unowned self] in self.bytes(self.key($0[0])?.rawPrivateKey()) }),
      // (handle, whether it is private) → the numbers in the order of `cryptoImportRSA`
      (
        "cryptoRSAComponents",
        { [unowned self] arguments in
          let components = self.key(arguments[0])?.rsaComponents(isPrivate: arguments.bool(1))
          guard let numbers = components?.numbers else { return nil }
          return self.context.array(count: numbers.count) { self.context.bytes(numbers[$0]) }
        }
      ),
      (
        "cryptoKeyBits",
        { [unowned self] in self.context.number(Double(self.key($0[0])?.bits ?? 0)) }
      ),
      // → the name of the curve or undefined
      (
        "cryptoCurve",
        { [unowned self] in
          self.key($0[0])?.curve.map { self.context.string($0.rawValue) }
        }
      ),
    ]
  }

  // MARK: Derivation

  /// Each gives an array with the handle of the secret.
  private var derivationNatives: [Native] {
    [
      // (private key, public key)
      (
        "cryptoSharedSecret",
        { [unowned self] arguments in
          guard let own = self.key(arguments[0]), let other = self.key(arguments[1]) else {
            return nil
          }
          return self.startObject { KeyDerivation.sharedSecret(own, other) }
        }
      ),
      // (hash, key, salt, info, bytes)
      (
        "cryptoHKDF",
        { [unowned self] arguments in
          guard let hash = HashFunction(rawValue: arguments.text(0)),
            let key = self.secret(arguments[1])
          else { return nil }
          let (salt, info) = (self.data(arguments[2]), self.data(arguments[3]))
          let count = Int(arguments.uint32(4))
          let isShort = salt.count + info.count + key.count <= 4_096
          return self.startObject(isShort: isShort) {
            KeyDerivation.hkdf(hash, key: key, salt: salt, info: info, count: count)
          }
        }
      ),
      // (hash, key, salt, iterations, bytes)
      (
        "cryptoPBKDF2",
        { [unowned self] arguments in
          guard let hash = HashFunction(rawValue: arguments.text(0)),
            let key = self.secret(arguments[1])
          else { return nil }
          let (salt, iterations) = (self.data(arguments[2]), UInt64(arguments.uint32(3)))
          let count = Int(arguments.uint32(4))
          return self.startObject {
            KeyDerivation.pbkdf2(
              hash, password: key, salt: salt, iterations: iterations, count: count)
          }
        }
      ),
    ]
  }

  // MARK: Arguments and results

  private func data(_ value: JSValue) -> [UInt8] { self.context.withBytes(value) { Array($0) } }

  private func secret(_ value: JSValue) -> SecretBytes? {
    self.classes.object(of: value, in: self.context) as? SecretBytes
  }

  private func key(_ value: JSValue) -> EVPKey? {
    self.classes.object(of: value, in: self.context) as? EVPKey
  }

  /// What a handle or an array has.
  private func secretData(_ value: JSValue) -> SecretBytes {
    self.secret(value) ?? self.context.withBytes(value) { SecretBytes(copying: $0) }
  }

  private func scheme(_ arguments: NativeArguments, _ key: EVPKey) -> SignatureScheme? {
    let hash = HashFunction(rawValue: arguments.text(2))
    switch (arguments.text(0), hash) {
    case ("RSASSA-PKCS1-v1_5", let hash?): return .pkcs1(hash)
    case ("RSA-PSS", let hash?):
      return .pss(hash, saltLength: Int32(clamping: arguments.uint32(3)))
    case ("ECDSA", let hash?): return key.curve.map { .ecdsa(hash, $0) }
    case ("Ed25519", _): return .ed25519
    case ("Ed448", _): return .ed448
    default: return nil
    }
  }

  private func bytes(_ bytes: [UInt8]?) -> JSValue? { bytes.map { self.context.bytes($0) } }

  private func object(_ object: (some NativeObject)?) -> JSValue? {
    object.map { self.classes.object($0, in: self.context) }
  }

  /// - Parameter asSecret: whether the bytes are only for other natives: an array with a handle.
  private func startBytes(
    isShort: Bool = false, asSecret: Bool = false, _ work: @escaping @Sendable () -> [UInt8]?
  ) -> JSValue? {
    self.startOperation(isShort: isShort) {
      guard var bytes = work() else { return failure }
      guard asSecret else { return .bytes(bytes) }
      defer { cleanse(&bytes) }
      return .objects([bytes.withUnsafeBytes { SecretBytes(copying: $0) }])
    }
  }

  private func startObject<Object: NativeObject>(
    isShort: Bool = false, _ work: @escaping @Sendable () -> Object?
  ) -> JSValue? {
    self.startOperation(isShort: isShort) { work().map { .objects([$0]) } ?? failure }
  }
}

/// OpenSSL says more, but not to scripts: the reason why a decryption failed helps to forge.
private let failure = OperationResult.failed(
  name: "OperationError", message: "The operation failed.")
