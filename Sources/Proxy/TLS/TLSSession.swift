import COpenSSL
import NIOCore

/// Which side of a TLS connection a session is.
enum TLSSide: Sendable { case client, server }

/// What two sides agreed on in a handshake.
struct TLSHandshakeResult: Sendable, Equatable {
  /// The application protocol (ALPN), `nil` where none was negotiated.
  var applicationProtocol: String?
  /// Server: the name that the certificate was chosen for. Client: the name that was verified.
  var serverName: ServerName
  /// The protocol's version as OpenSSL names it: `TLSv1.2` or `TLSv1.3`.
  var version: String
  /// Whether an earlier session was resumed, without certificates.
  var isResumed: Bool
}

/// How far a handshake is.
enum TLSProgress: Sendable, Equatable {
  /// More bytes from the peer are needed; there may be output to send.
  case handshaking
  case established(TLSHandshakeResult)
  /// Over. There may be an alert to send.
  case failed(TLSFailure)
}

/// What ``TLSSession/read(into:upTo:)`` found.
enum TLSRead: Sendable, Equatable {
  /// That many bytes were added to the buffer, at least one; there may be more to read.
  case bytes(Int)
  /// Nothing before more bytes come from the peer.
  case wouldBlock
  /// The peer ended its side with close_notify: it has sent everything it wanted to.
  case closed
  /// The connection ended without close_notify: what was read may lack its end.
  case truncated
  case failed(TLSFailure)
}

/// One TLS connection without the transport: ciphertext goes in and comes out as buffers.
///
/// The order of use for each event of the transport: ``receive(_:)`` or ``receiveEOF()``; then
/// ``advance()`` until it is established, ``read(into:upTo:)`` until it says something other than
/// bytes afterwards; then ``takeOutput()`` and send it, also after a failure, since it can be an
/// alert. A client calls ``advance()`` once at the start to get its first flight. Nothing here waits
/// or keeps time, and nothing is bounded but by the caller: do not receive on while the reader of
/// the plaintext is slow, nor write on while the peer is slow.
///
/// Owns an `SSL`. To be used on one thread at a time.
final class TLSSession {
  /// Which side of the connection this is.
  let side: TLSSide
  /// Whom the connection is for: the CONNECT target on the server's side, the name to verify on the
  /// client's.
  let target: ServerName
  /// What the handshake agreed on, `nil` while it runs.
  private(set) var handshake: TLSHandshakeResult? {
    didSet { self.isEstablished = self.handshake != nil }
  }
  /// Whether the handshake is done. Asked several times for each read, where copying its result
  /// would show.
  private(set) var isEstablished = false
  /// Why the connection is over, where it failed.
  private(set) var failure: TLSFailure?

  /// The context that made this session, whose callbacks act for it.
  let context: any TLSSessionContext
  /// Why a callback made the handshake fail, in better words than OpenSSL's.
  var callbackFailure: TLSFailure?
  /// Server: the checked name from the client's Server Name Indication.
  var indicatedName: ServerName?
  /// Client: under which key sessions are kept to be resumed.
  let cacheKey: TLSSessionCache.Key?

  private let handle: OpaquePointer
  private let bio: ByteBufferBIO
  /// The start of what the peer sent, kept only during the handshake.
  private var firstBytes: [UInt8] = []
  private var hasEnded = false
  private var isClosing = false

  /// A record's header, nonce, tag and content type: the most that a record adds to its content,
  /// rounded up.
  private static let recordOverhead = 64
  /// The most plaintext in one record.
  private static let recordLength = 16_384

  /// - Parameters:
  ///   - contextHandle: the `SSL_CTX` of `context`.
  ///   - cacheKey: client: under which key sessions are kept to be resumed.
  /// - Throws: ``TLSFailure`` where memory has run out.
  init(
    side: TLSSide, target: ServerName, context: any TLSSessionContext,
    contextHandle: OpaquePointer, cacheKey: TLSSessionCache.Key? = nil
  ) throws(TLSFailure) {
    let box = ByteBufferBIO()
    guard let handle = SSL_new(contextHandle) else {
      throw TLSFailure(.internal, "no TLS session: \(OpenSSLErrorQueue.takeText())")
    }
    guard let bio = box.makeBIO() else {
      SSL_free(handle)
      throw TLSFailure(.internal, "no TLS session: \(OpenSSLErrorQueue.takeText())")
    }
    SSL_set_bio(handle, bio, bio)
    self.side = side
    self.target = target
    self.context = context
    self.cacheKey = cacheKey
    self.handle = handle
    self.bio = box
    SSL_set_ex_data(handle, 0, Unmanaged.passUnretained(self).toOpaque())
    switch side {
    case .client: SSL_set_connect_state(handle)
    case .server: SSL_set_accept_state(handle)
    }
  }

