#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `plugins.json`: the plugins of a proxy in one file.
///
/// ```json
/// { "plugins": [ { "name": "hello", "path": "hello.js", "scopes": ["https://example.com/"] } ] }
/// ```
enum PluginsFile {
  /// Reads the file. Nothing is loaded before all of it is found to be good, and every script there.
  ///
  /// - Throws: ``ExitFailure``: the file cannot be read, or it says something wrong.
  static func read(_ path: String) throws -> [PluginDefinition] {
    let bytes: [UInt8]
    do {
      bytes = try readConfigurationFile(path)
    } catch {
      throw ExitFailure(.noInput, "--plugins \(path) cannot be read: \(error.reason).")
    }
    do throws(DefinitionError) {
      let definitions = try Self.parse(bytes, file: path)
      return definitions
    } catch {
      throw ExitFailure(.configuration, "\(error).")
    }
  }

  /// - Parameters:
  ///   - file: for messages, and what paths are relative to.
  ///   - isReadable: whether a script is there, with the reason where it is not.
  static func parse(
    _ bytes: [UInt8], file: String, problem: (String) -> String? = unreadable
  ) throws(DefinitionError) -> [PluginDefinition] {
    let context = DefinitionError(file: file, reason: "")
    var reader = try ObjectReader(parseJSON(bytes, context), in: context)
    guard let list = reader.take("plugins") else { throw reader.error("it has no \"plugins\"") }
    try reader.finish()
    guard case .array(let elements) = list.value else {
      throw reader.error(list, "plugins", "an array has to be here, not \(list.kind)")
    }
    var definitions: [PluginDefinition] = []
    for element in elements {
      let definition = try PluginDefinition(
        element, in: context, directory: directoryOf(file))
      var error = context
      error.plugin = definition.name
      error.position = element.position
      if case .file(let path) = definition.source, let reason = problem(path) {
        error.key = "path"
        error.reason = "\(path) cannot be read: \(reason)"
        throw error
      }
      if let reason = conflict(of: definition, with: definitions) {
        error.reason = reason
        throw error
      }
      definitions.append(definition)
    }
    return definitions
  }
}

/// What two plugins may not share; `nil` where the new one shares nothing of it with the others.
func conflict(of new: PluginDefinition, with others: [PluginDefinition]) -> String? {
  for old in others {
    if old.name.lowercased() == new.name.lowercased() {
      return "there are two plugins of this name: give one another"
    }
    if old.isMounted, new.isMounted, old.mountPath == new.mountPath {
      return
        "the plugin \(old.name) is mounted at \(new.mountPath) too: change one's \"url_prefix\""
    }
    let scopes = Set(old.scopeURLs)
    if let scope = new.scopeURLs.first(where: { scopes.contains($0) }) {
      return "the plugin \(old.name) has the scope \(scope) too: change one of them"
    }
  }
  return nil
}

/// Parses a JSON text.
func parseJSON(
  _ bytes: some Sequence<UInt8>, _ context: DefinitionError
) throws(DefinitionError) -> JSONNode {
  do throws(JSONSyntaxError) {
    return try JSONParser.parse(bytes)
  } catch {
    var wrong = context
    wrong.position = error.position
    wrong.reason = error.reason
    throw wrong
  }
}

/// Why a file could not be read.
struct UnreadableFile: Error { var reason: String }

/// Reads a file of up to 4 MiB.
func readConfigurationFile(_ path: String) throws(UnreadableFile) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw UnreadableFile(reason: String(cString: strerror(errno))) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(descriptor, &block, block.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw UnreadableFile(reason: String(cString: strerror(errno))) }
    if count == 0 { return bytes }
    bytes += block[..<count]
    guard bytes.count <= 4 << 20 else { throw UnreadableFile(reason: "it is longer than 4 MiB") }
  }
}

/// Why a script cannot be read; `nil` where it can.
func unreadable(_ path: String) -> String? {
  access(path, R_OK) == 0 ? nil : String(cString: strerror(errno))
}
