import COpenSSL
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Makes the server's side of intercepted TLS connections (1.2 and 1.3): to each client it is the
/// host that the client asked for.
///
/// The certificate is for the client's Server Name Indication, or without one for the CONNECT
/// target. An indication that is no host name ends the handshake with the alert
/// `unrecognized_name`. Sessions are resumed by tickets, so that nothing is stored for them.
final class TLSServerContext: TLSSessionContext {
  let handle: TLSContextHandle
  fileprivate let leaves: LeafCertificateCache
  fileprivate let alpn: ALPNList
  fileprivate let clock: @Sendable () -> Int

  /// - Parameters:
  ///   - leaves: where certificates come from.
  ///   - alpn: the application protocols that are spoken, the most wanted first. A client that
  ///     offers none gets none; one that offers only others gets an alert.
  ///   - clock: the time in seconds since 1970.
  /// - Throws: ``TLSConfigurationError`` where OpenSSL refuses the authority's certificate or the
  ///   key.
  init(
    leaves: LeafCertificateCache, alpn: [String] = ["http/1.1"],
    clock: @escaping @Sendable () -> Int = { time(nil) }
  ) throws(TLSConfigurationError) {
    self.handle = try TLSContextHandle(.server)
    self.leaves = leaves
    self.alpn = ALPNList(alpn)
    self.clock = clock
    try self.handle.withHandle { (context) throws(TLSConfigurationError) in
      let isKeySet = leaves.minter.leafKey.withHandle { SSL_CTX_use_PrivateKey(context, $0) == 1 }
      // The authority goes along for clients that know it by its public key alone, such as Chromium
      // with --ignore-certificate-errors-spki-list.
      let isChainSet = leaves.minter.authority.certificate.withHandle {
        valor_SSL_CTX_add1_chain_cert(context, $0) == 1
      }
      guard isKeySet, isChainSet else {
        throw .openSSL("the certificate authority is unusable: \(OpenSSLErrorQueue.takeText())")
      }
      valor_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
      let identifier = Array("valor".utf8)
      _ = SSL_CTX_set_session_id_context(context, identifier, UInt32(identifier.count))
      // One ticket for each connection: each of them is used once and replaced.
      _ = SSL_CTX_set_num_tickets(context, 1)
      valor_SSL_CTX_set_tlsext_servername_callback(context, checkServerName)
      SSL_CTX_set_cert_cb(context, useLeaf, nil)
      SSL_CTX_set_alpn_select_cb(context, selectALPN, nil)
    }
  }

  /// Makes the session of a new connection.
  ///
  /// - Parameter target: the host of the CONNECT request.
  /// - Throws: ``TLSFailure`` where memory has run out.
  func makeSession(target: ServerName) throws(TLSFailure) -> TLSSession {
    try self.handle.withHandle { (context) throws(TLSFailure) in
      try TLSSession(side: .server, target: target, context: self, contextHandle: context)
    }
  }
}

/// Checks the Server Name Indication, which OpenSSL has only checked for NUL and its length.
private func checkServerName(
  _ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _: UnsafeMutableRawPointer?
) -> Int32 {
  guard let session = TLSSession.owner(of: ssl) else { return SSL_TLSEXT_ERR_NOACK }
  guard let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else {
    return SSL_TLSEXT_ERR_NOACK
  }
  do {
    session.indicatedName = try ServerName(String(cString: name))
    return SSL_TLSEXT_ERR_OK
  } catch {
    session.callbackFailure = TLSFailure(
      .protocolError, "the client's Server Name Indication is unusable: \(error)")
    alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }
}

/// Gives the session its certificate, once it is clear that it is not a resumed one.
private func useLeaf(_ ssl: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
  guard let session = TLSSession.owner(of: ssl), let context = session.context as? TLSServerContext
  else { return 0 }
  let name = session.indicatedName ?? session.target
  do {
    let leaf = try context.leaves.leaf(for: name, now: context.clock())
    return leaf.withHandle { SSL_use_certificate(ssl, $0) }
  } catch {
    session.callbackFailure = TLSFailure(.internal, "no certificate for \(name): \(error)")
    return 0
  }
}

private func selectALPN(
  _ ssl: OpaquePointer?, _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
  _ selectedLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?,
  _ offeredLength: UInt32, _: UnsafeMutableRawPointer?
) -> Int32 {
  guard let session = TLSSession.owner(of: ssl), let context = session.context as? TLSServerContext,
    let offered, let selected, let selectedLength
  else { return SSL_TLSEXT_ERR_NOACK }
  let list = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
  guard let range = context.alpn.select(from: list) else {
    session.callbackFailure = TLSFailure(
      .protocolError, "the client speaks none of the application protocols spoken here (ALPN)")
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }
  selected.pointee = offered + range.lowerBound
  selectedLength.pointee = UInt8(range.count)
  return SSL_TLSEXT_ERR_OK
}
