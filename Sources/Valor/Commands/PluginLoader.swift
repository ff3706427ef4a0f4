import FetchModel
import Interceptor
import Logging
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

/// A plugin as the command line names it, its file checked.
struct PluginFile {
  let name: String
  let path: String
  let scopes: [String]

  /// - Throws: ``ExitFailure`` where the file cannot be read, is of a kind that cannot be run, or
  ///   has no scope.
  init(_ option: PluginOption) throws {
    guard access(option.path, R_OK) == 0 else {
      throw ExitFailure(
        .noInput, "--plugin \(option.path) cannot be read: \(String(cString: strerror(errno))).")
    }
    guard option.fileExtension == "js" else {
      throw ExitFailure(
        .usage, "--plugin \(option.path): only service worker scripts (.js) can be run so far.")
    }
    guard !option.scopes.isEmpty else {
      throw ExitFailure(
        .usage,
        "--plugin \(option.path) needs the URLs that it claims: "
          + "--plugin \(option.path)=https://example.com/")
    }
    for scope in option.scopes {
      guard let host = WebURL(scope)?.host, Gateway.isOwn(host) else { continue }
      throw ExitFailure(
        .configuration,
        "--plugin \(option.path): the scope \(scope) cannot be claimed: the proxy itself answers "
          + "for \(Gateway.host).")
    }
    self.name = option.name
    self.path = option.path
    self.scopes = option.scopes
  }

  /// What `self.location` says: the file's name in the directory of the first scope, so that
  /// relative URLs mean in the script what they mean in a browser, where it lies there.
  var scriptURL: String {
    let scope = scriptBase(ofScopes: self.scopes)
    let file = self.path.split(separator: "/").last.map(String.init) ?? self.path
    let path = scope.prefix { $0 != "?" && $0 != "#" }
    // The scheme has two slashes of its own.
    guard path.filter({ $0 == "/" }).count > 2, let slash = path.lastIndex(of: "/") else {
      return path + "/" + file
    }
    return path[...slash] + file
  }
}

/// Registers the plugins of the command line, one after the other.
struct PluginLoader {
  let registry: ServiceWorkerRegistry
  let network: any Fetcher
  let caches: CacheStore
  let group: MultiThreadedEventLoopGroup
  let logger: Logger

  /// - Throws: ``ExitFailure`` with the first plugin's error.
  func load(_ plugins: [PluginFile]) async throws {
    let network = RedirectFollowingFetcher(self.network)
    for plugin in plugins {
      let configuration = WorkerSupervisor.Configuration(
        name: plugin.name, scriptPath: plugin.path, scriptURL: plugin.scriptURL,
        scope: plugin.scopes[0])
      let factory = SupervisorFactory(
        configuration: configuration, executable: Self.executable, network: network,
        caches: self.caches, group: self.group, logger: self.logger)
      do {
        try await self.registry.register(
          PluginDescription(
            name: plugin.name, scriptURL: plugin.scriptURL, scopes: plugin.scopes),
          factory: factory)
      } catch {
        throw ExitFailure(
          .configuration, "the plugin \(plugin.name) cannot be loaded: \(error.message)")
      }
    }
  }

  /// This program, also where its file has been replaced since it started.
  private static var executable: String {
    #if os(Linux)
      "/proc/self/exe"
    #else
      CommandLine.arguments[0]
    #endif
  }
}
