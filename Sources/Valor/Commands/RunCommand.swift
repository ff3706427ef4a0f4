public import ArgumentParser
import Logging
import PluginHost
public import Proxy

/// `valor run`: the proxy.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Starts the proxy.",
    discussion: """
      Prints a line for each address that it listens on when everything is ready:

        listening http://127.0.0.1:8080
        admin http://127.0.0.1:8081

      The token of the admin listener is in the file admin-token of the data directory. When it has \
      just been made a third line shows it: admin-token TOKEN.

      SIGTERM and SIGINT end it: running exchanges may finish within ten seconds. SIGUSR1 opens the
      access log's file again, after it has been renamed.
      """)

  @Option(help: "Where clients connect: ADDRESS:PORT, port 0 for any. (default: 127.0.0.1:8080)")
  var listen: ListenAddress?
  @Option(
    help: ArgumentHelp(
      """
      Where GET /_health and /_plugins are answered: a loopback ADDRESS:PORT. \
      (default: 127.0.0.1:8081)
      """))
  var admin: ListenAddress?
  @Option(
    help: ArgumentHelp(
      "A JSON file of these options by their long names; the command line wins.",
      valueName: "FILE"))
  var config: String?
  @Option(
    name: .customLong("plugin"),
    help: ArgumentHelp(
      """
      A service worker script and the URLs it claims, as absolute URL prefixes. Without one, or \
      with a path, it answers at the proxy's own address, below /_NAME/. May be repeated.
      """,
      valueName: "FILE[=SCOPE,…]"))
  var plugins: [PluginOption] = []
  @Option(
    name: .customLong("plugins"),
    help: ArgumentHelp("A JSON file that lists plugins: docs/plugins.md.", valueName: "FILE"))
  var pluginsFile: String?
  @Flag(
    inversion: .prefixedNo,
    help: "Install plugins anew when their files, or what those import, change.")
  var watch = false
  @Option(
    name: .customLong("gateway-host"),
    help: ArgumentHelp(
      """
      A host name under which plugins answer at the proxy's own address, besides IP addresses, \
      localhost and valor.proxy; may be repeated.
      """,
      valueName: "NAME"))
  var gatewayHosts: [String] = []
  @Option(help: "Which CONNECT tunnels are opened: claimed, all or none.")
  var intercept: InterceptMode = .claimed
  @Option(
    name: .customLong("network-errors"),
    help: ArgumentHelp(
      """
      What a browser's navigation gets where a plugin fails: close (the connection closes, as \
      without a proxy) or page (a 502 page with the cause).
      """))
  var networkErrors: NetworkErrorAnswer = .close
  @Option(name: .customLong("ca-dir"), help: "The certificate authority's directory.")
  var caDirectory: String?
  @Option(name: .customLong("data-dir"), help: "Where the proxy keeps its data.")
  var dataDirectory: String?
  @Option(
    name: .customLong("storage-quota"),
    help: ArgumentHelp(
      "Mebibytes that the plugins of one origin may store there.", valueName: "MIB"))
  var storageQuota = CacheStore.defaultQuota >> 20
  @Option(
    name: .customLong("access-log"),
    help: ArgumentHelp(
      "Where each exchange gets a line: a file, or - for standard output.", valueName: "FILE"))
  var accessLog: AccessLogOption?
  @Option(
    name: .customLong("access-log-format"), help: "How the lines are written: json or common.")
  var accessLogFormat: AccessLogFormat = .json
  @OptionGroup(title: "Origins") var upstream: UpstreamOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @OptionGroup(title: "Limits of plugins") var pluginLimits: PluginLimitOptions
  @Option(
    name: .customLong("log-format"),
    help: "How the log on standard error is written: text or json.")
  var logFormat: LogFormat = .text
  @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
  var logLevel: LogLevel = .notice

  func validate() throws {
    guard (1...1_048_576).contains(self.storageQuota) else {
      throw ValidationError("--storage-quota has to be from 1 to 1048576.")
    }
  }

  func run() async throws {
    let runner = try ProxyRunner(options: self)
    try await runner.run()
  }
}

extension InterceptMode: ExpressibleByArgument {}
extension NetworkErrorAnswer: ExpressibleByArgument {}
extension AccessLogFormat: ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}

/// How much is logged, by the names of swift-log.
public enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error

  var level: Logger.Level { Logger.Level(rawValue: self.rawValue) ?? .notice }
}
