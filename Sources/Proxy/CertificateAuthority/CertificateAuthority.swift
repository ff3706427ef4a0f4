import COpenSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The certificate authority of this installation: what signs the certificates that intercepted
/// clients are shown.
public final class CertificateAuthority: Sendable {
  let certificate: Certificate
  let key: PrivateKey

  /// How long an authority lives, in seconds: ten years.
  static let lifetime = 3_652 * 86_400

  /// Takes a certificate and its key.
  ///
  /// - Parameter now: the time in seconds since 1970.
  /// - Throws: ``CertificateAuthorityError/Problem`` where they do not belong together or cannot be
  ///   used as an authority now.
  init(
    certificate: Certificate, key: PrivateKey, now: Int
  ) throws(CertificateAuthorityError.Problem) {
    guard certificate.matches(key) else { throw .keyMismatch }
    guard certificate.isAuthority else { throw .notAnAuthority }
    guard let notBefore = certificate.notBefore, let notAfter = certificate.notAfter else {
      throw .damagedCertificate
    }
    guard notAfter > now else { throw .expired(dateText(notAfter)) }
    guard notBefore <= now else { throw .notYetValid(dateText(notBefore)) }
    self.certificate = certificate
    self.key = key
  }

  /// Makes the certificate of a new authority: it signs certificates of servers, not of further
  /// authorities.
  ///
  /// - Parameters:
  ///   - name: the common name, at most 64 characters.
  ///   - now: the time in seconds since 1970.
  /// - Throws: ``CertificateError`` where OpenSSL fails.
  static func makeCertificate(
    name: String, key: PrivateKey, now: Int
  ) throws(CertificateError) -> Certificate {
    var builder = try CertificateBuilder()
    builder.setSubject(organization: "Valor", commonName: name)
    builder.setIssuer(nil)
    builder.setValidity(from: now - LeafMinter.backdating, until: now + Self.lifetime)
    builder.setKey(key)
    builder.addExtension(NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
    builder.addExtension(NID_key_usage, "critical,keyCertSign,cRLSign")
    return try builder.sign(with: key)
  }

  /// A common name for an authority that is made now: with the machine's name, the day and a random
  /// number, so that several in one trust store are told apart.
  static func newName(now: Int) -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    gethostname(&bytes, bytes.count - 1)
    let isNameByte: (UInt8) -> Bool = { byte in
      (0x30...0x39) ~= byte || (0x41...0x5A) ~= byte || (0x61...0x7A) ~= byte || byte == 0x2D
        || byte == 0x2E
    }
    // A common name has at most 64 characters, 26 of which are the rest.
    let host = bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)).filter(isNameByte).prefix(38)
    let number = String(UInt16.random(in: 0x1000...UInt16.max), radix: 16)
    return "Valor CA \(String(decoding: host, as: UTF8.self)) \(dateText(now).prefix(10)) \(number)"
  }

  /// The common name, which says on which machine and when the authority was made.
  public var name: String { self.certificate.subject }

  /// Until when the authority is valid, such as `2035-11-23 07:00:00 UTC`.
  public var expiry: String { self.certificate.notAfter.map(dateText) ?? "an unknown date" }

  /// The SHA-256 fingerprint of the certificate: pairs of capital hexadecimal digits with colons
  /// between them.
  public var fingerprint: String {
    self.certificate.fingerprint.map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return digits.count == 1 ? "0" + digits : digits
    }.joined(separator: ":")
  }

  /// The SHA-256 digest of the public key in base64, as Chromium's
  /// `--ignore-certificate-errors-spki-list` wants it.
  public var publicKeyPin: String {
    let digest = self.certificate.publicKeyDigest
    var text = [UInt8](repeating: 0, count: (digest.count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&text, digest, Int32(digest.count))
    return String(decoding: text.prefix(Int(length)), as: UTF8.self)
  }

  /// The certificate, without the key, in PEM form.
  public var pem: [UInt8] { self.certificate.pem() ?? [] }

  /// The certificate, without the key, in DER form.
  public var der: [UInt8] { self.certificate.der() ?? [] }
}
