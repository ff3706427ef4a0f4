import CJavaScriptCore
import NIOCore

/// A module that is loaded.
struct LoadedModule {
  /// What messages call it: a path or a URL.
  let name: String
  let module: TransformedModule
}

extension JavaScriptPlugin {
  /// Loading and making modules; Modules.js does the rest.
  var moduleNatives: [Native] {
    [
      ("loadModule", { [unowned self] in self.loadModule($0.text(0), type: $0.text(1)) }),
      (
        "makeModule",
        { [unowned self] in
          let live = $0.text(1).split(separator: "\n").map(String.init)
          return self.makeModule(Int($0.uint32(0)), live: Set(live))
        }
      ),
    ]
  }

  private enum Outcome: Double {
    case failed = 0
    case module = 1
    case json = 2
  }

  private func outcome(_ outcome: Outcome, _ json: JSONText, number: Int = -1) -> JSValue {
    self.context.array(
      self.context.number(outcome.rawValue), self.context.string(json.text),
      self.context.number(Double(number)))
  }

  /// `(URL, type)` → `[outcome, JSON, number]`.
  private func loadModule(_ url: String, type: String) -> JSValue? {
    // The first one is the plugin's own script, which the host has sent.
    if self.modules.isEmpty, type.isEmpty {
      return self.addModule(self.start.source, name: self.start.scriptPath, url: url)
    }
    let kind: CallKind = type == "json" ? .importJSON : .importModule
    self.lastCall &+= 1
    guard
      self.socket.send(.call(call: self.lastCall, kind: kind, payload: ByteBuffer(string: url)))
    else { return self.moduleFailure("TypeError", "The URL is too long.", "", (0, 0)) }
    guard
      case .callResult(_, let errorName, let message, let payload) =
        self.socket.waitForAnswer(to: self.lastCall)
    else { return self.moduleFailure("TypeError", "The worker is about to end.", "", (0, 0)) }
    guard errorName.isEmpty, let script = ImportedScript(payload) else {
      guard errorName == "SyntaxError", let failure = ScriptFailure(told: message) else {
        return self.moduleFailure("TypeError", message, "", (0, 0))
      }
      return self.moduleFailure(
        errorName, failure.message, failure.file, (Int(failure.line), Int(failure.column)))
    }
    let source = decodeScript(Array(script.source.readableBytesView))
    let finalURL = script.url.isEmpty ? url : script.url
    guard type != "json" else {
      return self.outcome(
        .json, JSONText(["url": finalURL, "file": script.name, "text": source]))
    }
    return self.addModule(source, name: script.name, url: finalURL)
  }

  private func addModule(_ source: String, name: String, url: String) -> JSValue {
    self.noteCompiled(source, name: name)
    let module: TransformedModule
    do throws(ModuleSyntaxError) {
      module = try ModuleTransformer.transform(
        source, isCompiled: ScriptLanguage(name: name) == .typeScript)
    } catch {
      return self.moduleFailure(
        "SyntaxError", error.message, name, TextPlaces(source).place(error.offset))
    }
    if let failure = self.syntaxFailure(of: module, source: source, name: name) { return failure }
    self.modules.append(LoadedModule(name: name, module: module))
    let record = JSONText(module, url: url, file: name, places: TextPlaces(source))
    return self.outcome(.module, record, number: self.modules.count - 1)
  }

