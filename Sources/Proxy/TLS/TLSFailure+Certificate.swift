import COpenSSL

extension TLSFailure {
  /// How many of a certificate's names a message lists.
  private static let listedNames = 8

  /// Explains why a server's certificate was refused.
  ///
  /// - Parameters:
  ///   - store: the `X509_STORE_CTX` of the verification.
  ///   - target: whom the certificate had to be for.
  init(refusing store: OpaquePointer?, for target: ServerName) {
    let error = X509_STORE_CTX_get_error(store)
    let certificate = X509_STORE_CTX_get_current_cert(store)
    let isLeaf = X509_STORE_CTX_get_error_depth(store) == 0
    let whose =
      isLeaf
      ? "the certificate of \(target)"
      : "the certificate of the authority \"\(distinguishedName(X509_get_subject_name(certificate)))\""
        + " in the chain of \(target)"
    self.init(.certificate, "\(whose) \(Self.explain(error, certificate, target))")
  }

  private static func explain(
    _ error: Int32, _ certificate: OpaquePointer?, _ target: ServerName
  ) -> String {
    guard let certificate else { return "was refused: \(Self.words(error))" }
    let issuer = "\"\(distinguishedName(X509_get_issuer_name(certificate)))\""
    switch error {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "has expired on \(Self.date(X509_get0_notAfter(certificate)))"
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not valid before \(Self.date(X509_get0_notBefore(certificate)))"
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "is for another name: \(Self.names(certificate))"
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "is signed by itself and not among the trusted ones"
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "is a root that is not among the trusted ones"
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "was issued by \(issuer), which is neither trusted nor in the chain that was sent"
    default: return "was refused: \(Self.words(error))"
    }
  }

  private static func names(_ certificate: OpaquePointer) -> String {
    let (names, count) = alternativeNames(of: certificate, limit: Self.listedNames)
    guard count > 0 else {
      return "it has no subject alternative name, and its common name does not count"
    }
    let more = count - names.count
    return names.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  private static func date(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    time.flatMap(unixTime).map(dateText) ?? "an unreadable date"
  }

  private static func words(_ error: Int32) -> String {
    X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "error \(error)"
  }
}
