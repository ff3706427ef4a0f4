import ArgumentParser

/// A plugin on the command line of `valor plugins`: the keys of `plugins.json` as options.
struct PluginArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A script and its scopes, as for --plugin.", valueName: "FILE[=SCOPE,…]"))
  var plugin: PluginOption
  @Option(help: "Its name; the file's without an extension by default.")
  var name: String?
  @Option(name: .customLong("url-prefix"), help: "The path at which it is mounted.")
  var urlPrefix: String?
  @Option(help: "What the script finds in self.valor.config, as JSON.")
  var config: String?
  @Option(help: "url, or client: also what pages in its scopes request elsewhere.")
  var match: String?
  @Option(help: "How many workers it has.")
  var instances: Int?
  @Option(name: .customLong("on-failure"), help: "error or fail-open.")
  var onFailure: String?
  @Flag(help: "Send the script itself rather than its path.")
  var inline = false

  var pluginName: String { self.name ?? self.plugin.name }

  /// The body of a request to the admin listener.
  ///
  /// - Throws: ``ExitFailure`` where the script cannot be read, or the configuration is no JSON.
  func json() throws -> JSONOutput {
    var members: [JSONOutput.Member] = [
      .init(key: "name", value: .string(self.pluginName)),
      .init(key: "scopes", value: .strings(self.plugin.scopes)), try self.source(),
    ]
    for (key, text) in [
      ("url_prefix", self.urlPrefix), ("match", self.match), ("on_failure", self.onFailure),
    ] {
      if let text { members.append(.init(key: key, value: .string(text))) }
    }
    if let instances { members.append(.init(key: "instances", value: .int(instances))) }
    if let config { members.append(.init(key: "config", value: .raw(try Self.checked(config)))) }
    return .object(members)
  }

  private func source() throws -> JSONOutput.Member {
    guard self.inline else {
      return .init(key: "path", value: .string(absolutePath(self.plugin.path)))
    }
    do {
      let bytes = try readConfigurationFile(self.plugin.path)
      return .init(key: "source", value: .string(String(decoding: bytes, as: UTF8.self)))
    } catch {
      throw ExitFailure(.noInput, "\(self.plugin.path) cannot be read: \(error.reason).")
    }
  }

  private static func checked(_ config: String) throws -> String {
    do throws(DefinitionError) {
      _ = try parseJSON(config.utf8, DefinitionError(file: "--config", reason: ""))
      return config
    } catch {
      throw ExitFailure(.usage, "\(error).")
    }
  }
}
