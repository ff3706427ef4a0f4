import FetchModel
import NIOCore

extension ClientConnection {
  /// Answers a request to ``Gateway/host``.
  func answerGateway(_ head: RequestHead, _ route: RequestRoute) {
    self.answerItself(head, pathStart: route.pathStart, pathLength: route.pathLength)
  }

  /// Answers a request to the listener's own address.
  func answerOwnAddress(_ head: RequestHead) {
    guard case .origin(let start, let length) = head.target else {
      return self.send(self.notFound, head)
    }
    self.answerItself(head, pathStart: start, pathLength: length)
  }

  /// Gives the request to the plugin that is mounted at its path, or sends one of the pages.
  private func answerItself(_ head: RequestHead, pathStart: Int, pathLength: Int) {
    let target = head.text(pathStart, pathLength)
    if let page = self.gatewayPage(target, head.method) { return self.send(page, head) }
    let shared = self.services.shared
    guard shared.gatewayHosts.contains(head.hostAuthority) else {
      return self.send(.misdirected, head)
    }
    guard let mount = shared.mounts.match(target.utf8) else {
      return self.send(self.notFound, head)
    }
    let route = RequestRoute(to: mount, pathStart: pathStart, pathLength: pathLength)
    self.access?.routed(route)
    if self.isLoop(head) { return self.refuseLoop(isHead: head.method == .head) }
    self.begin(head, route)
  }

  private var notFound: GatewayPage { .notFound(self.services.shared.mounts.all) }

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
