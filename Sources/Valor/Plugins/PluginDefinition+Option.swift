import Interceptor

extension PluginDefinition {
  /// The plugin of a `--plugin` option.
  ///
  /// - Throws: ``ExitFailure`` where the file cannot be read or is of a kind that cannot be run, or
  ///   a scope or, for a mount, the name is wrong.
  init(_ option: PluginOption) throws {
    if let reason = unreadable(option.path) {
      throw ExitFailure(.noInput, "--plugin \(option.path) cannot be read: \(reason).")
    }
    guard PluginKind(path: option.path) == .javaScript else {
      throw ExitFailure(
        .usage, "--plugin \(option.path): only service worker scripts (.js) can be run so far.")
    }
    self.init(name: option.name, source: .file(option.path))
    self.scopes = option.scopes
    func fail(_ problem: String) -> ExitFailure {
      ExitFailure(.configuration, "--plugin \(option.path): \(problem).")
    }
    for scope in option.scopes {
      if let problem = Self.problem(withScope: scope, ofPlugin: self.name) { throw fail(problem) }
    }
    if self.isMounted, let problem = Self.problem(withName: self.name) {
      throw fail(
        "its name \(self.name) is no part of a path: \(problem); rename the file, give the plugin "
          + "absolute URLs as scopes, or name it in plugins.json")
    }
  }

  /// All plugins of a command line: those of `--plugins` in the order of the file, then those of
  /// `--plugin`.
  static func all(file: String?, options: [PluginOption]) throws -> [PluginDefinition] {
    var definitions = try file.map { try PluginsFile.read($0) } ?? []
    for option in options {
      let definition = try PluginDefinition(option)
      if let reason = conflict(of: definition, with: definitions) {
        throw ExitFailure(.configuration, "--plugin \(option.path): \(reason).")
      }
      definitions.append(definition)
    }
    return definitions
  }
}
