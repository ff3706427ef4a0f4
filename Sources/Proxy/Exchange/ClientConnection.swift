import FetchModel
import Logging
import NIOCore
import Synchronization

/// One connection of a client: HTTP/1.1 as a server, in the clear or inside an opened tunnel.
///
/// This file reads; `ClientConnection+Responding.swift` writes, `ClientConnection+Connect.swift`
/// opens tunnels. Everything happens on the connection's event loop.
final class ClientConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What the connection is doing.
  enum Phase {
    /// Waits for a request's head, or is within one.
    case head
    /// A request is being served.
    case exchange(Exchange)
    /// A CONNECT's origin is being connected to.
    case connecting(UpstreamOpening?)
    /// A CONNECT was accepted and the first byte inside will tell what it carries.
    case peek(Authority, Int)
    /// Inside TLS whose handshake is under way.
    case handshake(Authority, Int)
    case tunnel(Tunnel)
    /// The last response was sent; what still comes is thrown away until the client has read it.
    case lingering
    case closed
  }

  let services: LoopServices
  var context: ChannelHandlerContext?
  let transport = Transport()
  var input = ByteBuffer()
  var phase = Phase.head
  /// The tunnel that this connection's requests come through, `nil` outside of one.
  var tunnelOrigin: TunnelOrigin?
  var response = ResponseState()
  /// Collects for the access log, `nil` where there is none.
  let access: AccessRecorder?
  /// The upstream connections that nobody else may use, where there are any.
  var boundUpstreams: BoundUpstreams?

  private var headReader: HeadReader
  private var bodyReader: BodyReader?
  private var bodyClock = BodyClock.stopped
  /// The client's address that this connection was counted by; `nil` where it was one too many.
  private var countedAs: String?
  private var isProcessing = false
  /// What plugins' clients are told apart by.
  private(set) lazy var downstream = Downstream(
    address: self.countedAs ?? "", connection: Self.lastNumber.add(1, ordering: .relaxed).newValue)
  private static let lastNumber = Atomic<UInt64>(0)
  /// Whether everything was sent and our side is closed.
  var outputHasEnded = false
  private var isReading = false
  /// When the present phase has lasted too long.
  var deadline = NIODeadline.distantFuture

  init(services: LoopServices) {
    self.services = services
    self.access = services.shared.accessLog.map(AccessRecorder.init)
    self.headReader = HeadReader(limits: services.limits.head)
    self.deadline = .now() + services.limits.idleTime
  }

  /// Whether the client reads as fast as it is sent to.
  var isWritable: Bool { self.context?.channel.isWritable ?? false }

  /// Whether the request that is being served has come in whole.
  var requestIsComplete: Bool { self.bodyReader == nil }

  // MARK: Requests

  /// Works through the input as far as the phase allows.
  func processInput() {
    // A response that finishes at once would call this again from below.
    guard !self.isProcessing else { return }
    self.isProcessing = true
    defer { self.isProcessing = false }
    while self.step() {}
    if self.input.readableBytes == 0 { self.input = ByteBuffer() }
  }

  /// Takes one step; returns whether to go on.
  private func step() -> Bool {
    switch self.phase {
    case .head: return self.readHead()
    case .exchange(let exchange): return self.readBody(exchange)
    case .peek(let target, let port): return self.peek(target, port)
    case .tunnel(let tunnel):
      guard let bytes = self.input.readSlice(length: self.input.readableBytes),
        bytes.readableBytes > 0
      else { return false }
      self.access?.received(bytes.readableBytes)
      tunnel.clientSent(bytes)
      return false
    case .lingering:
      self.input.clear()
      return false
    case .connecting, .handshake, .closed: return false
    }
  }

  private func readHead() -> Bool {
    guard self.input.readableBytes > 0 else { return false }
    let hadBegun = self.headReader.hasBegun
    switch self.headReader.nextRequest(&self.input) {
    case .needMore:
      if !hadBegun { self.deadline = .now() + self.services.limits.headReadTime }
      return false
    case .refused(let refusal):
      self.refuse(ErrorResponse(refusal), isHead: false)
      return false
    case .head(let head):
      self.deadline = .now() + self.services.limits.stallTime
      self.access?.open(head, self.context?.channel)
      if head.method == .connect { self.connect(head) } else { self.begin(head) }
      return true
    }
  }

  private func begin(_ head: RequestHead) {
    let route: RequestRoute
    do {
      route = try RequestRoute(head, tunnel: self.tunnelOrigin)
    } catch {
      if case .ownAddress = error { return self.answerOwnAddress(head) }
      return self.refuse(error.response, isHead: head.method == .head)
    }
    self.access?.routed(route)
    if self.isLoop(head) {
      return self.refuseLoop(isHead: head.method == .head)
    }
    if Gateway.isOwn(route.key.host) { return self.answerGateway(head, route) }
    self.begin(head, route)
  }

  /// Serves a request whose route is known.
  func begin(_ head: RequestHead, _ route: RequestRoute) {
    let exchange = Exchange(head, route, client: self)
    self.phase = .exchange(exchange)
    self.bodyReader =
      head.framing == .none ? nil : BodyReader(head.framing, limits: self.services.limits.head)
    self.response = ResponseState(to: head, isDraining: self.services.isDraining)
    self.bodyClock = BodyClock(
      grace: self.services.limits.bodyGrace, rate: self.services.limits.bodyRate)
    exchange.start()
  }

  /// Whether a `Via` field names this proxy.
  func isLoop(_ head: RequestHead) -> Bool {
    for line in head.fields.lines where line.known == .via {
      let value = head.text(Int(line.valueStart), Int(line.valueLength))
      if value.contains(self.services.shared.identity.pseudonym) { return true }
    }
    return false
  }

  func refuseLoop(isHead: Bool) {
    let error = FetchError(
      .proxyLoopDetected, .proxy, "The request has already passed through this proxy.")
    self.refuse(
      ErrorResponse(error, proxy: self.services.shared.identity.pseudonym), isHead: isHead)
  }

  private func readBody(_ exchange: Exchange) -> Bool {
    guard var reader = self.bodyReader else { return false }
    guard exchange.wantsBody else {
      self.bodyClock.paused()
      return false
    }
    let event = reader.next(&self.input)
    self.bodyReader = reader
    switch event {
    case .needMore:
      self.bodyClock.resumed(now: .now())
      return false
    case .data(let data):
      self.touch()
      self.access?.received(data.readableBytes)
      self.bodyClock.received(data.readableBytes)
      if exchange.receive(body: data) { return true }
      self.bodyClock.paused()
      return false
    case .end(let trailers):
      self.bodyReader = nil
      self.bodyClock.paused()
      exchange.receiveBodyEnd(trailers: trailers)
      return true
    case .refused(let refusal):
      exchange.clientLeft()
      if self.response.hasBegun {
        self.access?.failed(.httpRequestError)
        self.close()
      } else {
        self.refuse(ErrorResponse(refusal), isHead: false)
      }
      return false
    }
  }

  /// The exchange takes more of the request's body.
  func resumeRequestBody() {
    self.processInput()
    if case .exchange(let exchange) = self.phase { exchange.clientReadComplete() }
    self.readIfWanted()
  }

  /// Goes on with the next request on this connection.
  func beginNextRequest() {
    self.phase = .head
    self.bodyReader = nil
    self.bodyClock = .stopped
    self.response = ResponseState()
    self.deadline = .now() + self.services.limits.idleTime
    if self.isProcessing { return }
    self.processInput()
    self.readIfWanted()
  }

  // MARK: Reading from the channel

  /// Whether bytes from the client are wanted now: back-pressure on the client is not reading.
  private var wantsInput: Bool {
    switch self.phase {
    case .head, .peek, .handshake, .lingering: true
    case .exchange(let exchange):
      // Behind a complete request a little is read ahead: that costs less than changing what the
      // selector watches twice a request, and shows at once when the client leaves.
      self.bodyReader == nil ? self.input.readableBytes < 16_384 : exchange.wantsBody
    case .tunnel(let tunnel): tunnel.wantsInput
    case .connecting, .closed: false
    }
  }

  func readIfWanted() {
    guard !self.isReading, self.wantsInput, let context = self.context else { return }
    self.isReading = true
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch self.transport.receive(self.unwrapInboundIn(data), into: &self.input, context) {
    case .open: self.processInput()
    case .established(let handshake):
      self.handshakeFinished(handshake)
      self.processInput()
      if self.transport.hasEnded { self.inputEnded() }
    case .closed:
      self.processInput()
      self.inputEnded()
    case .failed(let failure):
      self.services.shared.logger.info(
        "TLS with a client failed", metadata: ["cause": "\(failure.message)"])
      self.access?.failed(failure.code)
      self.close()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    self.isReading = false
    switch self.phase {
    case .exchange(let exchange): exchange.clientReadComplete()
    case .tunnel(let tunnel): tunnel.clientReadComplete()
    default: break
    }
    self.flush()
    self.readIfWanted()
  }

  /// The client has ended its side. In a tunnel that is passed on; elsewhere it has left: a
  /// half-closed HTTP connection cannot be told from a closed one before a write fails.
  private func inputEnded() {
    switch self.phase {
    case .tunnel(let tunnel): tunnel.clientEnded()
    case .closed: break
    default: self.close()
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let isWritable = context.channel.isWritable
    if !self.outputHasEnded { self.touch() }
    switch self.phase {
    case .exchange(let exchange): exchange.clientWritabilityChanged(isWritable)
    case .tunnel(let tunnel): tunnel.clientWritabilityChanged(isWritable)
    default: break
    }
  }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    self.services.add(self)
    let client = context.remoteAddress?.ipAddress ?? ""
    guard self.services.shared.counter.enter(client) else { return self.refuseConnection() }
    self.countedAs = client
    self.readIfWanted()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.services.remove(self)
    self.access?.connectionClosed()
    if let client = self.countedAs { self.services.shared.counter.leave(client) }
    self.countedAs = nil
    let phase = self.phase
    self.phase = .closed
    switch phase {
    case .exchange(let exchange): exchange.clientLeft()
    case .tunnel(let tunnel): tunnel.clientGone()
    case .connecting(let opening): opening?.cancel()
    default: break
    }
    self.boundUpstreams?.closeAll()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed: self.inputEnded()
    case ChannelEvent.outputClosed: self.outputEnded()
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { self.close() }

  /// Closes at once; ``channelInactive(context:)`` cleans up.
  func close() { self.context?.close(promise: nil) }

  /// Notes that bytes moved.
  func touch() { self.deadline = .now() + self.services.limits.stallTime }

  /// Closes what has waited for too long.
  func tick(now: NIODeadline) {
    if self.bodyClock.hasRunOut(now: now), case .exchange(let exchange) = self.phase {
      exchange.clientLeft()
      return self.timeOut("The request's body came too slowly.")
    }
    guard now > self.deadline else { return }
    switch self.phase {
    case .head where self.headReader.hasBegun: self.timeOut("The request's head took too long.")
    case .exchange(let exchange) where !self.response.hasBegun: exchange.timeOut()
    default: self.close()
    }
  }

  /// Answers 408 where no answer has begun, and closes.
  private func timeOut(_ text: String) {
    guard !self.response.hasBegun else { return self.close() }
    self.refuse(ErrorResponse(status: 408, text: text), isHead: false)
  }

  /// Says that there are too many connections.
  private func refuseConnection() {
    let error = FetchError(
      .connectionLimitReached, .proxy, "There are too many connections to this proxy.")
    self.refuse(
      ErrorResponse(error, proxy: self.services.shared.identity.pseudonym), isHead: false)
  }

  /// Closes a connection without an exchange; others close behind theirs.
  func drain() {
    switch self.phase {
    case .head, .peek, .handshake: self.close()
    case .exchange: self.response.mustClose = true
    case .connecting, .tunnel, .lingering, .closed: break
    }
  }
}
