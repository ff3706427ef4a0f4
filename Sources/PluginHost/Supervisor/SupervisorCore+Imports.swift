import FetchModel
import Interceptor
import NIOCore

extension SupervisorCore {
  /// The worker waits for a script or a module. The answer's payload is ``ImportedScript/frame``.
  func importAsked(_ call: UInt32, _ kind: ScriptLoader.Kind, _ url: String) {
    let generation = self.connection.generation
    guard let url = WebURL(url) else {
      return self.answer(call, generation: generation, importFailure("It is no URL."))
    }
    let key = url.hrefWithoutFragment
    switch self.imports.asked(key) {
    case .found(let script): self.answerImport(call, generation, key, kind, script)
    case .refused(let message):
      self.answer(call, generation: generation, importFailure(message))
    case .load: self.loadImport(call, generation, url, kind)
    }
  }

  private func loadImport(
    _ call: UInt32, _ generation: Int, _ url: WebURL, _ kind: ScriptLoader.Kind
  ) {
    let signal = FetchSignal()
    let timeout = self.eventLoop.scheduleTask(in: ScriptLoader.patience) { signal.abort() }
    let loader = ScriptLoader(
      scriptPath: self.configuration.importPath, scriptURL: self.configuration.scriptURL,
      network: self.network)
    loader.load(url, as: kind, signal: signal) { result in
      self.eventLoop.execute {
        timeout.cancel()
        self.imported(call, generation, url.hrefWithoutFragment, kind, result)
      }
    }
  }

  private func imported(
    _ call: UInt32, _ generation: Int, _ url: String, _ kind: ScriptLoader.Kind,
    _ result: Result<ScriptLoader.Script, ScriptLoader.Failure>
  ) {
    switch result {
    case .success(let script):
      guard self.imports.loaded(url, script) else {
        return self.answer(
          call, generation: generation, importFailure("The plugin imports too much."))
      }
      self.answerImport(call, generation, url, kind, script)
    case .failure(let failure):
      self.imports.failed()
      self.answer(call, generation: generation, importFailure(failure.message))
    }
  }

  /// Answers with a script that is kept under this URL, compiled where it has to be.
  private func answerImport(
    _ call: UInt32, _ generation: Int, _ url: String, _ kind: ScriptLoader.Kind,
    _ script: ScriptLoader.Script
  ) {
    let url = script.url ?? url
    guard kind != .json, ScriptLanguage(url: url) == .typeScript else {
      return self.answerImport(call, generation, script)
    }
    if let compiled = self.imports.compiled(url) {
      var script = script
      script.bytes = compiled
      return self.answerImport(call, generation, script)
    }
    TypeScriptCompiler.compile(script.bytes, file: script.name, isModule: kind == .module) {
      result in
      self.eventLoop.execute {
        switch result {
        case .success(let compiled) where self.imports.compiled(url, compiled):
          var script = script
          script.bytes = compiled
          self.answerImport(call, generation, script)
        case .success:
          self.answer(
            call, generation: generation, importFailure("The plugin imports too much."))
        case .failure(let failure):
          self.answer(call, generation: generation, .failure(failure.importError))
        }
      }
    }
  }

  private func answerImport(_ call: UInt32, _ generation: Int, _ script: ScriptLoader.Script) {
    let own = WebURL(self.configuration.scriptURL)?.origin
    let origin = script.origin ?? (script.name.hasPrefix("/") ? own : WebURL(script.name)?.origin)
    let answer = ImportedScript(
      name: script.name, url: script.url ?? "", source: ByteBuffer(bytes: script.bytes),
      isMuted: origin != own)
    self.answer(call, generation: generation, .success(answer.frame))
  }
}

private func importFailure(_ message: String) -> Result<ByteBuffer, PluginError> {
  .failure(PluginError(name: "NetworkError", message: message))
}

extension ScriptFailure {
  /// What the worker is told: a `SyntaxError` has `FILE:LINE:COLUMN` in its second line.
  fileprivate var importError: PluginError {
    guard self.line > 0 else { return PluginError(name: "NetworkError", message: self.message) }
    let message = self.message.split(separator: ": ", maxSplits: 1).last ?? ""
    return PluginError(
      name: "SyntaxError", message: "\(message)\n\(self.file):\(self.line):\(self.column)")
  }
}
