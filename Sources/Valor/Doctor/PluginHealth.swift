import Interceptor
import PluginHost

/// What `valor doctor` looks at of the plugins: the file that lists them, and each one's syntax.
enum PluginHealth {
  static func findings(file: String?, options: [PluginOption]) -> [Finding] {
    let definitions: [PluginDefinition]
    do {
      definitions = try PluginDefinition.all(file: file, options: options)
    } catch let failure as ExitFailure {
      return [Finding(.problem, "plugins", failure.message)]
    } catch {
      return [Finding(.problem, "plugins", "\(error)")]
    }
    guard !definitions.isEmpty else {
      return [Finding(.note, "plugins", "none are given; see --plugin and --plugins")]
    }
    return definitions.map(Self.finding)
  }

  private static func finding(_ definition: PluginDefinition) -> Finding {
    let subject = "plugin \(definition.name)"
    guard case .file(let path) = definition.source else {
      return Finding(.ok, subject, "inline")
    }
    do throws(PluginError) {
      try ScriptSyntax.check(path, isModule: definition.isModule)
      let places = definition.scopeURLs + (definition.isMounted ? [definition.mountPath] : [])
      return Finding(.ok, subject, "\(path) for \(places.joined(separator: ", "))")
    } catch {
      return Finding(.problem, subject, error.message)
    }
  }
}
