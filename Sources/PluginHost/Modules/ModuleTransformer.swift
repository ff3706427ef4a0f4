/// Takes the declarations of imports and exports out of a module's text.
///
/// JavaScriptCore's C API has no modules. What is left of the text can stand in a function: each
/// name that an import declares is a variable around it, and each export a function inside of it that
/// returns the variable's value. Nothing else of the text changes, and no line moves.
struct ModuleTransformer {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let tokens: [ModuleToken]
  private var edits: [(range: Range<Int>, text: String)] = []
  private var module: TransformedModule
  private var isCompiled = false

  /// - Parameter isCompiled: whether a compiler has made it, of which some write `assert` for `with`.
  /// - Throws: ``ModuleSyntaxError`` for what is no module.
  static func transform(
    _ source: String, isCompiled: Bool = false
  ) throws(ModuleSyntaxError) -> TransformedModule {
    let bytes = Array(source.utf8)
    let result: Result<TransformedModule, ModuleSyntaxError> = bytes.withUnsafeBufferPointer {
      bytes in
      do throws(ModuleSyntaxError) {
        var transformer = ModuleTransformer(bytes, try ModuleLexer.tokens(of: bytes))
        transformer.isCompiled = isCompiled
        return .success(try transformer.run())
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  private init(_ bytes: UnsafeBufferPointer<UInt8>, _ tokens: [ModuleToken]) {
    self.bytes = bytes
    self.tokens = tokens
    self.module = TransformedModule(text: [], helper: Self.unusedName("$m", in: bytes))
  }

  /// A name that the text does not have anywhere.
  private static func unusedName(_ base: String, in bytes: UnsafeBufferPointer<UInt8>) -> String {
    var name = base
    var number = 0
    let haystack = UnsafeRawBufferPointer(bytes)
    while contains(haystack, Array(name.utf8)) {
      number += 1
      name = "\(base)\(number)"
    }
    return name
  }

  private static func contains(_ text: UnsafeRawBufferPointer, _ word: [UInt8]) -> Bool {
    guard text.count >= word.count else { return false }
    for start in 0...(text.count - word.count) where text[start] == word[0] {
      if text[start..<(start + word.count)].elementsEqual(word) { return true }
    }
    return false
  }

  // MARK: Walking

  private mutating func run() throws(ModuleSyntaxError) -> TransformedModule {
    var index = 0
    while index < self.tokens.count {
      let token = self.tokens[index]
      guard token.kind == .word, !token.isPropertyName else {
        index += 1
        continue
      }
      switch self.word(index) {
      case .import:
        index = try self.importToken(index)
      case .export where token.depth == 0 && token.startsStatement:
        index = try self.exportDeclaration(index)
      case .await where !token.isInFunction && self.module.firstTopLevelAwait == nil:
        self.module.firstTopLevelAwait = token.start
        index += 1
      default: index += 1
      }
    }
    self.exportImports()
    self.findMutableLocals()
    self.module.text = self.edited()
    return self.module
  }

  private func word(_ index: Int) -> JavaScriptWord {
    guard index < self.tokens.count, self.tokens[index].kind == .word else { return .other }
    return JavaScriptWord(self.slice(index))
  }

  private func slice(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: self.bytes[self.tokens[index].start..<self.tokens[index].end])
  }

  private func text(_ index: Int) -> String { String(decoding: self.slice(index), as: UTF8.self) }

  private func isText(_ index: Int, _ text: StaticString) -> Bool {
    guard index < self.tokens.count else { return false }
    let slice = self.slice(index)
    return slice.count == text.utf8CodeUnitCount
      && slice.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: slice.count))
  }

  private func unexpected(_ index: Int) -> ModuleSyntaxError {
    guard index < self.tokens.count else {
      return ModuleSyntaxError(message: "Unexpected end of script", offset: self.bytes.count)
    }
    return ModuleSyntaxError(
      message: "Unexpected token '\(self.text(index))'", offset: self.tokens[index].start)
  }

  // MARK: Imports

