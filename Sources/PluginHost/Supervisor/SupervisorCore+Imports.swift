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
    case .found(let script): self.answerImport(call, generation, script)
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
        self.imported(call, generation, url.hrefWithoutFragment, result)
      }
    }
  }

  private func imported(
    _ call: UInt32, _ generation: Int, _ url: String,
    _ result: Result<ScriptLoader.Script, ScriptLoader.Failure>
  ) {
    switch result {
    case .success(let script):
      guard self.imports.loaded(url, script) else {
        return self.answer(
          call, generation: generation, importFailure("The plugin imports too much."))
      }
      self.answerImport(call, generation, script)
    case .failure(let failure):
      self.imports.failed()
      self.answer(call, generation: generation, importFailure(failure.message))
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
