import NIOCore
import NIOPosix
import Synchronization

/// Makes JavaScript of TypeScript, by esbuild: types are taken out and not checked.
///
/// esbuild gets the text on its standard input, so it reads no file and no configuration, whatever lies
/// beside the script.
enum TypeScriptCompiler {
  /// How long it may take, in seconds. Usually it is some hundredths of one.
  private static let patience = 60
  private static let outputLimit = ScriptLoader.maximumLength

  /// The threads that wait for esbuild. Two, so that one script that takes long does not hold up all
  /// others, and not those for files, whose users would wait.
  private static let threads: NIOThreadPool = {
    let pool = NIOThreadPool(numberOfThreads: 2)
    pool.start()
    return pool
  }()

  /// Compiles off the caller's thread. `completion` is called exactly once, on another one.
  static func compile(
    _ source: [UInt8], file: String, isModule: Bool,
    completion: @escaping @Sendable (Result<[UInt8], ScriptFailure>) -> Void
  ) {
    self.threads.submit { state in
      guard case .active = state else {
        return completion(
          .failure(ScriptFailure("The program is about to end.", file: file)))
      }
      do throws(ScriptFailure) {
        completion(
          .success(try self.compile(source, file: file, isModule: isModule)))
      } catch { completion(.failure(error)) }
    }
  }

  /// Compiles a script. Waits for esbuild.
  ///
  /// - Parameters:
  ///   - source: the script's bytes.
  ///   - file: what messages call it.
  ///   - isModule: what it is going to be evaluated as.
  /// - Returns: JavaScript with a source map in its last line.
  /// - Throws: ``ScriptFailure`` with the place of a mistake.
  static func compile(
    _ source: [UInt8], file: String, isModule: Bool
  ) throws(ScriptFailure) -> [UInt8] {
    guard let path = BoundedProgram.find("esbuild") else {
      throw ScriptFailure(
        "TypeScript needs esbuild, which is not installed: apt-get install esbuild", file: file)
    }
    let output: BoundedProgram.Output
    do throws(BoundedProgram.Failure) {
      output = try self.run(path, source)
    } catch {
      throw ScriptFailure("esbuild failed: \(error.message).", file: file)
    }
    guard output.status == 0 else {
      throw self.failure(output.errors, status: output.status, source: source, file: file)
    }
    return isModule ? output.output : try self.classic(output.output, file: file)
  }

  // MARK: The program

  /// JSON modules need their attribute, which is newer than ES2022 and was called an assertion once.
  private static let attributes = "import-attributes"
  /// Whether esbuild knows that name; it has since 0.19.7.
  private static let knowsAttributes = Atomic(true)

  private static func run(
    _ path: String, _ source: [UInt8]
  ) throws(BoundedProgram.Failure) -> BoundedProgram.Output {
    var arguments = [
      "--loader=ts", "--target=es2022", "--supported:import-assertions=true", "--charset=utf8",
      "--sourcemap=inline", "--sources-content=false", "--sourcefile=script.ts",
      "--log-level=error", "--log-limit=1", "--color=false",
    ]
    let hasNewName = self.knowsAttributes.load(ordering: .relaxed)
    if hasNewName { arguments.append("--supported:\(self.attributes)=true") }
    let program = BoundedProgram(
      path: path, arguments: arguments, outputLimit: self.outputLimit, patience: self.patience)
    let output = try program.run(input: source)
    let refusal = "[ERROR] \"\(self.attributes)\" is not a valid feature name"
    guard output.status != 0, hasNewName,
      String(decoding: output.errors, as: UTF8.self).trimmingMark().hasPrefix(refusal)
    else { return output }
    self.knowsAttributes.store(false, ordering: .relaxed)
    return try self.run(path, source)
  }

  // MARK: Messages

