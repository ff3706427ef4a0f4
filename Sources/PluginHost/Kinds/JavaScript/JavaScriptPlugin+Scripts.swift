import CJavaScriptCore
import NIOCore

extension JavaScriptPlugin {
  /// How scripts load scripts.
  var scriptNatives: [Native] {
    [
      ("importScript", { [unowned self] in self.importScript($0.text(0)) })
    ]
  }

  /// `(URL)` → `undefined` once the script has run, `[name, message]` where there is none,
  /// `['', message, 'file\nline\ncolumn']` where it cannot be parsed, or `[, exception]` of the script.
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
    if errorName == "SyntaxError", let failure = ScriptFailure(told: message) {
      return self.syntaxError(failure)
    }
    guard errorName.isEmpty, let script = ImportedScript(payload) else {
      return self.loadError(errorName.isEmpty ? "NetworkError" : errorName, message)
    }
    return self.evaluate(script)
  }

  /// *Run a classic script*, with errors thrown again
  /// ([HTML](https://html.spec.whatwg.org/#run-a-classic-script)).
  private func evaluate(_ script: ImportedScript) -> JSValue? {
    let source = decodeScript(Array(script.source.readableBytesView))
    self.noteCompiled(source, name: script.name)
    let text = self.context.string(source)
    var exception: JSValue?
    let isScript = self.context.checkSyntax(text, file: script.name, exception: &exception)
    if isScript {
      exception = nil
      _ = self.context.evaluate(text, file: script.name, exception: &exception)
    }
    guard let exception else { return nil }
    guard script.isMuted || !isScript else {
      return self.context.array(
        self.context.undefined, exception, self.context.undefined)
    }
    var failure = ScriptFailure(
      exception: exception, in: self.context, file: script.name, source: source)
    if !isScript {
      // The engine's own column is that of the script that is running.
      failure.column = ScriptFailure.columnOfToken(
        in: failure.message, source: source, line: failure.line)
    }
    guard script.isMuted else { return self.syntaxError(failure) }
    // The script that imports must not see it, but whoever wrote that script wants to know.
    failure = self.placed(failure)
    self.socket.send(
      .console(
        level: .error, text: "Uncaught \(failure.message)",
        position: "\(failure.file):\(failure.line):\(failure.column)"))
    return self.loadError("NetworkError", "A script of another origin threw an error.")
  }

  private func syntaxError(_ failure: ScriptFailure) -> JSValue {
    let prefix = "SyntaxError: "
    let message =
      failure.message.hasPrefix(prefix)
      ? String(failure.message.dropFirst(prefix.count)) : failure.message
    return self.context.array(
      self.context.string(""), self.context.string(message),
      self.context.string("\(failure.file)\n\(failure.line)\n\(failure.column)"))
  }

  private func loadError(_ name: String, _ message: String) -> JSValue {
    self.context.array(
      self.context.string(name), self.context.string(message), self.context.undefined)
  }
}
