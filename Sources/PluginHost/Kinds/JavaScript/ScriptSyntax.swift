import CJavaScriptCore
public import Interceptor

/// What can be known of a script without running it.
public enum ScriptSyntax {
  /// Parses a script's file. Nothing of it is evaluated.
  ///
  /// - Throws: ``PluginError`` with the place of a mistake, or where the file cannot be read.
  public static func check(_ path: String) throws(PluginError) {
    let source = decodeScript(try readScript(path))
    guard let context = JavaScriptContext() else {
      throw PluginError(name: "Error", message: "JavaScriptCore gives no context.")
    }
    var exception: JSValue?
    guard !context.checkSyntax(context.string(source), file: path, exception: &exception),
      let exception
    else { return }
    throw ScriptFailure(exception: exception, in: context, file: path, source: source)
      .pluginError(scriptPath: path, source: source)
  }

  /// The version of the engine, such as `2.50.1`.
  public static var engineVersion: String {
    "\(valor_engine_version(0)).\(valor_engine_version(1)).\(valor_engine_version(2))"
  }
}