  private mutating func importToken(_ index: Int) throws(ModuleSyntaxError) -> Int {
    let token = self.tokens[index]
    if self.isText(index + 1, "(") {
      self.edits.append((token.start..<token.end, "\(self.module.helper).imp"))
      return index + 1
    }
    if self.isText(index + 1, "."), self.isText(index + 2, "meta") {
      self.edits.append((token.start..<self.tokens[index + 2].end, "\(self.module.helper).meta"))
      return index + 3
    }
    guard token.depth == 0, token.startsStatement else { return index + 1 }
    return try self.importDeclaration(index)
  }

  private mutating func importDeclaration(_ index: Int) throws(ModuleSyntaxError) -> Int {
    var at = index + 1
    var found: [(name: [UInt16]?, local: Int)] = []
    if at < self.tokens.count, self.tokens[at].kind == .string {
      return try self.finish(index, try self.source(at)) { _ in }
    }
    if at < self.tokens.count, self.tokens[at].kind == .word {
      found.append((Array("default".utf16), at))
      at += 1
      if self.isText(at, ",") { at += 1 } else { return try self.finishImport(index, at, found) }
    }
    if self.isText(at, "*") {
      guard self.isText(at + 1, "as"), at + 2 < self.tokens.count,
        self.tokens[at + 2].kind == .word
      else { throw self.unexpected(at + 1) }
      found.append((nil, at + 2))
      return try self.finishImport(index, at + 3, found)
    }
    guard self.isText(at, "{") else { throw self.unexpected(at) }
    let (names, end) = try self.names(in: at)
    for name in names {
      guard self.tokens[name.local].kind == .word else { throw self.unexpected(name.local) }
      found.append((try self.exportName(name.first), name.local))
    }
    return try self.finishImport(index, end, found)
  }

  private mutating func finishImport(
    _ index: Int, _ at: Int, _ found: [(name: [UInt16]?, local: Int)]
  ) throws(ModuleSyntaxError) -> Int {
    guard self.isText(at, "from") else { throw self.unexpected(at) }
    return try self.finish(index, try self.source(at + 1)) { transformer in
      let request = transformer.module.requests.count - 1
      for (name, local) in found {
        transformer.module.imports.append(
          .init(
            request: request, name: name, local: transformer.text(local),
            offset: transformer.tokens[local].start))
      }
    }
  }

  /// `{ a, b as c, "d" as e }`: the tokens of each name, and the index after the braces.
  private func names(
    in open: Int
  ) throws(ModuleSyntaxError) -> (names: [(first: Int, local: Int)], end: Int) {
    let close = Int(self.tokens[open].partner)
    guard close > open else { throw self.unexpected(open) }
    var names: [(first: Int, local: Int)] = []
    var at = open + 1
    while at < close {
      guard self.isName(at) else { throw self.unexpected(at) }
      var local = at
      if self.isText(at + 1, "as"), at + 2 < close {
        local = at + 2
        guard self.isName(local) else { throw self.unexpected(local) }
      }
      names.append((at, local))
      at = local + 1
      guard at == close || self.isText(at, ",") else { throw self.unexpected(at) }
      at += 1
    }
    return (names, close + 1)
  }

  private func isName(_ index: Int) -> Bool {
    index < self.tokens.count
      && (self.tokens[index].kind == .word || self.tokens[index].kind == .string)
  }

  /// A *ModuleExportName*: a word or a string.
  private func exportName(_ index: Int) throws(ModuleSyntaxError) -> [UInt16] {
    guard self.isName(index) else { throw self.unexpected(index) }
    if self.tokens[index].kind == .word { return Array(self.text(index).utf16) }
    let name = ModuleString.value(of: self.slice(index))
    guard String(validating: name, as: UTF16.self) != nil else {
      throw ModuleSyntaxError(
        message: "A module's name for an export is no well-formed string",
        offset: self.tokens[index].start)
    }
    return name
  }

