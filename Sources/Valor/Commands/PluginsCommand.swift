import ArgumentParser

/// `valor plugins`: the plugins of a running proxy.
struct PluginsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugins", abstract: "Lists and changes the plugins of a running proxy.",
    discussion: "Asks its admin listener, with the token from the data directory.",
    subcommands: [List.self, Add.self, Update.self, Remove.self, Reload.self])

  /// Which proxy.
  struct Target: ParsableArguments {
    @Option(help: "The URL of its admin listener.")
    var admin = "http://127.0.0.1:8081"
    @Option(name: .customLong("data-dir"), help: "Its data directory, which has the token.")
    var dataDirectory: String?

    func client() throws -> AdminClient {
      let directory = self.dataDirectory ?? UserDirectories.data
      guard let token = try AdminToken.load(in: directory) else {
        throw ExitFailure(
          .noInput,
          "there is no \(AdminToken.fileName) in \(directory): give the proxy's --data-dir.")
      }
      return try AdminClient(url: self.admin, token: token)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the plugins.")
    @OptionGroup var target: Target
    @Flag(help: "Print the JSON of the admin listener.")
    var json = false

    func run() async throws {
      let answer = try await self.target.client().send("GET", "/_plugins")
      let root = try PluginsCommand.check(answer)
      if self.json {
        print(root.text)
      } else {
        print(PluginTable.text(root), terminator: "")
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Registers a plugin.")
    @OptionGroup var definition: PluginArguments
    @OptionGroup var target: Target

    func run() async throws {
      let client = try self.target.client()
      let answer = try await client.send("POST", "/_plugins", body: try self.definition.json().text)
      let root = try PluginsCommand.check(answer)
      print("added \(root["name"]?.shown ?? ""): \(root["state"]?.shown ?? "")")
    }
  }

  struct Update: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Defines a plugin anew.",
      discussion: """
        What is not given is as if it had never been. Where the new one does not load, the plugin is \
        what it was.
        """)
    @OptionGroup var definition: PluginArguments
    @OptionGroup var target: Target

    func run() async throws {
      let path = try PluginsCommand.path(self.definition.pluginName)
      let client = try self.target.client()
      let answer = try await client.send("PUT", path, body: try self.definition.json().text)
      let root = try PluginsCommand.check(answer)
      print("updated \(root["name"]?.shown ?? ""): \(root["state"]?.shown ?? "")")
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Unregisters a plugin.")
    @Argument var name: String
    @OptionGroup var target: Target

    func run() async throws {
      let path = try PluginsCommand.path(self.name)
      try PluginsCommand.check(try await self.target.client().send("DELETE", path))
      print("removed \(self.name)")
    }
  }

  struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Installs a plugin's script anew where it has changed.")
    @Argument var names: [String]
    @OptionGroup var target: Target

    func run() async throws {
      let client = try self.target.client()
      for name in self.names {
        let answer = try await client.send("PUT", try PluginsCommand.path(name))
        let root = try PluginsCommand.check(answer)
        print("\(name): \(root["outcome"]?.shown ?? "")")
      }
    }
  }

  private static func path(_ name: String) throws -> String {
    if let problem = PluginDefinition.problem(withName: name) {
      throw ExitFailure(.usage, "\(name) is no plugin's name: \(problem).")
    }
    return "/_plugins/\(name)"
  }

  /// The JSON of an answer.
  ///
  /// - Throws: ``ExitFailure`` with what the proxy said where it refused.
  @discardableResult
  private static func check(_ answer: AdminClient.Answer) throws -> JSONNode {
    let root = try? JSONParser.parse(answer.body.isEmpty ? Array("{}".utf8) : answer.body)
    if (200..<300).contains(answer.status), let root { return root }
    let message = root?["error"]?.shown ?? String(decoding: answer.body, as: UTF8.self)
    throw ExitFailure(
      .failure, message.last?.isNewline == true ? String(message.dropLast()) : message)
  }
}
