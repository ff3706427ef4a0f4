import COpenSSL

/// Makes the certificates that the proxy shows to clients as the hosts they asked for.
///
/// All of them have one key, which is made when the process starts, is never stored and is not the
/// authority's: whoever gets hold of it cannot issue certificates.
final class LeafMinter: Sendable {
  let authority: CertificateAuthority
  let leafKey: PrivateKey

  /// How long a certificate lives, in seconds. Clients refuse long ones.
  static let lifetime = 45 * 86_400
  /// How far the beginning lies back, in seconds, for clients whose clock is slow.
  static let backdating = 86_400

  /// - Throws: ``CertificateError`` where no key can be made.
  init(authority: CertificateAuthority) throws(CertificateError) {
    OpenSSLErrorQueue.clear()
    guard let key = PrivateKey.generateP256() else { throw .lastFromOpenSSL("leaf key") }
    self.authority = authority
    self.leafKey = key
  }

  /// Makes a certificate for a host, valid until 45 days after `now` or for as long as the
  /// authority.
  ///
  /// - Parameter now: the time in seconds since 1970.
  /// - Throws: ``CertificateError`` where OpenSSL fails.
  func mint(for name: ServerName, now: Int) throws(CertificateError) -> Certificate {
    let host = name.description
    // A common name has at most 64 characters; for longer ones RFC 5280 §4.1.2.6 has the empty
    // subject.
    let hasSubject = host.utf8.count <= 64
    var builder = try CertificateBuilder()
    builder.setSubject(organization: nil, commonName: hasSubject ? host : nil)
    builder.setIssuer(self.authority.certificate)
    builder.setValidity(
      from: now - Self.backdating,
      until: min(now + Self.lifetime, self.authority.certificate.notAfter ?? .max))
    builder.setKey(self.leafKey)
    builder.addExtension(NID_basic_constraints, "critical,CA:FALSE")
    builder.addExtension(NID_key_usage, "critical,digitalSignature")
    builder.addExtension(NID_ext_key_usage, "serverAuth")
    builder.setAlternativeName(name, isCritical: !hasSubject)
    return try builder.sign(with: self.authority.key)
  }
}
