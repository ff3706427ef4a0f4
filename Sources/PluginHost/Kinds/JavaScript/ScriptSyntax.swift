import CJavaScriptCore
public import Interceptor

/// What can be known of a script without running it.
public enum ScriptSyntax {
  /// Parses a script's file, which is compiled where it has to be. Nothing of it is evaluated.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - isModule: what it would be evaluated as.
  /// - Throws: ``PluginError`` with the place of a mistake, or where the file cannot be read.
  public static func check(_ path: String, isModule: Bool) throws(PluginError) {
    let bytes = try readScript(path)
    let source = decodeScript(bytes)
    do throws(ScriptFailure) {
      if ScriptLanguage(path: path) == .typeScript {
        _ = try TypeScriptCompiler.compile(bytes, file: path, isModule: isModule)
      } else {
        try self.check(source, path, isModule: isModule)
      }
    } catch { throw error.pluginError(source: source) }
  }

  private static func check(
    _ source: String, _ path: String, isModule: Bool
  ) throws(ScriptFailure) {
    guard let context = JavaScriptContext() else {
      throw ScriptFailure(
        message: "JavaScriptCore gives no context.", file: path, line: 0, column: 0)
    }
    var text = source
    if isModule {
      do throws(ModuleSyntaxError) {
        let module = try ModuleTransformer.transform(source)
        text = "\"use strict\";" + String(decoding: module.text, as: UTF8.self)
      } catch {
        let place = TextPlaces(source).place(error.offset)
        throw ScriptFailure(
          message: "SyntaxError: \(error.message)", file: path, line: UInt32(clamping: place.line),
          column: UInt32(clamping: place.column))
      }
    }
    var exception: JSValue?
    guard !context.checkSyntax(context.string(text), file: path, exception: &exception),
      let exception
    else { return }
    throw ScriptFailure(exception: exception, in: context, file: path, source: source)
  }

  /// The version of the engine, such as `2.50.1`.
  public static var engineVersion: String {
    "\(valor_engine_version(0)).\(valor_engine_version(1)).\(valor_engine_version(2))"
  }
}