  /// What esbuild says of a mistake:
  ///
  ///     ✘ [ERROR] Expected ";" but found "y"
  ///
  ///         script.ts:1:22:
  ///
  /// The column counts bytes, from 0.
  static func failure(
    _ text: [UInt8], status: CInt, source: [UInt8], file: String
  ) -> ScriptFailure {
    let lines = String(decoding: text, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.firstIndex(where: { $0.contains("[ERROR] ") }),
      let message = lines[first].split(separator: "[ERROR] ", maxSplits: 1).last
    else {
      return ScriptFailure("esbuild failed with status \(status >> 8 & 0xFF).", file: file)
    }
    var failure = ScriptFailure("SyntaxError: \(message)", file: file)
    let place = lines[first...].lazy.map { $0.split(separator: ":") }
      .first { $0.count == 3 && $0[0].hasSuffix("script.ts") }
    if let place, let line = Int(place[1]), let column = Int(place[2]) {
      failure.line = UInt32(clamping: line)
      failure.column = UInt32(clamping: self.column(ofByte: column, line: line, in: source))
    }
    return failure
  }

  /// The column in UTF-16 code units, from 1, of a byte of a line.
  private static func column(ofByte byte: Int, line: Int, in source: [UInt8]) -> Int {
    let lines = decodeScript(source).split(omittingEmptySubsequences: false) { $0.isNewline }
    guard lines.indices.contains(line - 1) else { return 0 }
    return String(decoding: lines[line - 1].utf8.prefix(byte), as: UTF8.self).utf16.count + 1
  }

  // MARK: Classic scripts

  /// The script without `export {}`, which says to TypeScript that a file's names are its own and
  /// means nothing else.
  ///
  /// - Throws: ``ScriptFailure`` where it imports or exports anything: it is a module.
  private static func classic(_ script: [UInt8], file: String) throws(ScriptFailure) -> [UInt8] {
    var script = script
    for declaration in self.moduleDeclarations(in: script) {
      guard let empty = declaration.emptyExport else {
        throw self.moduleFailure(script, at: declaration.start, file: file)
      }
      for byte in empty { script[byte] = UInt8(ascii: " ") }
    }
    return script
  }

  private struct ModuleDeclaration {
    var start: Int
    /// Its bytes, where it is `export {}`.
    var emptyExport: Range<Int>?
  }

  private static func moduleDeclarations(in script: [UInt8]) -> [ModuleDeclaration] {
    script.withUnsafeBufferPointer { bytes in
      // What is no JavaScript the engine will say.
      guard let tokens = try? ModuleLexer.tokens(of: bytes) else { return [] }
      func isText(_ index: Int, _ text: String) -> Bool {
        tokens.indices.contains(index)
          && bytes[tokens[index].start..<tokens[index].end].elementsEqual(text.utf8)
      }
      return tokens.indices.compactMap { index -> ModuleDeclaration? in
        let token = tokens[index]
        guard token.kind == .word, token.depth == 0, token.startsStatement, !token.isPropertyName
        else { return nil }
        if isText(index, "export") {
          let isEmpty = isText(index + 1, "{") && isText(index + 2, "}") && isText(index + 3, ";")
          return ModuleDeclaration(
            start: token.start,
            emptyExport: isEmpty ? token.start..<tokens[index + 3].end : nil)
        }
        guard isText(index, "import"), !isText(index + 1, "("), !isText(index + 1, ".") else {
          return nil
        }
        return ModuleDeclaration(start: token.start)
      }
    }
  }

  private static func moduleFailure(
    _ script: [UInt8], at offset: Int, file: String
  ) -> ScriptFailure {
    var failure = ScriptFailure(
      "SyntaxError: A script that imports or exports is a module: call it .mts, or say "
        + "\"module\": true.", file: file)
    let text = String(decoding: script, as: UTF8.self)
    let place = TextPlaces(text).place(offset)
    if let original = SourceMap(in: text)?.original(.init(line: place.line, column: place.column)) {
      failure.line = UInt32(clamping: original.line)
      failure.column = UInt32(clamping: original.column)
    }
    return failure
  }
}

extension String {
  /// Without the mark in front of esbuild's messages. What a script has written is never there.
  fileprivate func trimmingMark() -> Substring { self.drop { $0 != "[" } }
}

extension ScriptFailure {
  fileprivate init(_ message: String, file: String) {
    self.init(message: message, file: file, line: 0, column: 0)
  }
}
