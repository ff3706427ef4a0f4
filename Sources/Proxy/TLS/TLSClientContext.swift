import COpenSSL
import NIOCore

/// Makes the client's side of TLS connections to upstream servers (1.2 and 1.3).
///
/// The server's certificate has to be for the name, by its subject alternative names only
/// ([RFC 9110 §4.3.4](https://www.rfc-editor.org/rfc/rfc9110#section-4.3.4)), and to lead to a
/// trusted one.
final class TLSClientContext: TLSSessionContext {
  let handle: TLSContextHandle
  fileprivate let cache: TLSSessionCache

  /// The cipher suites of TLS 1.3, the most wanted first.
  private static let cipherSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

  /// - Parameters:
  ///   - trust: whose certificates are accepted.
  ///   - alpn: the application protocols to offer, the most wanted first.
  ///   - resumableServers: for how many servers sessions are kept to be resumed.
  /// - Throws: ``TLSConfigurationError`` where a file of trusted certificates cannot be used.
  init(
    trust: TLSTrust, alpn: [String] = ["http/1.1"], resumableServers: Int = 500
  ) throws(TLSConfigurationError) {
    self.handle = try TLSContextHandle(.client)
    self.cache = TLSSessionCache(capacity: resumableServers)
    let wire = ALPNList(alpn).wire
    try self.handle.withHandle { (context) throws(TLSConfigurationError) in
      try trust.apply(to: context)
      // Unlike other calls this one returns 0 for success.
      // AES-128 first, as browsers have it: OpenSSL's own order costs more for each record.
      guard SSL_CTX_set_ciphersuites(context, Self.cipherSuites) == 1 else {
        throw .openSSL("the cipher suites are unusable: \(OpenSSLErrorQueue.takeText())")
      }
      guard wire.isEmpty || SSL_CTX_set_alpn_protos(context, wire, UInt32(wire.count)) == 0 else {
        throw .openSSL("the list of application protocols is unusable")
      }
      SSL_CTX_set_verify(
        context, trust.isInsecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
        trust.isInsecure ? nil : explainVerification)
      valor_SSL_CTX_set_session_cache_mode(
        context, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL))
      SSL_CTX_sess_set_new_cb(context, keepSession)
    }
  }

  /// Makes the session of a new connection.
  ///
  /// - Parameters:
  ///   - name: whom the server's certificate has to be for; sent as Server Name Indication where it
  ///     is a host name.
  ///   - port: the server's port, which separates the sessions to resume.
  /// - Throws: ``TLSFailure`` where memory has run out.
  func makeSession(name: ServerName, port: Int) throws(TLSFailure) -> TLSSession {
    let session = try self.handle.withHandle { (context) throws(TLSFailure) in
      try TLSSession(
        side: .client, target: name, context: self, contextHandle: context,
        cacheKey: TLSSessionCache.Key(name: name, port: port))
    }
    let isSet = session.withHandle { ssl in
      guard self.expect(name, on: ssl) else { return false }
      if let key = session.cacheKey { self.cache.resume(key, on: ssl) }
      return true
    }
    guard isSet else {
      throw TLSFailure(.internal, "no TLS session for \(name): \(OpenSSLErrorQueue.takeText())")
    }
    return session
  }

  private func expect(_ name: ServerName, on ssl: OpaquePointer) -> Bool {
    OpenSSLErrorQueue.clear()
    guard let parameters = SSL_get0_param(ssl) else { return false }
    X509_VERIFY_PARAM_set_hostflags(
      parameters,
      UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    switch name {
    case .dns(let host):
      return valor_SSL_set_tlsext_host_name(ssl, host) == 1
        && X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count) == 1
    case .ipv4(let bytes), .ipv6(let bytes):
      return X509_VERIFY_PARAM_set1_ip(parameters, bytes, bytes.count) == 1
    }
  }

  /// Forgets a server's sessions: the failure may come from resuming one of them, and must not
  /// come again each time.
  func handshakeFailed(_ session: TLSSession) {
    if let key = session.cacheKey { self.cache.removeAll(key) }
  }
}

/// Keeps a session that the server allows to resume. Returning 1 means that it is kept.
private func keepSession(_ ssl: OpaquePointer?, _ session: OpaquePointer?) -> Int32 {
  guard let owner = TLSSession.owner(of: ssl), let key = owner.cacheKey, let session,
    let context = owner.context as? TLSClientContext
  else { return 0 }
  context.cache.insert(takingOwnership: session, for: key)
  return 1
}

/// Notes why a certificate is refused, which is known only here, and lets the refusal stand.
private func explainVerification(_ isAccepted: Int32, _ store: OpaquePointer?) -> Int32 {
  guard isAccepted != 1 else { return 1 }
  let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
  if let session = TLSSession.owner(of: ssl.map { OpaquePointer($0) }) {
    session.callbackFailure = TLSFailure(refusing: store, for: session.target)
  }
  return 0
}