  /// `"specifier"` and what may follow it: `with { type: "json" }`. Adds the request; returns the
  /// index after it.
  private mutating func source(_ index: Int) throws(ModuleSyntaxError) -> Int {
    guard index < self.tokens.count, self.tokens[index].kind == .string else {
      throw self.unexpected(index)
    }
    var request = TransformedModule.Request(
      specifier: ModuleString.value(of: self.slice(index)), type: "",
      offset: self.tokens[index].start)
    var at = index + 1
    let isAssertion =
      self.isCompiled && self.isText(at, "assert") && !self.tokens[at].followsLineEnd
    if self.isText(at, "with") || isAssertion, self.isText(at + 1, "{") {
      let close = Int(self.tokens[at + 1].partner)
      var key = at + 2
      while key < close {
        guard self.isName(key), self.isText(key + 1, ":"), key + 2 < close,
          self.tokens[key + 2].kind == .string
        else { throw self.unexpected(key) }
        let name = String(decoding: try self.exportName(key), as: UTF16.self)
        guard name == "type" else {
          throw ModuleSyntaxError(
            message: "The import attribute '\(name)' is not supported",
            offset: self.tokens[key].start)
        }
        request.type = String(
          decoding: ModuleString.value(of: self.slice(key + 2)), as: UTF16.self)
        key += 3
        guard key == close || self.isText(key, ",") else { throw self.unexpected(key) }
        key += 1
      }
      at = close + 1
    }
    self.module.requests.append(request)
    return at
  }

  /// Takes a declaration out of the text, up to the end of its statement.
  private mutating func finish(
    _ first: Int, _ end: Int, _ body: (inout Self) -> Void
  ) throws(ModuleSyntaxError) -> Int {
    body(&self)
    var end = end
    if self.isText(end, ";") {
      end += 1
    } else if end < self.tokens.count, !self.tokens[end].followsLineEnd {
      throw self.unexpected(end)
    }
    let range = self.tokens[first].start..<self.tokens[end - 1].end
    // The semicolon parts the statements around it.
    self.edits.append((range, ";" + self.blank(range.dropFirst())))
    return end
  }

