import COpenSSL

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
