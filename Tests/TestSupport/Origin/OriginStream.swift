import COpenSSL
import Foundation

/// The server side of TLS: the one owner of an `SSL_CTX`.
final class OriginTLSContext: @unchecked Sendable {
  private let context: OpaquePointer

  /// - Parameter certificate: the chain, leaf first, and its key, as PEM files.
  init(certificate: TestCertificate) throws {
    guard let context = SSL_CTX_new(TLS_server_method()) else { throw Self.problem("SSL_CTX_new") }
    self.context = context
    guard SSL_CTX_use_certificate_chain_file(context, certificate.chainFile) == 1,
      SSL_CTX_use_PrivateKey_file(context, certificate.keyFile, SSL_FILETYPE_PEM) == 1
    else { throw Self.problem(certificate.chainFile) }
  }

  deinit { SSL_CTX_free(self.context) }

  /// Performs a handshake as the server on a connected socket.
  ///
  /// - Returns: the new `SSL`, which belongs to the caller.
  func accept(_ descriptor: Int32) throws -> OpaquePointer {
    guard let tls = SSL_new(self.context) else { throw Self.problem("SSL_new") }
    guard SSL_set_fd(tls, descriptor) == 1, SSL_accept(tls) == 1 else {
      defer { SSL_free(tls) }
      throw Self.problem("TLS handshake")
    }
    return tls
  }

  private static func problem(_ what: String) -> OriginProblem {
    var text = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(ERR_get_error(), &text, text.count)
    ERR_clear_error()
    let message = text.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return OriginProblem("\(what): \(message)")
  }
}

/// The bytes of one connection, plain or TLS, with blocking calls. It owns the `SSL`; the descriptor
/// belongs to the origin. Used by one thread.
final class OriginStream {
  private let descriptor: Int32
  private let tls: OpaquePointer?
  private var buffer: ArraySlice<UInt8> = []

  /// - Throws: ``OriginProblem`` where the TLS handshake fails.
  init(descriptor: Int32, context: OriginTLSContext?) throws {
    self.descriptor = descriptor
    self.tls = try context?.accept(descriptor)
  }

  deinit { SSL_free(self.tls) }

  /// The name that the client asked for in its handshake.
  var serverName: String? {
    self.tls.flatMap { SSL_get_servername($0, TLSEXT_NAMETYPE_host_name) }
      .map { String(cString: $0) }
  }

  /// Whether the handshake resumed an earlier session.
  var isResumed: Bool { self.tls.map { SSL_session_reused($0) == 1 } ?? false }

  /// Reads up to and with an empty line; `nil` where the stream ends before its first byte.
  func readHead() throws -> [UInt8]? {
    var head: [UInt8] = []
    while !head.ends(with: "\r\n\r\n".utf8) {
      guard let byte = self.next() else {
        if head.isEmpty { return nil }
        throw OriginProblem("the connection ended within a head")
      }
      head.append(byte)
    }
    return head
  }

  /// Reads a line and returns it without its end.
  func readLine() throws -> String {
    var line: [UInt8] = []
    while !line.ends(with: "\r\n".utf8) {
      guard let byte = self.next() else { throw OriginProblem("the connection ended in a line") }
      line.append(byte)
    }
    return String(decoding: line.dropLast(2), as: UTF8.self)
  }

  /// Reads exactly so many bytes, in pieces.
  func read(count: Int, piece: (ArraySlice<UInt8>) -> Void) throws {
    var rest = count
    while rest > 0 {
      guard self.fill() else { throw OriginProblem("the connection ended \(rest) bytes early") }
      let part = self.buffer.prefix(rest)
      piece(part)
      self.buffer = self.buffer.dropFirst(part.count)
      rest -= part.count
    }
  }

  /// Writes all of these bytes.
  ///
  /// - Throws: ``OriginProblem`` where the client has gone.
  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { bytes in
        self.tls.map { Int(SSL_write($0, bytes.baseAddress, Int32(bytes.count))) }
          ?? send(self.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw OriginProblem("the client has gone") }
      rest = rest.dropFirst(count)
    }
  }

  /// Says in TLS that no more bytes follow.
  func finish() {
    if let tls = self.tls { SSL_shutdown(tls) }
  }

  private func next() -> UInt8? { self.fill() ? self.buffer.popFirst() : nil }

  /// Reads some bytes where there are none; `false` at the end of the stream.
  private func fill() -> Bool {
    guard self.buffer.isEmpty else { return true }
    let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { storage, count in
      let result =
        self.tls.map { Int(SSL_read($0, storage.baseAddress, 65536)) }
        ?? recv(self.descriptor, storage.baseAddress, 65536, 0)
      count = max(0, result)
    }
    self.buffer = bytes[...]
    return !bytes.isEmpty
  }
}

extension [UInt8] {
  fileprivate func ends(with end: some BidirectionalCollection<UInt8>) -> Bool {
    self.suffix(end.count).elementsEqual(end)
  }
}
