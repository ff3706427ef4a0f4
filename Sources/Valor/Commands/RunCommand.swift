public import ArgumentParser
public import Logging
public import Proxy

/// `valor run`: the proxy.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Starts the proxy.",
    discussion: """
      Prints a line for each address that it listens on when everything is ready:

        listening http://127.0.0.1:8080
        admin http://127.0.0.1:8081

      SIGTERM and SIGINT end it: running exchanges may finish within ten seconds.
      """)

  @Option(help: "Where clients connect: ADDRESS:PORT, port 0 for any. (default: 127.0.0.1:8080)")
  var listen: ListenAddress?
  @Option(help: "Where GET /_health is answered: a loopback ADDRESS:PORT. (default: 127.0.0.1:8081)")
  var admin: ListenAddress?
  @Option(
    name: .customLong("plugin"),
    help: ArgumentHelp(
      "A service worker script and the URLs it claims, as absolute URL prefixes.",
      valueName: "FILE=SCOPE,…"))
  var plugins: [PluginOption] = []
  @Option(help: "Which CONNECT tunnels are opened: claimed, all or none.")
  var intercept: InterceptMode = .claimed
  @Option(
    name: .customLong("upstream-ca"),
    help: "A PEM file of certificates to trust besides the system's; may be repeated.")
  var upstreamCA: [String] = []
  @Flag(
    name: .customLong("insecure-upstream"),
    help: "Accept any certificate of an origin, unseen; Proxy-Status says so in each response.")
  var insecureUpstream = false
  @Option(
    name: .customLong("upstream-proxy"),
    help: ArgumentHelp(
      "The proxy to send everything through; Basic credentials may stand in the URL.",
      valueName: "http://[USER:PASSWORD@]HOST:PORT"))
  var upstreamProxy: String?
  @Option(
    help: ArgumentHelp(
      "A host whose CONNECT tunnels are never opened: HOST, HOST:PORT or *.DOMAIN; may be repeated.",
      valueName: "HOST"))
  var passthrough: [String] = []
  @Option(
    name: .customLong("max-upstream-connections"),
    help: "The most connections to origins, blind tunnels apart, shared among the event loops.")
  var maxUpstreamConnections = 4_096
  @Option(
    name: .customLong("max-connections-per-origin"),
    help: "The most connections to one origin that an event loop has, unused ones included.")
  var maxConnectionsPerOrigin = 256
  @Option(
    name: .customLong("max-waiting-requests"),
    help: "How many requests of an event loop may wait for such a connection; others get 503.")
  var maxWaitingRequests = 1_024
  @Option(name: .customLong("ca-dir"), help: "The certificate authority's directory.")
  var caDirectory: String?
  @Option(name: .customLong("data-dir"), help: "Where the proxy keeps its data.")
  var dataDirectory: String?
  @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
  var logLevel: Logger.Level = .notice

  func run() async throws {
    let runner = try ProxyRunner(options: self)
    try await runner.run()
  }
}

extension InterceptMode: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