  /// Space that ends as many lines.
  private func blank(_ range: Range<Int>) -> String {
    var text: [UInt8] = []
    for index in range {
      let byte = self.bytes[index]
      if byte == Ascii.lineFeed || byte == Ascii.carriageReturn {
        text.append(byte)
      } else if byte & 0xC0 != 0x80 {
        text.append(0x20)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  // MARK: Exports

  private mutating func exportDeclaration(_ index: Int) throws(ModuleSyntaxError) -> Int {
    let at = index + 1
    if self.isText(at, "*") { return try self.exportStar(index) }
    if self.isText(at, "{") { return try self.exportNames(index) }
    guard at < self.tokens.count, self.tokens[at].kind == .word else { throw self.unexpected(at) }
    switch self.word(at) {
    case .default: return try self.exportDefault(index)
    case .var, .let, .const:
      try self.exportVariables(at + 1)
    case .class: try self.export(declared: at + 1)
    case .function: try self.export(declared: self.isText(at + 1, "*") ? at + 2 : at + 1)
    case .async where self.word(at + 1) == .function:
      try self.export(declared: self.isText(at + 2, "*") ? at + 3 : at + 2)
    default: throw self.unexpected(at)
    }
    let range = self.tokens[index].start..<self.tokens[index].end
    self.edits.append((range, self.blank(range)))
    return at
  }

  private mutating func export(declared index: Int) throws(ModuleSyntaxError) {
    guard index < self.tokens.count, self.tokens[index].kind == .word else {
      throw self.unexpected(index)
    }
    self.exportLocal(index)
  }

  private mutating func exportLocal(_ index: Int) {
    let name = self.text(index)
    self.module.exports.append(.local(name: Array(name.utf16), local: name))
  }

  private mutating func exportStar(_ index: Int) throws(ModuleSyntaxError) -> Int {
    var at = index + 2
    var name: [UInt16]?
    let offset = self.tokens[index].start
    if self.isText(at, "as") {
      name = try self.exportName(at + 1)
      at += 2
    }
    guard self.isText(at, "from") else { throw self.unexpected(at) }
    return try self.finish(index, try self.source(at + 1)) { transformer in
      let request = transformer.module.requests.count - 1
      transformer.module.exports.append(
        name.map { .indirect(name: $0, request: request, importName: nil, offset: offset) }
          ?? .star(request: request))
    }
  }

  private mutating func exportNames(_ index: Int) throws(ModuleSyntaxError) -> Int {
    let (names, end) = try self.names(in: index + 1)
    var entries: [(name: [UInt16], local: Int)] = []
    for name in names { entries.append((try self.exportName(name.local), name.first)) }
    guard self.isText(end, "from") else {
      for entry in entries {
        guard self.tokens[entry.local].kind == .word else { throw self.unexpected(entry.local) }
        self.module.exports.append(.local(name: entry.name, local: self.text(entry.local)))
      }
      return try self.finish(index, end) { _ in }
    }
    var indirect: [(name: [UInt16], importName: [UInt16], offset: Int)] = []
    for entry in entries {
      indirect.append(
        (entry.name, try self.exportName(entry.local), self.tokens[entry.local].start))
    }
    return try self.finish(index, try self.source(end + 1)) { transformer in
      let request = transformer.module.requests.count - 1
      for entry in indirect {
        transformer.module.exports.append(
          .indirect(
            name: entry.name, request: request, importName: entry.importName,
            offset: entry.offset))
      }
    }
  }

  private mutating func exportDefault(_ index: Int) throws(ModuleSyntaxError) -> Int {
    let at = index + 2
    let start = self.tokens[index].start
    let isAsync =
      self.word(at) == .async && self.word(at + 1) == .function
      && !self.tokens[at + 1].followsLineEnd
    var name: Int
    switch self.word(at) {
    case .function: name = at + 1
    case .async where isAsync: name = at + 2
    case .class: name = at + 1
    default:
      guard at < self.tokens.count else { throw self.unexpected(at) }
      let range = start..<self.tokens[index + 1].end
      let lineEnds = self.blank(range).filter { $0.isNewline }
      self.edits.append((range, "\(self.module.helper).default=\(lineEnds)"))
      self.module.hasDefaultExpression = true
      self.module.exports.append(
        .local(name: Array("default".utf16), local: "\(self.module.helper).default"))
      return at
    }
    if self.isText(name, "*") { name += 1 }
    let range = start..<self.tokens[index + 1].end
    self.edits.append((range, self.blank(range)))
    let hasName =
      name < self.tokens.count && self.tokens[name].kind == .word && self.word(name) != .extends
    guard !hasName else {
      self.module.exports.append(
        .local(name: Array("default".utf16), local: self.text(name)))
      return at
    }
    let local = Self.unusedName("$d", in: self.bytes)
    self.module.defaultName = local
    self.module.exports.append(.local(name: Array("default".utf16), local: local))
    let place = self.tokens[name - 1].end
    self.edits.append((place..<place, " \(local)"))
    return at
  }

  /// What is imported and exported again is the other module's export, not a variable here.
  private mutating func exportImports() {
    var imports: [String: TransformedModule.Import] = [:]
    for entry in self.module.imports { imports[entry.local] = entry }
    for (index, export) in self.module.exports.enumerated() {
      guard case .local(let name, let local) = export, let entry = imports[local] else { continue }
      self.module.exports[index] = .indirect(
        name: name, request: entry.request, importName: entry.name, offset: entry.offset)
    }
  }

  // MARK: Variables

  /// `a = 1, { b, c: [d] } = f()`: exports each name.
  private mutating func exportVariables(_ first: Int) throws(ModuleSyntaxError) {
    var at = first
    while true {
      at = try self.exportPattern(at)
      if self.isText(at, "=") { at = self.expressionEnd(at + 1, until: self.tokens.count) }
      guard self.isText(at, ","), !self.tokens[at].startsStatement else { return }
      at += 1
    }
  }

  /// A name or a pattern; returns the index after it.
  private mutating func exportPattern(_ index: Int) throws(ModuleSyntaxError) -> Int {
    guard index < self.tokens.count else { throw self.unexpected(index) }
    let token = self.tokens[index]
    if token.kind == .word {
      self.exportLocal(index)
      return index + 1
    }
    let close = Int(token.partner)
    guard token.kind == .open, close > index, !self.isText(index, "(") else {
      throw self.unexpected(index)
    }
    let isObject = self.isText(index, "{")
    // The stack has an end, which no pattern that a person writes comes near.
    guard token.depth < 256 else { throw self.unexpected(index) }
    var at = index + 1
    while at < close {
      if self.isText(at, ",") || self.isText(at, "...") {
        at += 1
        continue
      }
      if isObject { at = self.skipKey(at) }
      guard at < close else { break }
      at = try self.exportPattern(at)
      if self.isText(at, "=") { at = self.expressionEnd(at + 1, until: close) }
      guard at >= close || self.isText(at, ",") else { throw self.unexpected(at) }
    }
    return close + 1
  }

  /// Skips `key:` of an object's pattern.
  private func skipKey(_ index: Int) -> Int {
    let end =
      self.tokens[index].kind == .open && self.tokens[index].partner > 0
      ? Int(self.tokens[index].partner) + 1 : index + 1
    return self.isText(end, ":") ? end + 1 : index
  }

  /// The index after an *AssignmentExpression*.
  private func expressionEnd(_ index: Int, until end: Int) -> Int {
    var at = index
    while at < end {
      let token = self.tokens[at]
      if at > index, token.startsStatement { return at }
      if token.kind == .open, token.partner > 0 {
        at = Int(token.partner) + 1
      } else if token.kind == .punctuator, self.isText(at, ",") || self.isText(at, ";") {
        return at
      } else {
        at += 1
      }
    }
    return end
  }

  // MARK: Assignments

  /// Finds the exported variables that more than their declaration assigns to.
  private mutating func findMutableLocals() {
    var locals: Set<String> = []
    for case .local(_, let local) in self.module.exports { locals.insert(local) }
    guard !locals.isEmpty else { return }
    for index in self.tokens.indices {
      let token = self.tokens[index]
      if token.kind == .close { self.takePattern(index, locals) }
      guard token.kind == .word, !token.isPropertyName, self.isAssigned(index) else { continue }
      let name = self.text(index)
      if locals.contains(name) { self.module.mutableLocals.insert(name) }
    }
  }

  private func isAssigned(_ index: Int) -> Bool {
    let isStep = { self.isText($0, "++") || self.isText($0, "--") }
    if index > 0 {
      switch self.word(index - 1) {
      case .const: return false
      case .var, .let:
        // Its declaration, but for a loop, which assigns again and again.
        return self.tokens[index].depth > 0
      default: if isStep(index - 1) { return true }
      }
    }
    guard index + 1 < self.tokens.count else { return false }
    if isStep(index + 1) || self.word(index + 1) == .of || self.word(index + 1) == .in {
      return true
    }
    return self.isAssignment(index + 1)
  }

  private func isAssignment(_ index: Int) -> Bool {
    guard index < self.tokens.count, self.tokens[index].kind == .punctuator else { return false }
    let slice = self.slice(index)
    guard slice.last == UInt8(ascii: "=") else { return false }
    if slice.count == 1 { return true }
    switch slice[0] {
    case UInt8(ascii: "="), UInt8(ascii: "!"): return false
    case UInt8(ascii: "<"), UInt8(ascii: ">"): return slice.count > 2
    default: return true
    }
  }

  /// A bracket that something is assigned to: all names in it count, but for those of `const`.
  private mutating func takePattern(_ close: Int, _ locals: Set<String>) {
    let open = Int(self.tokens[close].partner)
    guard open >= 0, !self.isText(close, ")"),
      self.isText(close + 1, "=") || self.word(close + 1) == .of || self.word(close + 1) == .in
    else { return }
    if open > 0, self.word(open - 1) == .const { return }
    for index in open..<close where self.tokens[index].kind == .word {
      let name = self.text(index)
      if locals.contains(name) { self.module.mutableLocals.insert(name) }
    }
  }

  private func edited() -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(self.bytes.count + 64 * self.edits.count)
    var at = 0
    for edit in self.edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      text += self.bytes[at..<edit.range.lowerBound]
      text += Array(edit.text.utf8)
      at = edit.range.upperBound
    }
    text += self.bytes[at...]
    // No comment in the first line, so that something can stand before it.
    if text.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) {
      text[0] = UInt8(ascii: "/")
      text[1] = UInt8(ascii: "/")
    }
    return text
  }
}