  deinit {
    // OpenSSL forbids resuming a session that was not shut down. Most peers just leave, and a
    // truncated response is noticed elsewhere.
    if self.isEstablished, self.failure == nil {
      SSL_set_shutdown(self.handle, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
    }
    SSL_free(self.handle)
  }

  /// The session that an `SSL` belongs to, for callbacks.
  static func owner(of handle: OpaquePointer?) -> TLSSession? {
    guard let handle, let data = SSL_get_ex_data(handle, 0) else { return nil }
    return Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
  }

  /// Lends the `SSL` for the time of the call.
  func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result { body(self.handle) }

  // MARK: From the peer

  /// Takes ciphertext from the peer.
  func receive(_ ciphertext: ByteBuffer) {
    if !self.isEstablished, self.firstBytes.count < 8 {
      self.firstBytes.append(contentsOf: ciphertext.readableBytesView.prefix(8))
    }
    self.bio.receive(ciphertext)
  }

  /// Says that the transport has ended and no more ciphertext will come.
  func receiveEOF() { self.hasEnded = true }

  /// How many bytes of ciphertext wait to be read.
  var waitingInput: Int { self.bio.inbound.readableBytes }

  // MARK: Handshake

  /// Goes on with the handshake as far as what was received allows.
  func advance() -> TLSProgress {
    if let handshake = self.handshake { return .established(handshake) }
    if let failure = self.failure { return .failed(failure) }
    OpenSSLErrorQueue.clear()
    let result = SSL_do_handshake(self.handle)
    if result == 1 { return .established(self.finishHandshake()) }
    guard SSL_get_error(self.handle, result) != SSL_ERROR_WANT_READ else {
      guard self.hasEnded else { return .handshaking }
      return .failed(self.fail(self.endedEarly()))
    }
    return .failed(self.failFromQueue())
  }

  private func finishHandshake() -> TLSHandshakeResult {
    var bytes: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    SSL_get0_alpn_selected(self.handle, &bytes, &length)
    let selected = UnsafeBufferPointer(start: bytes, count: Int(length))
    let handshake = TLSHandshakeResult(
      applicationProtocol: selected.isEmpty ? nil : String(decoding: selected, as: UTF8.self),
      serverName: self.indicatedName ?? self.target,
      version: String(cString: SSL_get_version(self.handle)),
      isResumed: SSL_session_reused(self.handle) == 1)
    self.handshake = handshake
    self.firstBytes = []
    return handshake
  }

  private func endedEarly() -> TLSFailure {
    let peer = self.side == .client ? "the server" : "the client"
    return TLSFailure(.closed, "\(peer) closed the connection during the TLS handshake")
  }

  // MARK: Plaintext

  /// Reads what the peer has sent, straight into the buffer's writable bytes.
  ///
  /// - Parameters:
  ///   - buffer: where the plaintext is appended.
  ///   - limit: the most bytes to add, at least 1.
  func read(into buffer: inout ByteBuffer, upTo limit: Int) -> TLSRead {
    guard self.failure == nil, self.isEstablished else { return self.readWithoutConnection() }
    var total = 0
    while total < limit {
      let expected = self.bio.inbound.readableBytes + Int(SSL_pending(self.handle))
      // OpenSSL takes one record at a time from the BIO: there is nothing else that it could have.
      if expected == 0 { break }
      var result: Int32 = 0
      OpenSSLErrorQueue.clear()
      let count = buffer.writeWithUnsafeMutableBytes(
        minimumWritableBytes: min(expected, limit - total)
      ) { target in
        var count = 0
        let room = min(target.count, limit - total)
        result = SSL_read_ex(self.handle, target.baseAddress, room, &count)
        return result == 1 ? count : 0
      }
      total += count
      if result == 1 { continue }
      let ending = self.readEnded(SSL_get_error(self.handle, result))
      return total > 0 ? .bytes(total) : ending
    }
    if total > 0 || limit <= 0 { return .bytes(total) }
    return self.whyNothingToRead()
  }

  private func readEnded(_ error: Int32) -> TLSRead {
    switch error {
    case SSL_ERROR_WANT_READ: self.whyNothingToRead()
    case SSL_ERROR_ZERO_RETURN: .closed
    default: .failed(self.failFromQueue())
    }
  }

  private func whyNothingToRead() -> TLSRead {
    if SSL_get_shutdown(self.handle) & SSL_RECEIVED_SHUTDOWN != 0 { return .closed }
    return self.hasEnded ? .truncated : .wouldBlock
  }

  private func readWithoutConnection() -> TLSRead {
    if let failure = self.failure { return .failed(failure) }
    return self.hasEnded ? .failed(self.fail(self.endedEarly())) : .wouldBlock
  }

  /// Encrypts bytes for the peer.
  ///
  /// - Throws: ``TLSFailure`` before the handshake is done, after ``close()`` and after a failure.
  func write(_ plaintext: ByteBuffer) throws(TLSFailure) {
    let length = plaintext.readableBytes
    guard length > 0 else { return }
    try self.checkWritable()
    let records = (length + Self.recordLength - 1) / Self.recordLength
    self.bio.reserveOutbound(length + records * Self.recordOverhead)
    let isWritten = plaintext.withUnsafeReadableBytes { self.writeAll($0) }
    if !isWritten { throw self.failFromQueue() }
  }

  /// Encrypts two pieces, such as a head and a body, in one record where they fit into one.
  ///
  /// - Throws: ``TLSFailure`` as ``write(_:)`` does.
  func write(_ first: ByteBuffer, _ second: ByteBuffer) throws(TLSFailure) {
    guard first.readableBytes + second.readableBytes <= Self.recordLength else {
      try self.write(first)
      try self.write(second)
      return
    }
    var joined = first
    joined.writeImmutableBuffer(second)
    try self.write(joined)
  }

  private func checkWritable() throws(TLSFailure) {
    if let failure = self.failure { throw failure }
    guard self.isEstablished, !self.isClosing else {
      throw TLSFailure(.internal, "TLS write before the handshake was done or after the close")
    }
  }

  private func writeAll(_ plaintext: UnsafeRawBufferPointer) -> Bool {
    OpenSSLErrorQueue.clear()
    var offset = 0
    while offset < plaintext.count {
      let rest = UnsafeRawBufferPointer(rebasing: plaintext[offset...])
      var count = 0
      guard SSL_write_ex(self.handle, rest.baseAddress, rest.count, &count) == 1 else {
        return false
      }
      offset += count
    }
    return true
  }

  /// Says close_notify: nothing more will be written. Reading goes on. Does nothing before the
  /// handshake is done, after a failure or a second time.
  func close() {
    guard self.isEstablished, self.failure == nil, !self.isClosing else { return }
    self.isClosing = true
    OpenSSLErrorQueue.clear()
    SSL_shutdown(self.handle)
    OpenSSLErrorQueue.clear()
  }

  /// Takes the ciphertext that is to be sent to the peer; `nil` where there is none.
  func takeOutput() -> ByteBuffer? { self.bio.takeOutbound() }

  /// Whether there is ciphertext to be sent to the peer.
  var hasOutput: Bool { self.bio.hasOutbound }

  // MARK: Failure

  private func fail(_ failure: TLSFailure) -> TLSFailure {
    self.failure = failure
    if !self.isEstablished { self.context.handshakeFailed(self) }
    return failure
  }

  private func failFromQueue() -> TLSFailure {
    let error = OpenSSLErrorQueue.take()
    return self.fail(
      self.callbackFailure
        ?? TLSFailure(error, on: self.side, firstBytes: self.firstBytes))
  }
}

/// What makes sessions and acts for them in OpenSSL's callbacks.
protocol TLSSessionContext: AnyObject, Sendable {
  /// Says that a session failed before it was established.
  func handshakeFailed(_ session: TLSSession)
}

extension TLSSessionContext {
  func handshakeFailed(_ session: TLSSession) {}
}
