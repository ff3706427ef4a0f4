public import FetchModel
public import Logging
public import NIOCore
public import NIOPosix

/// The forward proxy: its listener, its event loops and what they share.
///
/// ```swift
/// let server = try ProxyServer(configuration, authority: authority, trust: trust, group: group, logger: logger)
/// try await server.start(interceptor: registry)
/// // …
/// await server.shutdown(within: .seconds(10))
/// ```
public final class ProxyServer: Sendable {
  private let configuration: ProxyConfiguration
  private let group: MultiThreadedEventLoopGroup
  private let identity: ProxyIdentity
  private let clientTLS: TLSClientContext
  private let serverTLS: TLSServerContext
  private let logger: Logger
  private let accessLog: AccessLog?
  private let isInsecure: Bool
  private let ownAddresses = OwnAddresses()
  private let resolver: HostResolver
  private let gateway: Gateway
  /// The plugins that answer at the listener's own address.
  public let mounts = GatewayMounts()
  private let loops = LoopTable()
  private let listener = ListenerBox()
  /// The network, for plugins' own fetches. Usable once ``start(interceptor:)`` has returned.
  public let fetcher: NetworkFetcher

  /// Prepares a proxy; nothing is bound yet.
  ///
  /// - Parameters:
  ///   - authority: signs the certificates of opened tunnels.
  ///   - trust: whose certificates are accepted from origins.
  ///   - group: the event loops to run on.
  ///   - accessLog: gets a line for each exchange; its owner closes it after the shutdown.
  /// - Throws: ``TLSConfigurationError`` or ``CertificateError`` where the authority or a file of
  ///   trusted certificates cannot be used.
  public convenience init(
    _ configuration: ProxyConfiguration, authority: CertificateAuthority, trust: TLSTrust,
    group: MultiThreadedEventLoopGroup, logger: Logger, accessLog: AccessLog? = nil
  ) throws {
    try self.init(
      configuration, authority: authority, trust: trust, group: group, logger: logger,
      accessLog: accessLog, resolver: HostResolver(overrides: configuration.addresses))
  }

  init(
    _ configuration: ProxyConfiguration, authority: CertificateAuthority, trust: TLSTrust,
    group: MultiThreadedEventLoopGroup, logger: Logger, accessLog: AccessLog? = nil,
    resolver: HostResolver
  ) throws {
    self.resolver = resolver
    self.configuration = configuration
    self.group = group
    self.logger = logger
    self.accessLog = accessLog
    self.isInsecure = trust.isInsecure
    self.gateway = Gateway(authority: authority)
    self.identity = ProxyIdentity(
      pseudonym: "valor-" + String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16))
    self.clientTLS = try TLSClientContext(trust: trust)
    let minter = try LeafMinter(authority: authority)
    self.serverTLS = try TLSServerContext(leaves: LeafCertificateCache(minter: minter))
    self.fetcher = NetworkFetcher(group: group, loops: self.loops)
  }

  /// Makes the event loops ready, so that ``fetcher`` works: plugins may fetch while they install,
  /// before the first client is let in.
  ///
  /// - Parameter interceptor: who may claim requests.
  public func prepare(interceptor: (any RequestInterceptor)?) async throws {
    let shared = ProxyShared(
      configuration: self.configuration, interceptor: interceptor, identity: self.identity,
      clientTLS: self.clientTLS, serverTLS: self.serverTLS, isInsecure: self.isInsecure,
      resolver: self.resolver, ownAddresses: self.ownAddresses, logger: self.logger,
      gateway: self.gateway, mounts: self.mounts, accessLog: self.accessLog)
    for eventLoop in self.group.makeIterator() {
      try await eventLoop.submit {
        let services = LoopServices(eventLoop: eventLoop, shared: shared)
        let bound = NIOLoopBound(services, eventLoop: eventLoop)
        self.loops.insert(bound, for: eventLoop)
        eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
          bound.value.tick(now: .now())
        }
      }.get()
    }
  }

  /// Binds the listener and lets clients in.
  ///
  /// - Returns: the address that is listened on, with the port that the system chose for port 0.
  /// - Throws: `IOError` where the address cannot be bound.
  @discardableResult
  public func listen() async throws -> SocketAddress {
    let loops = self.loops
    let channel = try await ServerBootstrap(group: self.group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let services = loops.services(of: channel.eventLoop) else {
            throw ChannelError.alreadyClosed
          }
          try channel.pipeline.syncOperations.addHandler(ClientConnection(services: services))
        }
      }
      .bind(to: self.configuration.listen).get()
    self.listener.set(channel)
    guard let address = channel.localAddress else { throw ChannelError.alreadyClosed }
    self.refuseConnections(to: address)
    return address
  }

  /// Refuses, from now on, to connect to another address that this process listens on. The proxy's
  /// own listener needs no such call.
  public func refuseConnections(to address: SocketAddress) { self.ownAddresses.insert(address) }

  /// Stops: no new connections; running exchanges may finish within a bound, what is left is
  /// closed.
  ///
  /// - Returns: whether everything finished in time.
  @discardableResult
  public func shutdown(within bound: TimeAmount) async -> Bool {
    try? await self.listener.take()?.close().get()
    let drained = self.drainAll()
    let eventLoop = self.group.next()
    let promise = eventLoop.makePromise(of: Bool.self)
    let timeout = eventLoop.scheduleTask(in: bound) { promise.succeed(false) }
    drained.whenComplete { _ in
      timeout.cancel()
      promise.succeed(true)
    }
    let isComplete = (try? await promise.futureResult.get()) ?? false
    await self.closeAll()
    self.resolver.stop()
    self.loops.removeAll()
    return isComplete
  }

  private func drainAll() -> EventLoopFuture<Void> {
    let loops = self.loops
    let futures = self.group.makeIterator().map { eventLoop in
      eventLoop.flatSubmit { () -> EventLoopFuture<Void> in
        loops.services(of: eventLoop)?.drain() ?? eventLoop.makeSucceededVoidFuture()
      }
    }
    return EventLoopFuture.andAllComplete(futures, on: self.group.next())
  }

  private func closeAll() async {
    let loops = self.loops
    for eventLoop in self.group.makeIterator() {
      try? await eventLoop.submit { loops.services(of: eventLoop)?.closeAll() }.get()
    }
  }
}
