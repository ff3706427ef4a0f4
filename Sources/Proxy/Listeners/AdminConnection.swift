import FetchModel
import NIOCore

/// One connection to the admin listener: one request, one answer.
final class AdminConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// How long a request may be: an inline script is in there.
  static let bodyLimit = 8 << 20
  private static let limits = HeadLimits(headBytes: 16_384, fieldCount: 64, targetBytes: 8_192)

  private enum Phase {
    case head(HeadReader)
    case body(RequestHead, BodyReader)
    case answering
  }

  private let access: AdminAccess
  private let handler: (any AdminHandler)?
  private var phase = Phase.head(HeadReader(limits: AdminConnection.limits))
  private var input = ByteBuffer()
  private var body = ByteBuffer()
  private var timeout: Scheduled<Void>?

  init(access: AdminAccess, handler: (any AdminHandler)?) {
    self.access = access
    self.handler = handler
  }

  func channelActive(context: ChannelHandlerContext) {
    self.timeout = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(30)) {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { self.timeout?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .answering = self.phase { return }
    self.input.writeImmutableBuffer(self.unwrapInboundIn(data))
    while self.step(context) {}
  }

  /// Takes one step; returns whether to go on.
  private func step(_ context: ChannelHandlerContext) -> Bool {
    switch self.phase {
    case .head(var reader):
      let event = reader.nextRequest(&self.input)
      self.phase = .head(reader)
      switch event {
      case .needMore: return false
      case .refused(let refusal):
        self.send(ErrorResponse(refusal), isHead: false, context)
        return false
      case .head(let head): return self.begin(head, context)
      }
    case .body(let head, var reader):
      let event = reader.next(&self.input)
      self.phase = .body(head, reader)
      switch event {
      case .needMore: return false
      case .data(let data):
        guard self.body.readableBytes + data.readableBytes <= Self.bodyLimit else {
          self.send(Self.tooLong, isHead: false, context)
          return false
        }
        self.body.writeImmutableBuffer(data)
        return true
      case .end:
        self.handle(head, context)
        return false
      case .refused(let refusal):
        self.send(ErrorResponse(refusal), isHead: false, context)
        return false
      }
    case .answering: return false
    }
  }

  // MARK: Requests

  /// Decides by the head; the body of a request that is refused is not read.
  private func begin(_ head: RequestHead, _ context: ChannelHandlerContext) -> Bool {
    let isHead = head.method == .head
    let path = Self.path(head)
    let isPlugins = path == "/_plugins" || path.hasPrefix("/_plugins/")
    if let refusal = self.access.refusal(of: head, needsToken: isPlugins) {
      self.refuse(refusal, isHead: isHead, context)
      return false
    }
    guard isPlugins, self.handler != nil else {
      if path == "/_health", head.method == .get || isHead {
        self.send(AdminResponse(status: 200, json: "{\"status\":\"ok\"}"), isHead: isHead, context)
      } else {
        let text = "There are only GET /_health and /_plugins here."
        self.send(ErrorResponse(status: 404, text: text), isHead: isHead, context)
      }
      return false
    }
    if case .length(let length) = head.framing, length > Self.bodyLimit {
      self.send(Self.tooLong, isHead: isHead, context)
      return false
    }
    if head.expectsContinue {
      let interim = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
      context.writeAndFlush(NIOAny(interim), promise: nil)
    }
    self.phase = .body(head, BodyReader(head.framing, limits: Self.limits))
    return true
  }

  private static let tooLong = ErrorResponse(
    status: 413, text: "A request may have \(AdminConnection.bodyLimit >> 20) MiB.")

  private static func path(_ head: RequestHead) -> String {
    guard case .origin(let start, let length) = head.target else { return "" }
    return String(head.text(start, length).prefix { $0 != "?" })
  }

  private func handle(_ head: RequestHead, _ context: ChannelHandlerContext) {
    guard let handler = self.handler else { return }
    self.phase = .answering
    // What a plugin's installation takes is not the client's time.
    self.timeout?.cancel()
    let request = AdminRequest(
      method: head.methodName, path: Self.path(head), body: self.body)
    let isHead = head.method == .head
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    Task {
      let response = await handler.handle(request)
      eventLoop.execute {
        let (connection, context) = bound.value
        connection.send(response, isHead: isHead, context)
      }
    }
  }

  // MARK: Answers

  private func refuse(
    _ refusal: AdminAccess.Refusal, isHead: Bool, _ context: ChannelHandlerContext
  ) {
    switch refusal {
    case .foreignHost:
      let text = "The admin listener answers to its loopback address only."
      self.send(ErrorResponse(status: 403, text: text), isHead: isHead, context)
    case .foreignOrigin:
      let text = "The admin listener answers no page of another origin."
      self.send(ErrorResponse(status: 403, text: text), isHead: isHead, context)
    case .noToken:
      let text = "This needs the token in the file admin-token of the data directory."
      self.send(ErrorResponse(status: 401, text: text), isHead: isHead, context)
    }
  }

  private func send(
    _ answer: ErrorResponse, isHead: Bool, _ context: ChannelHandlerContext
  ) {
    var headers = HeaderList([("Content-Type", "text/plain; charset=utf-8")])
    if answer.status == 401 { headers.append(name: "WWW-Authenticate", value: "Bearer") }
    self.send(answer.status, answer.reason, headers, answer.body, isHead: isHead, context)
  }

  private func send(
    _ answer: AdminResponse, isHead: Bool, _ context: ChannelHandlerContext
  ) {
    var headers = HeaderList([
      ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
      ("X-Content-Type-Options", "nosniff"),
    ])
    if let allow = answer.allow { headers.append(name: "Allow", value: allow) }
    let body = answer.json.isEmpty ? "" : answer.json + "\n"
    let reason = ErrorResponse.reason(of: answer.status)
    self.send(answer.status, reason, headers, body, isHead: isHead, context)
  }

  private func send(
    _ status: Int, _ reason: String, _ headers: HeaderList, _ body: String, isHead: Bool,
    _ context: ChannelHandlerContext
  ) {
    self.phase = .answering
    var out = ByteBuffer()
    HeadWriter.response(
      status: status, reason: reason, headers: headers,
      contentLength: status == 204 ? nil : body.utf8.count, framing: .asDeclared,
      connection: "Connection: close\r\n", into: &out)
    if !isHead { out.writeString(body) }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(NIOAny(out)).whenComplete { _ in
      // Closing with unread input would reset the connection and could take the answer with it.
      bound.value.close(mode: .output, promise: nil)
      bound.value.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) {
        bound.value.close(promise: nil)
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed = event else { return }
    if case .answering = self.phase { return }
    context.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