  /// What the engine does not accept in the module's text.
  private func syntaxFailure(
    of module: TransformedModule, source: String, name: String
  ) -> JSValue? {
    let text = String(decoding: module.text, as: UTF8.self)
    var exception: JSValue?
    let isFine = self.context.checkSyntax(
      self.context.string("\"use strict\";" + text), file: name, exception: &exception)
    if let place = module.firstTopLevelAwait {
      // In a static block `await` is as reserved as in a module; in an async function it is not.
      var ignored: JSValue?
      if !self.isSyntax("class $c{static{" + text + "\n}}", &ignored),
        self.isSyntax("(async function(){\"use strict\";" + text + "\n})", &ignored)
      {
        return self.moduleFailure(
          "SyntaxError", "Top-level await is not allowed in service workers.", name,
          TextPlaces(source).place(place))
      }
    }
    guard !isFine, let exception else { return nil }
    let failure = ScriptFailure(
      exception: exception, in: self.context, file: name, source: source)
    let message = failure.message.split(separator: ":", maxSplits: 1).last ?? ""
    // The engine's own column is that of the script that is running.
    let column = ScriptFailure.columnOfToken(
      in: failure.message, source: source, line: failure.line)
    return self.moduleFailure(
      "SyntaxError", String(message.drop { $0 == " " }), name, (Int(failure.line), Int(column)))
  }

  private func isSyntax(_ text: String, _ exception: inout JSValue?) -> Bool {
    self.context.checkSyntax(self.context.string(text), file: "", exception: &exception)
  }

  private func moduleFailure(
    _ name: String, _ message: String, _ file: String, _ place: (line: Int, column: Int)
  ) -> JSValue {
    self.outcome(
      .failed,
      JSONText(
        ["name": name, "message": message, "file": file],
        numbers: ["line": place.line, "column": place.column]))
  }

  /// `(number, names)` → the function that makes the module's generator function, or `[exception]`.
  ///
  /// The named imports are read each time they are used: they are properties of an object that `with`
  /// puts around the module. As that slows every other name down, and is `this` in a function that is
  /// called by such a name, imports that do not change are constants instead.
  private func makeModule(_ number: Int, live: Set<String>) -> JSValue? {
    guard self.modules.indices.contains(number) else { return nil }
    let module = self.modules[number].module
    let helper = module.helper
    var prefix = "(function(\(helper)){"
    if !live.isEmpty { prefix += "with(\(helper).scope){" }
    prefix += "return function*(){\"use strict\";"
    let constants = module.imports.map { $0.local }.filter { !live.contains($0) }
    if !constants.isEmpty {
      prefix += "const{\(constants.joined(separator: ","))}=\(helper).constants;"
    }
    let getters = module.exports.compactMap { export -> String? in
      guard case .local(_, let local) = export else { return nil }
      return "()=>\(local)"
    }
    prefix += "\(helper).exports([\(getters.joined(separator: ","))]);yield;"
    self.notePrefix(prefix, of: self.modules[number].name)
    var text = Array(prefix.utf8)
    text += module.text
    text += Array((live.isEmpty ? "\n}})" : "\n}}})").utf8)
    var exception: JSValue?
    let function = text.withUnsafeBytes { bytes in
      self.context.evaluate(
        self.context.string(utf8: bytes), file: self.modules[number].name, exception: &exception)
    }
    guard let exception else { return function }
    // For the script to throw: there is no other way out of here.
    return self.context.array(exception, self.context.undefined, self.context.undefined)
  }

  /// Runs the plugin's script as a module. Returns what it threw.
  func runModule() -> JSValue? {
    guard let hook = self.hook(.runModule) else { return nil }
    var exception: JSValue?
    _ = self.context.call(hook, 1, exception: &exception) {
      $0[0] = self.context.string(self.start.scriptURL)
    }
    return exception
  }
}

/// Lines and columns of a text.
struct TextPlaces {
  private let bytes: [UInt8]

  init(_ text: String) { self.bytes = Array(text.utf8) }

  /// The line and the column in UTF-16 code units, both from 1, of a byte.
  func place(_ offset: Int) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for (index, byte) in self.bytes.prefix(offset).enumerated() {
      let isBreak =
        byte == Ascii.lineFeed && !(index > 0 && self.bytes[index - 1] == Ascii.carriageReturn)
        || byte == Ascii.carriageReturn
      if isBreak {
        line += 1
        column = 1
      } else if byte == Ascii.lineFeed {
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += byte >= 0xF0 ? 2 : 1
      }
    }
    return (line, column)
  }
}
