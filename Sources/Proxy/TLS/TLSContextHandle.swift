import COpenSSL

/// The owner of an `SSL_CTX`, with the settings that both sides share.
///
/// Sendable because it is configured before it is shared and only makes sessions afterwards, which
/// OpenSSL allows from several threads.
final class TLSContextHandle: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Makes a context for TLS 1.2 and later.
  ///
  /// - Throws: ``TLSConfigurationError`` where OpenSSL cannot make one.
  init(_ side: TLSSide) throws(TLSConfigurationError) {
    OpenSSLErrorQueue.clear()
    let method = side == .client ? TLS_client_method() : TLS_server_method()
    guard let handle = SSL_CTX_new(method) else {
      throw .openSSL("no TLS context: \(OpenSSLErrorQueue.takeText())")
    }
    self.handle = handle
    // Thousands of connections are idle most of the time: they should hold no record buffers.
    valor_SSL_CTX_set_mode(
      handle,
      Int(
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
          | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN))
    // Renegotiation lets a peer make this side work; compression leaks secrets.
    _ = SSL_CTX_set_options(handle, valor_SSL_OP_NO_RENEGOTIATION | valor_SSL_OP_NO_COMPRESSION)
    guard valor_SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) == 1 else {
      throw .openSSL("TLS 1.2 is not available: \(OpenSSLErrorQueue.takeText())")
    }
  }

  deinit { SSL_CTX_free(self.handle) }

  /// Lends the `SSL_CTX` for the time of the call.
  func withHandle<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result { try body(self.handle) }
}

/// A list of application protocols as it is on the wire: each name after its length in one byte
/// ([RFC 7301 §3.1](https://www.rfc-editor.org/rfc/rfc7301#section-3.1)).
struct ALPNList: Sendable, Equatable {
  let wire: [UInt8]

  /// - Parameter names: the protocols, the most wanted first; names that are empty or longer than
  ///   255 bytes are left out.
  init(_ names: [String]) {
    self.wire = names.flatMap { name in
      UInt8(exactly: name.utf8.count).map { $0 == 0 ? [] : [$0] + Array(name.utf8) } ?? []
    }
  }

  /// Where the first protocol of this list that the peer offers too is within the peer's list;
  /// `nil` where there is none.
  func select(from offered: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    for own in Self.names(in: self.wire) {
      for theirs in Self.names(in: offered)
      where self.wire[own].elementsEqual(offered[theirs]) { return theirs }
    }
    return nil
  }

  private static func names<Wire: RandomAccessCollection<UInt8>>(
    in wire: Wire
  ) -> [Range<Int>] where Wire.Index == Int {
    var ranges: [Range<Int>] = []
    var start = wire.startIndex
    while start < wire.endIndex {
      let end = start + 1 + Int(wire[start])
      guard end <= wire.endIndex else { break }
      ranges.append((start + 1)..<end)
      start = end
    }
    return ranges
  }
}

/// Why TLS could not be set up.
public enum TLSConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A file of certificates cannot be read.
  case unreadableFile(path: String, reason: String)
  /// A file holds no certificate, or one that is damaged.
  case badFile(path: String, reason: String)
  /// OpenSSL refused; its words.
  case openSSL(String)

  public var description: String {
    switch self {
    case .unreadableFile(let path, let reason): "cannot read \(path): \(reason)"
    case .badFile(let path, let reason): "\(path): \(reason)"
    case .openSSL(let reason): reason
    }
  }
}
