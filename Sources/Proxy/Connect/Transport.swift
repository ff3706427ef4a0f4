import NIOCore

/// The bytes of one channel, in the clear or inside TLS: what the connection handlers read from
/// and write to.
///
/// A class, since writing and flushing may call the connection's handler back before they return
/// (its channel became writable, or broke), which then writes and flushes again.
final class Transport {
  /// What came of received bytes.
  enum Reception {
    /// The connection goes on; plaintext may have been added.
    case open
    /// The handshake has just ended; plaintext may have been added.
    case established(TLSHandshakeResult)
    /// The peer ended its side properly.
    case closed
    case failed(TLSFailure)
  }

  private var tls: TLSSession?
  /// Small writes since the last flush, put together: a head and a short body become one write,
  /// and one record inside TLS.
  private var pending = ByteBuffer()
  private var hasPendingWrites = false
  /// Whether the peer has ended its side properly inside TLS.
  private(set) var hasEnded = false

  /// Up to which size in bytes a write is copied behind the ones before it.
  private static let coalescingLimit = 8_192

  /// Whether TLS is on, in its handshake or beyond.
  var isSecure: Bool { self.tls != nil }

  /// Whether plaintext can pass: there is no TLS, or its handshake is over.
  var isReady: Bool { self.tls?.isEstablished ?? true }

  /// Starts TLS behind what was written so far. A client calls ``advance(_:)`` next.
  func startTLS(_ session: TLSSession, _ context: ChannelHandlerContext) {
    if self.pending.readableBytes > 0 { self.pass(nil, context) }
    self.tls = session
  }

  /// Sends a client's first flight.
  func advance(_ context: ChannelHandlerContext) {
    _ = self.tls?.advance()
    self.hasPendingWrites = true
    self.flush(context)
  }

  /// Takes bytes from the channel and adds their plaintext to `input`.
  func receive(
    _ bytes: ByteBuffer, into input: inout ByteBuffer, _ context: ChannelHandlerContext
  ) -> Reception {
    guard let tls = self.tls else {
      if input.readableBytes == 0 { input = bytes } else { input.writeImmutableBuffer(bytes) }
      return .open
    }
    tls.receive(bytes)
    var result = Reception.open
    if !tls.isEstablished {
      let progress = tls.advance()
      self.hasPendingWrites = true
      switch progress {
      case .handshaking:
        self.flush(context)
        return .open
      case .failed(let failure):
        self.flush(context)
        return .failed(failure)
      case .established(let handshake):
        result = .established(handshake)
      }
    }
    return self.readAll(tls, into: &input, afterwards: result)
  }

  private func readAll(
    _ tls: TLSSession, into input: inout ByteBuffer, afterwards result: Reception
  ) -> Reception {
    if input.readableBytes == 0 { input.clear() }
    while true {
      switch tls.read(into: &input, upTo: 65_536) {
      case .bytes: continue
      case .wouldBlock:
        // A key update or a ticket may have to go out.
        if tls.hasOutput { self.hasPendingWrites = true }
        return result
      case .closed, .truncated:
        self.hasEnded = true
        // The end may come together with the handshake's last flight; both have to be told.
        if case .established = result { return result }
        return .closed
      case .failed(let failure):
        self.hasPendingWrites = true
        return .failed(failure)
      }
    }
  }

  /// Whether the end of the channel's input is the end of what the peer wanted to send. Inside TLS
  /// the peer has to have said so.
  func receiveEOF() -> Bool {
    guard let tls = self.tls else { return true }
    tls.receiveEOF()
    var rest = ByteBuffer()
    return tls.read(into: &rest, upTo: 1) == .closed
  }

  /// Queues plaintext for the next ``flush(_:)``.
  func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    self.hasPendingWrites = true
    if self.pending.readableBytes == 0 {
      self.pending = bytes
    } else if bytes.readableBytes <= Self.coalescingLimit,
      self.pending.readableBytes <= Self.coalescingLimit
    {
      self.pending.writeImmutableBuffer(bytes)
    } else {
      self.pass(bytes, context)
    }
    // Large bodies go on to the channel at once, whose water marks then know of them.
    if self.pending.readableBytes > Self.coalescingLimit { self.pass(nil, context) }
  }

  /// Gives what is pending, and perhaps more, to TLS or the channel.
  private func pass(_ next: ByteBuffer?, _ context: ChannelHandlerContext) {
    let first = self.pending
    self.pending = ByteBuffer()
    guard let tls = self.tls else {
      context.write(NIOAny(first), promise: nil)
      if let next { context.write(NIOAny(next), promise: nil) }
      return
    }
    // A session that cannot write has failed, which the next read says with the cause.
    if let next { try? tls.write(first, next) } else { try? tls.write(first) }
    if let output = tls.takeOutput() { context.write(NIOAny(output), promise: nil) }
  }

  /// Sends what was queued.
  func flush(_ context: ChannelHandlerContext) {
    guard self.hasPendingWrites else { return }
    self.hasPendingWrites = false
    if self.pending.readableBytes > 0 { self.pass(nil, context) }
    if let output = self.tls?.takeOutput() {
      context.write(NIOAny(output), promise: nil)
    }
    context.flush()
  }

  /// Queues the end of this side inside TLS (close_notify).
  func writeEnd(_ context: ChannelHandlerContext) {
    guard let tls = self.tls else { return }
    if self.pending.readableBytes > 0 { self.pass(nil, context) }
    tls.close()
    self.hasPendingWrites = true
    self.flush(context)
  }

  /// Ends this side and closes the channel once everything that was written has gone out. Closing at
  /// once would throw away what the peer has not read yet.
  ///
  /// - Parameter bound: after which time it is closed in any case.
  func finish(_ context: ChannelHandlerContext, within bound: TimeAmount) {
    self.writeEnd(context)
    self.flush(context)
    let eventLoop = context.eventLoop.assumeIsolated()
    let timeout = eventLoop.scheduleTask(in: bound) { context.close(promise: nil) }
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { _ in
      timeout.cancel()
      context.close(promise: nil)
    }
    context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
  }
}
