import Interceptor
import Logging
import NIOCore
import NIOPosix
import PluginHost
import Proxy

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Puts the parts together for `valor run`, and takes them apart again.
struct ProxyRunner {
  let options: RunCommand
  private let logger: Logger
  private let dataDirectory: String
  private let listen: SocketAddress
  private let admin: SocketAddress

  init(options: RunCommand) throws {
    self.options = options
    self.listen = try options.listen?.address ?? SocketAddress(ipAddress: "127.0.0.1", port: 8080)
    self.admin = try options.admin?.address ?? SocketAddress(ipAddress: "127.0.0.1", port: 8081)
    self.dataDirectory = options.dataDirectory ?? UserDirectories.data
    let format = options.logFormat
    var logger = Logger(label: "valor") { _ in LogLineHandler(format: format) }
    logger.logLevel = options.logLevel.level
    self.logger = logger
  }

  /// Starts everything, waits for a signal, and stops everything.
  ///
  /// - Throws: ``ExitFailure`` where something cannot be started. Nothing is left half loaded.
  func run() async throws {
    try self.checkOptions()
    Self.raiseDescriptorLimit()
    let plugins = try PluginDefinition.all(
      file: self.options.pluginsFile, options: self.options.plugins)
    let authority = try self.loadAuthority()
    let token = try AdminToken.loadOrCreate(in: self.dataDirectory)
    let accessLog = try self.openAccessLog()
    let signals = StopSignals()
    let reopening = ReopenSignal { accessLog?.reopen() }
    defer { reopening.cancel() }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
    do {
      let server = try self.makeServer(authority, group, accessLog)
      try await self.serve(plugins, server, group, token, signals)
    } catch {
      try? await group.shutdownGracefully()
      await accessLog?.close()
      throw error
    }
    // Connections that were cut off are recorded by then.
    try? await group.shutdownGracefully()
    await accessLog?.close()
  }

  private func serve(
    _ plugins: [PluginDefinition], _ server: ProxyServer, _ group: MultiThreadedEventLoopGroup,
    _ token: AdminToken, _ signals: StopSignals
  ) async throws {
    // What plugins store; opened when one does.
    let storage = StorageDirectory(path: self.dataDirectory + "/storage", logger: self.logger)
    let caches = CacheStore(in: storage, quota: self.options.storageQuota << 20)
    let fetcher = HTTPFetcher(
      server.fetcher, digester: ResponseDigester(), now: { Self.monotonicMilliseconds() })
    let registry = self.makeRegistry(storage, caches, fetcher)
    try await server.prepare(interceptor: registry)
    let spares = SpareWorkers(count: self.options.pluginLimits.spares)
    let manager = PluginManager(
      registry: registry, mounts: server.mounts, network: fetcher, caches: caches,
      group: group, logger: self.logger, defaults: self.options.pluginLimits.defaults,
      spares: spares)
    let admin = AdminServer(token: token.text, handler: PluginsAPI(manager: manager))
    do {
      try await Self.load(plugins, into: manager)
      let bound = try await self.bind(self.listen, "--listen") { try await server.listen() }
      let adminBound = try await self.bind(self.admin, "--admin") {
        try await admin.listen(on: self.admin, group: group)
      }
      server.refuseConnections(to: adminBound)
      // One write, whatever standard output is: a pipe would hold back what is printed.
      Self.announce(
        """
        listening http://\(ListenAddress.text(bound))
        admin http://\(ListenAddress.text(adminBound))
        \(token.isNew ? "admin-token \(token.text)\n" : "")
        """)
    } catch {
      await server.shutdown(within: .zero)
      await admin.shutdown()
      await registry.shutDown()
      spares.end()
      await WorkerProcesses.allEnded()
      throw error
    }
    let watch = self.options.watch ? PluginWatcher(manager: manager, logger: self.logger) : nil
    let watching = Task { await watch?.run() }
    await signals.first()
    watching.cancel()
    self.logger.info("stopping")
    let isComplete = await server.shutdown(within: .seconds(10))
    if !isComplete { self.logger.warning("exchanges were cut off after ten seconds") }
    await admin.shutdown()
    await registry.shutDown()
    spares.end()
    await WorkerProcesses.allEnded()
  }

