import FetchModel
import NIOCore

extension ClientConnection {
  /// Answers a request to ``Gateway/host``.
  func answerGateway(_ head: RequestHead, _ route: RequestRoute) {
    let page = self.gatewayPage(head.text(route.pathStart, route.pathLength), head.method)
    self.send(page ?? .notFound, head)
  }

  /// Answers a request to the listener's own address, where that is for one of the pages.
  ///
  /// - Returns: whether it was.
  func answerOwnAddress(_ head: RequestHead) -> Bool {
    guard case .origin(let start, let length) = head.target,
      let page = self.gatewayPage(head.text(start, length), head.method)
    else { return false }
    self.send(page, head)
    return true
  }

  private func gatewayPage(_ target: String, _ method: HTTPMethod) -> GatewayPage? {
    guard let proxy = self.ownAddress else { return nil }
    let shared = self.services.shared
    return shared.gateway.page(target, method: method, proxy: proxy) {
      Gateway.Status(
        uptime: .now() - shared.startTime, openConnections: shared.counter.count,
        acceptedConnections: shared.counter.accepted)
    }
  }

  /// The address and port that the client connected to.
  private var ownAddress: Authority? {
    guard let address = self.context?.channel.localAddress, let host = address.ipAddress,
      let port = address.port
    else { return nil }
    // What a listener for both families calls an IPv4 address.
    let mapped = "::ffff:"
    let isMapped = host.hasPrefix(mapped) && host.contains(".")
    return Authority(host: isMapped ? String(host.dropFirst(mapped.count)) : host, port: port)
  }

  private func send(_ page: GatewayPage, _ head: RequestHead) {
    let isHead = head.method == .head
    // What a body would be is not read.
    let mustClose = !head.isPersistent || self.services.isDraining || head.framing != .none
    self.response = ResponseState(to: head, isDraining: mustClose)
    self.access?.answeredItself(page.status, bodyBytes: isHead ? 0 : page.body.count)
    self.write(page.serialized(isHead: isHead, connection: self.response.connectionLine))
    if mustClose { return self.linger() }
    self.deadline = .now() + self.services.limits.idleTime
    self.flush()
  }
}
