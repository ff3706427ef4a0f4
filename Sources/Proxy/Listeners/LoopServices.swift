import FetchModel
import Logging
import NIOCore

/// What the connections of one event loop share. Used on that loop only.
final class LoopServices {
  let eventLoop: any EventLoop
  let shared: ProxyShared
  let pool: UpstreamPool
  /// The client connections of this loop.
  private(set) var connections: [ObjectIdentifier: ClientConnection] = [:]
  private(set) var isDraining = false
  /// Room in which a request's URL is put together for the scope index.
  var urlScratch = ByteBuffer()
  private var whenEmpty: EventLoopPromise<Void>?

  init(eventLoop: any EventLoop, shared: ProxyShared) {
    self.eventLoop = eventLoop
    self.shared = shared
    self.pool = UpstreamPool(
      idlePerOrigin: shared.limits.upstreamIdlePerOrigin, limits: shared.upstreamQuota)
  }

  var limits: ProxyLimits { self.shared.limits }

  func add(_ connection: ClientConnection) {
    self.connections[ObjectIdentifier(connection)] = connection
  }

  func remove(_ connection: ClientConnection) {
    self.connections[ObjectIdentifier(connection)] = nil
    if self.connections.isEmpty { self.whenEmpty?.succeed() }
  }

  /// Closes what has waited for too long. Called every second or so: one pass over a list costs
  /// less than a timer for each connection.
  func tick(now: NIODeadline) {
    for connection in self.connections.values { connection.tick(now: now) }
    self.pool.tick(now: now, idleTime: self.limits.upstreamIdleTime)
  }

  /// Lets running exchanges finish and closes every connection that has none.
  ///
  /// - Returns: fulfilled when the last connection is gone.
  func drain() -> EventLoopFuture<Void> {
    self.isDraining = true
    for connection in self.connections.values { connection.drain() }
    self.pool.closeIdle()
    let promise = self.eventLoop.makePromise(of: Void.self)
    self.whenEmpty = promise
    if self.connections.isEmpty { promise.succeed() }
    return promise.futureResult
  }

  /// Closes every connection at once.
  func closeAll() {
    for connection in self.connections.values { connection.close() }
    self.pool.closeAll()
  }

  /// A TLS session to an origin.
  func makeClientSession(
    _ serverName: String, _ key: UpstreamKey
  ) throws(TLSFailure) -> TLSSession {
    do {
      let name = try ServerName(serverName)
      return try self.shared.clientTLS.makeSession(name: name, port: key.port)
    } catch let failure as TLSFailure {
      throw failure
    } catch {
      throw TLSFailure(.internal, "\(serverName) is no name for a TLS server: \(error)")
    }
  }
}

/// What all event loops share: nothing in it changes after the start.
final class ProxyShared: Sendable {
  let limits: ProxyLimits
  let counter: ConnectionCounter
  let intercept: InterceptMode
  let interceptor: (any RequestInterceptor)?
  let identity: ProxyIdentity
  let clientTLS: TLSClientContext
  let serverTLS: TLSServerContext
  let logger: Logger
  /// `nil` where no exchange is recorded.
  let accessLog: AccessLog?
  let passthrough: PassthroughList
  let upstreamProxy: UpstreamProxy?
  /// Whether origins' certificates are taken unseen.
  let isInsecure: Bool
  let resolver: HostResolver
  let ownAddresses: OwnAddresses
  /// The bounds on one event loop's connections to origins.
  let upstreamQuota: UpstreamPool.Quota.Limits
  /// The pages of the proxy's own.
  let gateway: Gateway
  /// The plugins that are mounted beside them, and for which hosts.
  let mounts: GatewayMounts
  let gatewayHosts: GatewayHosts
  let networkErrors: NetworkErrorAnswer
  let startTime = NIODeadline.now()

  init(
    configuration: ProxyConfiguration, interceptor: (any RequestInterceptor)?,
    identity: ProxyIdentity, clientTLS: TLSClientContext, serverTLS: TLSServerContext,
    isInsecure: Bool, resolver: HostResolver, ownAddresses: OwnAddresses, logger: Logger,
    gateway: Gateway, mounts: GatewayMounts = GatewayMounts(), accessLog: AccessLog? = nil
  ) {
    self.limits = configuration.limits
    self.counter = ConnectionCounter(
      total: configuration.limits.connections, perClient: configuration.limits.connectionsPerClient)
    self.intercept = configuration.intercept
    self.interceptor = interceptor
    self.identity = identity
    self.clientTLS = clientTLS
    self.serverTLS = serverTLS
    self.logger = logger
    self.accessLog = accessLog
    self.networkErrors = configuration.networkErrors
    self.passthrough = configuration.passthrough
    self.upstreamProxy = configuration.upstreamProxy
    self.isInsecure = isInsecure
    self.resolver = resolver
    self.ownAddresses = ownAddresses
    self.upstreamQuota = configuration.limits.upstreamQuota(
      eventLoops: configuration.eventLoops)
    self.gateway = gateway
    self.mounts = mounts
    self.gatewayHosts = GatewayHosts(names: configuration.gatewayHosts)
  }
}
