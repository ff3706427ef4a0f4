import FetchModel
import NIOCore

/// One connection to an origin: HTTP/1.1 as a client, over TCP or TLS, or raw bytes for a tunnel.
///
/// Runs one exchange at a time for a ``UpstreamConsumer``; between exchanges it is in its loop's
/// ``UpstreamPool``. Everything happens on its event loop.
final class UpstreamConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What is expected from the origin.
  enum Reading {
    case idle
    /// The upstream proxy was asked for a tunnel.
    case tunnelAnswer(ProxyTunnelReader)
    case head(HeadReader)
    case body(BodyReader)
    case raw
    case closed
  }

  let key: UpstreamKey
  let services: LoopServices
  var context: ChannelHandlerContext?
  let transport = Transport()
  var input = ByteBuffer()
  var reading = Reading.idle
  var consumer: (any UpstreamConsumer)?
  var method = HTTPMethod.get
  var mayUpgrade = false
  var requestIsComplete = true
  private var bodyWriter = BodyWriter(isChunked: false)
  var isPersistent = true
  var isPaused = false
  var hasReceived = false
  var ready: ((Result<UpstreamConnection, FetchError>) -> Void)?
  /// How many exchanges have been started on this connection.
  private(set) var exchanges = 0
  /// When the connection became idle, in nanoseconds of the event loop's clock.
  var idleSince = NIODeadline.uptimeNanoseconds(0)

  /// Whether the connection is counted among its loop's.
  var isCounted = false
  /// Whose own it is, where it may be used for one client connection only.
  var owner: BoundUpstreams?
  /// Whether it was, or may have been, authenticated: then nobody but its owner may use it.
  var isAuthenticated = false

  init(key: UpstreamKey, services: LoopServices) {
    self.key = key
    self.services = services
  }

  /// Whether this connection has served an exchange before the present one.
  var isReused: Bool { self.exchanges > 1 }

  /// Whether the connection is open and waits for an exchange.
  var isIdle: Bool {
    if case .idle = self.reading, self.consumer == nil, let context = self.context {
      return context.channel.isActive
    }
    return false
  }

  /// Whether more can be written without piling up.
  var isWritable: Bool { self.context?.channel.isWritable ?? false }

  /// Where it goes, for the access log.
  var remoteAddress: SocketAddress? { self.context?.channel.remoteAddress }

  // MARK: Exchanges

  /// Starts an exchange by sending its request's head.
  ///
  /// - Parameters:
  ///   - framing: how the request's body, if any, is framed; ``sendEnd(trailers:)`` ends it.
  ///   - mayUpgrade: whether a 101 may answer.
  func start(
    _ head: ByteBuffer, method: HTTPMethod, framing: BodyFraming, mayUpgrade: Bool,
    consumer: any UpstreamConsumer
  ) {
    self.exchanges += 1
    self.consumer = consumer
    self.method = method
    self.mayUpgrade = mayUpgrade
    self.requestIsComplete = framing == .none
    var length: Int?
    if case .length(let bytes) = framing { length = bytes }
    self.bodyWriter = BodyWriter(isChunked: framing == .chunked, length: length)
    self.isPersistent = true
    self.hasReceived = false
    self.reading = .head(HeadReader(limits: self.services.limits.head))
    self.writeRaw(head)
  }

  /// Uses the connection for bytes that nobody looks into.
  func startRaw(consumer: any UpstreamConsumer) {
    self.exchanges += 1
    self.consumer = consumer
    self.becomeRaw()
    self.resumeReading()
  }

  /// From now on the connection belongs to one client connection, which is counted, and is not
  /// counted itself.
  func becomeRaw() {
    self.reading = .raw
    self.isPersistent = false
    self.leave()
  }

  /// Sends a piece of the request's body.
  func sendBody(_ data: ByteBuffer) {
    guard self.bodyWriter.take(data.readableBytes) else { return self.failBody() }
    self.bodyWriter.piece(data) { self.writeRaw($0) }
  }

  /// Ends the request's body.
  func sendEnd(trailers: ByteBuffer?) {
    guard self.bodyWriter.isComplete else { return self.failBody() }
    self.bodyWriter.end(trailers: trailers) { self.writeRaw($0) }
    self.requestIsComplete = true
    self.flush()
  }

  /// The body is not as long as the head says, so that the origin would take a part of it for the
  /// next request, or the next request for a part of it.
  private func failBody() {
    self.fail(
      FetchError(
        .httpProtocolError, .plugin,
        "The request's body is not as long as its Content-Length says."))
  }

  /// Writes bytes as they are.
  func writeRaw(_ bytes: ByteBuffer) {
    guard let context = self.context else { return }
    self.transport.write(bytes, context)
  }

  func flush() {
    guard let context = self.context else { return }
    self.transport.flush(context)
  }

  /// Ends our side of a raw connection.
  func endRaw() {
    guard let context = self.context else { return }
    self.transport.writeEnd(context)
    context.close(mode: .output, promise: nil)
  }

  /// Closes a raw connection behind what was written to it.
  func finishRaw() {
    self.consumer = nil
    self.reading = .closed
    guard let context = self.context else { return }
    self.transport.finish(context, within: self.services.limits.stallTime)
  }

  /// Stops reading until ``resumeReading()``: the consumer is slower than the origin.
  func pauseReading() { self.isPaused = true }

  func resumeReading() {
    guard self.isPaused || self.isRaw else { return }
    self.isPaused = false
    self.context?.read()
  }

  private var isRaw: Bool { if case .raw = self.reading { true } else { false } }

  /// Gives up the exchange; the connection cannot be used again.
  func cancel() {
    self.consumer = nil
    self.close()
  }

  /// Closes the connection; a second call does nothing.
  func close() {
    if case .idle = self.reading { self.services.pool.remove(self) }
    self.reading = .closed
    self.leave()
    self.context?.close(promise: nil)
  }

  /// Gives up its place among the loop's connections, and its owner.
  func leave() {
    let owner = self.owner
    self.owner = nil
    owner?.remove(self)
    guard self.isCounted else { return }
    self.isCounted = false
    self.services.pool.release(self.key)
  }

  /// Whether the origin's certificate was taken unseen.
  var isUnverified: Bool { self.key.isSecure && self.services.shared.isInsecure }

  /// Lines that the proxy adds to this response for its client.
  func addedLines(to head: ResponseHead) -> ByteBuffer? {
    let isUnverified = self.isUnverified
    guard isUnverified || head.bindsConnection else { return nil }
    var lines = ByteBuffer()
    if isUnverified { lines.writeImmutableBuffer(self.services.shared.identity.unverifiedLine) }
    // So that clients try at all (RFC 4559 §6): this proxy keeps the connection theirs.
    if head.bindsConnection, self.owner != nil {
      lines.writeStaticString("Proxy-Support: Session-Based-Authentication\r\n")
    }
    return lines
  }

  // MARK: ChannelInboundHandler

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) { context.read() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = self.unwrapInboundIn(data)
    switch self.transport.receive(bytes, into: &self.input, context) {
    case .open: self.processInput()
    case .established:
      self.transport.flush(context)
      self.finishConnecting(.success(self))
      self.processInput()
      if self.transport.hasEnded { self.inputEnded(isComplete: true) }
    case .closed:
      self.processInput()
      self.inputEnded(isComplete: true)
    case .failed(let failure):
      self.processInput()
      self.fail(self.tlsError(failure))
    }
    if self.input.readableBytes == 0 { self.input = ByteBuffer() }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    self.transport.flush(context)
    self.consumer?.upstreamReadComplete(self)
    if !self.isPaused { context.read() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    self.consumer?.upstreamWritabilityChanged(self)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event {
      self.inputEnded(isComplete: self.transport.receiveEOF())
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.inputEnded(isComplete: self.transport.receiveEOF())
    if self.ready != nil { self.finishConnecting(.failure(self.closedError)) }
    self.leave()
    // A tunnel whose origin has gone is over on both sides.
    let consumer = self.consumer
    self.consumer = nil
    consumer?.upstream(self, failed: self.closedError)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    self.fail(
      FetchError(
        .connectionTerminated, .upstream,
        "The connection to \(self.key.description) broke: \(error).",
        isRetryable: !self.hasReceived))
  }
}
