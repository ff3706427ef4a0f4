import COpenSSL

/// Puts a certificate together and signs it ([RFC 5280 §4](https://www.rfc-editor.org/rfc/rfc5280#section-4)).
///
/// A step that fails is remembered, and ``sign(with:)`` then fails with OpenSSL's words for it.
struct CertificateBuilder: ~Copyable {
  private let handle: OpaquePointer
  private var firstError: CertificateError?

  /// Begins a version 3 certificate with a random serial number of 128 bits.
  ///
  /// - Throws: ``CertificateError`` where memory or random numbers have run out.
  init() throws(CertificateError) {
    OpenSSLErrorQueue.clear()
    guard let handle = X509_new() else { throw .lastFromOpenSSL("no certificate") }
    self.handle = handle
    self.check(X509_set_version(handle, Int(X509_VERSION_3)) == 1, "version")
    self.check(Self.setRandomSerial(of: handle), "serial number")
  }

  deinit { X509_free(self.handle) }

  /// Sets who the certificate is for. An absent common name leaves the subject empty.
  mutating func setSubject(organization: String?, commonName: String?) {
    guard let name = X509_get_subject_name(self.handle) else { return }
    for (key, value) in [("O", organization), ("CN", commonName)] {
      guard let value else { continue }
      let bytes = Array(value.utf8)
      let length = Int32(clamping: bytes.count)
      self.check(
        X509_NAME_add_entry_by_txt(name, key, MBSTRING_UTF8, bytes, length, -1, 0) == 1, key)
    }
  }

  /// Names the issuer: itself, or an authority, whose key identifier is then named too.
  mutating func setIssuer(_ issuer: Certificate?) {
    guard let issuer else {
      self.check(
        X509_set_issuer_name(self.handle, X509_get_subject_name(self.handle)) == 1, "issuer")
      return
    }
    let handle = self.handle
    let isSet = issuer.withHandle { issuer in
      guard X509_set_issuer_name(handle, X509_get_subject_name(issuer)) == 1 else { return false }
      guard let identifier = X509_get0_subject_key_id(issuer) else { return true }
      guard let authority = AUTHORITY_KEYID_new() else { return false }
      defer { AUTHORITY_KEYID_free(authority) }
      authority.pointee.keyid = ASN1_STRING_dup(identifier)
      return X509_add1_ext_i2d(handle, NID_authority_key_identifier, authority, 0, 0) == 1
    }
    self.check(isSet, "issuer")
  }

  /// Sets the time of validity, both in seconds since 1970.
  mutating func setValidity(from notBefore: Int, until notAfter: Int) {
    self.check(
      ASN1_TIME_set(X509_getm_notBefore(self.handle), notBefore) != nil
        && ASN1_TIME_set(X509_getm_notAfter(self.handle), notAfter) != nil, "validity")
  }

  /// Sets the public key, and its digest as the subject key identifier.
  mutating func setKey(_ key: PrivateKey) {
    let handle = self.handle
    self.check(key.withHandle { X509_set_pubkey(handle, $0) == 1 }, "public key")
    self.addExtension(NID_subject_key_identifier, "hash")
  }

  /// Adds an extension in the words of OpenSSL's configuration files, never made from input.
  mutating func addExtension(_ identifier: Int32, _ value: StaticString) {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, self.handle, self.handle, nil, nil, 0)
    let made = value.withUTF8Buffer { text in
      text.withMemoryRebound(to: CChar.self) {
        X509V3_EXT_nconf_nid(nil, &context, identifier, $0.baseAddress)
      }
    }
    defer { X509_EXTENSION_free(made) }
    self.check(made != nil && X509_add_ext(self.handle, made, -1) == 1, "extension \(value)")
  }

  /// Adds the one subject alternative name; critical where the subject is empty.
  mutating func setAlternativeName(_ name: ServerName, isCritical: Bool) {
    guard let names = GENERAL_NAMES_new() else { return self.check(false, "name") }
    defer { GENERAL_NAMES_free(names) }
    let isSet =
      Self.push(name, on: names)
      && X509_add1_ext_i2d(
        self.handle, NID_subject_alt_name, UnsafeMutableRawPointer(names), isCritical ? 1 : 0, 0)
        == 1
    self.check(isSet, "name")
  }

  /// Signs and ends the work.
  ///
  /// - Throws: ``CertificateError`` that names the first step that failed.
  consuming func sign(with key: PrivateKey) throws(CertificateError) -> Certificate {
    if let error = self.firstError { throw error }
    let handle = self.handle
    guard key.withHandle({ X509_sign(handle, $0, key.signatureDigest) }) > 0 else {
      throw .lastFromOpenSSL("signature")
    }
    // The builder's own reference is given up when it goes.
    X509_up_ref(handle)
    return Certificate(takingOwnership: handle)
  }

  private mutating func check(_ isDone: Bool, _ step: String) {
    if !isDone, self.firstError == nil { self.firstError = .lastFromOpenSSL(step) }
  }

  private static func push(_ name: ServerName, on names: OpaquePointer) -> Bool {
    let (type, bytes): (Int32, [UInt8]) =
      switch name {
      case .dns(let host): (GEN_DNS, Array(host.utf8))
      case .ipv4(let address), .ipv6(let address): (GEN_IPADD, address)
      }
    let stringType = type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING
    guard let general = GENERAL_NAME_new() else { return false }
    guard let string = ASN1_STRING_type_new(stringType),
      ASN1_STRING_set(string, bytes, Int32(bytes.count)) == 1
    else {
      GENERAL_NAME_free(general)
      return false
    }
    GENERAL_NAME_set0_value(general, type, string)
    guard valor_sk_GENERAL_NAME_push(names, general) > 0 else {
      GENERAL_NAME_free(general)
      return false
    }
    return true
  }

  private static func setRandomSerial(of certificate: OpaquePointer) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard RAND_bytes(&bytes, 16) == 1 else { return false }
    // RFC 5280 wants a positive number.
    if bytes.allSatisfy({ $0 == 0 }) { bytes[15] = 1 }
    guard let number = BN_bin2bn(bytes, 16, nil) else { return false }
    defer { BN_free(number) }
    return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
  }
}

/// Why no certificate could be made.
public struct CertificateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The part of the certificate that failed, and OpenSSL's words for why.
  public var description: String

  static func lastFromOpenSSL(_ step: String) -> CertificateError {
    CertificateError(description: "\(step): \(OpenSSLErrorQueue.takeText())")
  }
}
