import COpenSSL

extension CertificateAuthority {
  /// Whether programs that trust what OpenSSL's default places say trust the authority.
  public var isTrustedBySystem: Bool {
    guard let store = X509_STORE_new() else { return false }
    defer { X509_STORE_free(store) }
    guard X509_STORE_set_default_paths(store) == 1, let context = X509_STORE_CTX_new() else {
      return false
    }
    defer {
      X509_STORE_CTX_free(context)
      OpenSSLErrorQueue.clear()
    }
    return self.certificate.withHandle { certificate in
      X509_STORE_CTX_init(context, store, certificate, nil) == 1
        && X509_verify_cert(context) == 1
    }
  }

  /// For how many days from a time on the authority is valid; negative where it has expired.
  ///
  /// - Parameter now: in seconds since 1970.
  public func daysLeft(now: Int) -> Int {
    self.certificate.notAfter.map { ($0 - now) / 86_400 } ?? 0
  }
}

/// The TLS library that the program runs with.
public enum TLSLibrary {
  /// Such as `OpenSSL 3.0.17 1 Jul 2025`.
  public static var version: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }

  /// The version that the program was built for, such as `3.0.17`.
  public static let builtFor = OPENSSL_VERSION_STR

  /// Whether the library is of the series that the program was built for, which is what OpenSSL
  /// keeps compatible.
  public static var isCompatible: Bool {
    String(OPENSSL_version_major()) == self.builtFor.prefix { $0 != "." }
  }
}
