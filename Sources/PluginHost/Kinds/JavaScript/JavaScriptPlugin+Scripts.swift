import CJavaScriptCore
import NIOCore

extension JavaScriptPlugin {
  /// How scripts load scripts.
  var scriptNatives: [Native] {
    [
      ("importScript", { [unowned self] in self.importScript($0.text(0)) })
    ]
  }

  /// `(URL)` → `undefined` once the script has run, `[name, message]` where there is none, or
  /// `[, exception]` of the script.
  private func importScript(_ url: String) -> JSValue? {
    self.lastCall &+= 1
    guard
      self.socket.send(
        .call(call: self.lastCall, kind: .importScript, payload: ByteBuffer(string: url)))
    else { return self.loadError("NetworkError", "The URL is too long.") }
    guard
      case .callResult(_, let errorName, let message, let payload) =
        self.socket.waitForAnswer(to: self.lastCall)
    else { return self.loadError("NetworkError", "The worker is about to end.") }
    guard errorName.isEmpty, let script = ImportedScript(payload) else {
      return self.loadError(errorName.isEmpty ? "NetworkError" : errorName, message)
    }
    return self.evaluate(script)
  }

  /// *Run a classic script*, with errors thrown again
  /// ([HTML](https://html.spec.whatwg.org/#run-a-classic-script)).
  private func evaluate(_ script: ImportedScript) -> JSValue? {
    let source = decodeScript(Array(script.source.readableBytesView))
    var exception: JSValue?
    _ = self.context.evaluate(
      self.context.string(source), file: script.name, exception: &exception)
    guard let exception else { return nil }
    guard script.isMuted else {
      return self.context.array(
        self.context.undefined, exception, self.context.undefined)
    }
    // The script that imports must not see it, but whoever wrote that script wants to know.
    let failure = ScriptFailure(
      exception: exception, in: self.context, file: script.name, source: source)
    self.socket.send(
      .console(
        level: .error, text: "Uncaught \(failure.message)",
        position: "\(failure.file):\(failure.line):\(failure.column)"))
    return self.loadError("NetworkError", "A script of another origin threw an error.")
  }

  private func loadError(_ name: String, _ message: String) -> JSValue {
    self.context.array(
      self.context.string(name), self.context.string(message), self.context.undefined)
  }
}
