import COpenSSL

/// What an RSA key consists of, each number with its highest byte first.
struct RSAComponents {
  /// The names of the numbers in OpenSSL's providers: those of a public key, then those of a private
  /// one.
  static let names: [StaticString] = [
    "n", "e", "d", "rsa-factor1", "rsa-factor2", "rsa-exponent1", "rsa-exponent2",
    "rsa-coefficient1",
  ]
  /// Two numbers, or all eight.
  var numbers: [[UInt8]]

  var isPrivate: Bool { self.numbers.count == Self.names.count }
}

extension EVPKey {
  static func make(rsa components: RSAComponents) -> EVPKey? {
    var parameters = ProviderParameters()
    for (name, number) in zip(RSAComponents.names, components.numbers) {
      // Far longer than any number that is accepted.
      guard number.count <= 4_096 else { return nil }
      parameters.add(name, number: number)
    }
    return Self.make("RSA", parameters, isPrivate: components.isPrivate)?
      .checked(as: "RSA", isPrivate: components.isPrivate)
  }

  /// - Parameters:
  ///   - point: the public key, as a point in one of the forms of SEC 1.
  ///   - scalar: the private key, which has to belong to the point.
  static func make(_ curve: EllipticCurve, point: [UInt8], scalar: [UInt8]?) -> EVPKey? {
    guard let first = point.first,
      point.count == 1 + curve.size * 2 && first == 4
        || point.count == 1 + curve.size && (first == 2 || first == 3)
    else { return nil }
    var parameters = ProviderParameters()
    parameters.add("group", text: curve.rawValue)
    parameters.add("pub", octets: point)
    if let scalar { parameters.add("priv", number: scalar) }
    return Self.make("EC", parameters, isPrivate: scalar != nil)?
      .checked(as: "EC", isPrivate: scalar != nil)
  }

  static func make(_ type: EdwardsKeyType, publicKey bytes: [UInt8]) -> EVPKey? {
    defer { ERR_clear_error() }
    return EVP_PKEY_new_raw_public_key_ex(nil, type.rawValue, nil, bytes, bytes.count)
      .map(EVPKey.init(takingOwnership:))
  }

  static func make(_ type: EdwardsKeyType, privateKey bytes: [UInt8]) -> EVPKey? {
    defer { ERR_clear_error() }
    return EVP_PKEY_new_raw_private_key_ex(nil, type.rawValue, nil, bytes, bytes.count)
      .map(EVPKey.init(takingOwnership:))
  }

  private static func make(
    _ type: String, _ parameters: ProviderParameters, isPrivate: Bool
  ) -> EVPKey? {
    defer { ERR_clear_error() }
    guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    let selection = isPrivate ? valor_EVP_PKEY_KEYPAIR : valor_EVP_PKEY_PUBLIC_KEY
    var key: OpaquePointer?
    guard EVP_PKEY_fromdata_init(context) == 1,
      parameters.withList({ EVP_PKEY_fromdata(context, &key, selection, $0) == 1 })
    else { return nil }
    return key.map(EVPKey.init(takingOwnership:))
  }

  // MARK: Reading

  /// A number of the key without leading zeros; `nil` where the key has none of the name.
  func number(_ name: StaticString, size: Int? = nil) -> [UInt8]? {
    defer { ERR_clear_error() }
    let name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    var number: OpaquePointer?
    guard EVP_PKEY_get_bn_param(self.handle, name, &number) == 1, let number else { return nil }
    defer { BN_clear_free(number) }
    let count = size ?? max(1, (Int(BN_num_bits(number)) + 7) / 8)
    var bytes = [UInt8](repeating: 0, count: count)
    return BN_bn2binpad(number, &bytes, Int32(count)) == Int32(count) ? bytes : nil
  }

  /// The two numbers of a public RSA key or the eight of a private one.
  func rsaComponents(isPrivate: Bool) -> RSAComponents? {
    let names = isPrivate ? RSAComponents.names[...] : RSAComponents.names[..<2]
    let numbers = names.compactMap { self.number($0) }
    return numbers.count == names.count ? RSAComponents(numbers: numbers) : nil
  }

  /// The public key of a curve as an uncompressed point.
  func point() -> [UInt8]? {
    guard let curve = self.curve else { return nil }
    var bytes = [UInt8](repeating: 0, count: 1 + 2 * curve.size)
    var length = 0
    let isDone =
      EVP_PKEY_get_octet_string_param(self.handle, "pub", &bytes, bytes.count, &length) == 1
    ERR_clear_error()
    return isDone && length == bytes.count ? bytes : nil
  }

  /// The private key of a curve, as long as a coordinate.
  func scalar() -> [UInt8]? { self.curve.flatMap { self.number("priv", size: $0.size) } }

  func rawPublicKey() -> [UInt8]? {
    Self.read { EVP_PKEY_get_raw_public_key(self.handle, $0, &$1) }
  }

  func rawPrivateKey() -> [UInt8]? {
    Self.read { EVP_PKEY_get_raw_private_key(self.handle, $0, &$1) }
  }

  private static func read(
    _ read: (UnsafeMutablePointer<UInt8>?, inout Int) -> Int32
  ) -> [UInt8]? {
    defer { ERR_clear_error() }
    // Longer than any: those of Ed448 have 57 bytes.
    var bytes = [UInt8](repeating: 0, count: 128)
    var count = bytes.count
    guard bytes.withUnsafeMutableBufferPointer({ read($0.baseAddress, &count) }) == 1 else {
      return nil
    }
    return Array(bytes[..<count])
  }
}