  /// - Throws: ``ExitFailure`` with the first plugin's error.
  private static func load(
    _ plugins: [PluginDefinition], into manager: PluginManager
  ) async throws {
    for plugin in plugins {
      do throws(PluginManager.Failure) {
        try await manager.add(plugin)
      } catch {
        throw ExitFailure(
          .configuration, "the plugin \(plugin.name) cannot be loaded: \(error)")
      }
    }
  }

  private func makeRegistry(
    _ storage: StorageDirectory, _ caches: CacheStore, _ fetcher: HTTPFetcher
  ) -> ServiceWorkerRegistry {
    let logger = self.logger
    let report:
      @Sendable (String, Result<ServiceWorkerRegistry.UpdateOutcome, PluginError>) -> Void =
        { plugin, result in
          switch result {
          case .success(let outcome):
            logger.notice("updated", metadata: ["plugin": "\(plugin)", "outcome": "\(outcome)"])
          case .failure(let error):
            logger.error(
              "The update failed; the version that was there goes on.",
              metadata: ["plugin": "\(plugin)", "cause": "\(error.message)"])
          }
        }
    return ServiceWorkerRegistry(
      store: DatabaseRegistrationStore(in: storage), caches: caches, fetcher: fetcher,
      now: { Self.milliseconds() }, onSoftUpdate: report)
  }

  /// The time since 1970.
  private static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// A clock that nobody sets.
  private static func monotonicMilliseconds() -> Int64 {
    Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000)
  }

  private static func announce(_ lines: String) {
    var lines = lines
    lines.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }

  /// Every connection is a descriptor, and the usual soft limit of 1024 stems from `select()`.
  private static func raiseDescriptorLimit() {
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(resource, &limit)
  }

  private func checkOptions() throws {
    guard ListenAddress.isLoopback(self.admin) else {
      throw ExitFailure(.usage, "--admin has to be a loopback address, such as 127.0.0.1:8081.")
    }
    if !ListenAddress.isLoopback(self.listen) {
      self.logger.warning(
        "listening beyond this machine: whoever reaches the port can use the proxy")
    }
    if self.options.upstream.isInsecure {
      self.logger.warning(
        "origins' certificates are not verified: whoever is in between can read and change everything"
      )
    }
  }

  private func loadAuthority() throws -> CertificateAuthority {
    try UserDirectories.create(self.dataDirectory)
    let path = self.options.caDirectory ?? UserDirectories.authority(in: self.dataDirectory)
    do {
      try UserDirectories.create(path)
      return try CertificateAuthority.loadOrCreate(directory: path)
    } catch let error as CertificateAuthorityError {
      throw ExitFailure(.configuration, error.description)
    }
  }

  private func openAccessLog() throws -> AccessLog? {
    guard let option = self.options.accessLog else { return nil }
    do {
      return try AccessLog(
        option.destination, format: self.options.accessLogFormat, logger: self.logger)
    } catch {
      throw ExitFailure(
        .failure, "--access-log \(option.text) cannot be opened for writing: \(error).")
    }
  }

  private func makeServer(
    _ authority: CertificateAuthority, _ group: MultiThreadedEventLoopGroup,
    _ accessLog: AccessLog?
  ) throws -> ProxyServer {
    for path in self.options.upstream.authorities where access(path, R_OK) != 0 {
      throw ExitFailure(
        .noInput, "--upstream-ca \(path) cannot be read: \(String(cString: strerror(errno))).")
    }
    var configuration = ProxyConfiguration(
      listen: self.listen, eventLoops: System.coreCount)
    configuration.intercept = self.options.intercept
    configuration.networkErrors = self.options.networkErrors
    configuration.limits = self.options.limits.limits
    configuration.gatewayHosts = Set(self.options.gatewayHosts.map { $0.lowercased() })
    try self.options.upstream.apply(to: &configuration)
    do {
      return try ProxyServer(
        configuration, authority: authority, trust: self.options.upstream.trust, group: group,
        logger: self.logger, accessLog: accessLog)
    } catch {
      throw ExitFailure(.configuration, "\(error)")
    }
  }

  private func bind(
    _ address: SocketAddress, _ option: String, _ listen: () async throws -> SocketAddress
  ) async throws -> SocketAddress {
    do {
      return try await listen()
    } catch let error as IOError {
      let cause = String(cString: strerror(error.errnoCode))
      throw ExitFailure(
        .unavailable,
        "\(option) \(ListenAddress.text(address)) cannot be listened on: \(cause). "
          + "Choose another port, or 0 for any.")
    }
  }
}
