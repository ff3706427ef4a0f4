import COpenSSL

/// Which upstream certificates are trusted.
public struct TLSTrust: Sendable, Equatable {
  /// Whether the authorities that the system trusts are trusted: OpenSSL's default places, which the
  /// environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` change.
  public var usesSystemStore: Bool
  /// Files of further trusted certificates in PEM form; each may hold several.
  public var extraFiles: [String]
  /// Whether every certificate is accepted, unseen.
  public var isInsecure: Bool

  public init(usesSystemStore: Bool = true, extraFiles: [String] = [], isInsecure: Bool = false) {
    self.usesSystemStore = usesSystemStore
    self.extraFiles = extraFiles
    self.isInsecure = isInsecure
  }

  /// Makes a context trust this, and no more.
  ///
  /// - Throws: ``TLSConfigurationError`` where a file cannot be used.
  func apply(to context: OpaquePointer) throws(TLSConfigurationError) {
    let store = SSL_CTX_get_cert_store(context)
    // A certificate that was named as trusted is so, whether or not it is the root of its chain.
    X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    if self.usesSystemStore { SSL_CTX_set_default_verify_paths(context) }
    for path in self.extraFiles {
      for certificate in try Self.certificates(in: path) {
        guard certificate.withHandle({ X509_STORE_add_cert(store, $0) }) == 1 else {
          throw .badFile(path: path, reason: OpenSSLErrorQueue.takeText())
        }
      }
    }
    OpenSSLErrorQueue.clear()
  }

  private static func certificates(
    in path: String
  ) throws(TLSConfigurationError) -> [Certificate] {
    let bytes: [UInt8]
    do {
      bytes = try SystemFile.readAll(path, upTo: 16_777_216)
    } catch {
      throw .unreadableFile(path: path, reason: error.reason)
    }
    guard let certificates = Certificate.all(pem: bytes) else {
      throw .badFile(path: path, reason: "a certificate in it is damaged")
    }
    guard !certificates.isEmpty else {
      throw .badFile(path: path, reason: "it holds no certificate in PEM form")
    }
    return certificates
  }
}
