import Interceptor
import NIOCore

extension PluginDefinition {
  /// Reads one plugin's object: an element of `plugins.json`, or the body of a request to the admin
  /// API.
  ///
  /// - Parameters:
  ///   - context: the file for messages; `nil` in it for a request.
  ///   - directory: what a relative path is relative to.
  ///   - name: the name where the object has none.
  init(
    _ node: JSONNode, in context: DefinitionError, directory: String, name: String? = nil
  ) throws(DefinitionError) {
    var reader = try ObjectReader(node, in: context)
    let nameNode = reader.take("name")
    var given = name
    if let nameNode {
      guard case .string(let text) = nameNode.value else {
        throw reader.error(nameNode, "name", "a string has to be here, not \(nameNode.kind)")
      }
      if let problem = Self.problem(withName: text) {
        throw reader.error(nameNode, "name", problem)
      }
      given = text
      reader.context.plugin = text
    }
    let typeNode = reader.take("type")
    let source = try Self.source(&reader, directory: directory)
    let path: String = if case .file(let path) = source { path } else { "" }
    guard let name = given ?? (path.isEmpty ? nil : fileStem(path)) else {
      throw reader.error("the plugin needs a name")
    }
    if given == nil, let problem = Self.problem(withName: name) {
      throw reader.error(
        "the plugin needs a name of its own, since \(name) will not do: \(problem)")
    }
    reader.context.plugin = name
    self.init(name: name, source: source)
    self.kind = try Self.kind(typeNode, path: path, reader)
    try self.readPlace(&reader)
    try self.readManner(&reader)
    try reader.finish()
  }

  private static func source(
    _ reader: inout ObjectReader, directory: String
  ) throws(DefinitionError) -> Source {
    let path = try reader.string("path")
    let script = try reader.string("source")
    switch (path, script) {
    case (let path?, nil):
      guard !path.isEmpty, !path.utf8.contains(0) else { throw reader.error("\"path\" is no path") }
      return .file(path.hasPrefix("/") ? path : joinPath(directory, path))
    case (nil, let script?): return .inline(script)
    case (nil, nil): throw reader.error("the plugin needs a \"path\" or, inline, a \"source\"")
    case (_?, _?): throw reader.error("a plugin has a \"path\" or a \"source\", not both")
    }
  }

  private static func kind(
    _ node: JSONNode?, path: String, _ reader: ObjectReader
  ) throws(DefinitionError) -> PluginKind {
    let kind: PluginKind
    if let node {
      guard case .string(let text) = node.value, let named = PluginKind(rawValue: text) else {
        throw reader.error(node, "type", "js, wasm, wasi or native has to be here")
      }
      kind = named
    } else if path.isEmpty {
      kind = .javaScript
    } else if let inferred = PluginKind(path: path) {
      kind = inferred
    } else {
      throw reader.error("what kind \(path) is cannot be told from its name: add a \"type\"")
    }
    guard kind == .javaScript else {
      let reason = "plugins of type \(kind.rawValue) cannot be run so far, only js"
      throw node.map { reader.error($0, "type", reason) } ?? reader.error(reason)
    }
    return kind
  }

  /// Scopes and mount.
  private mutating func readPlace(_ reader: inout ObjectReader) throws(DefinitionError) {
    for (scope, node) in try reader.strings("scopes") ?? [] {
      if let problem = Self.problem(withScope: scope, ofPlugin: self.name) {
        throw reader.error(node, "scopes", problem)
      }
      self.scopes.append(scope)
      guard Set(self.scopes).count == self.scopes.count else {
        throw reader.error(node, "scopes", "\(scope) stands here twice")
      }
    }
    if let node = reader.take("url_prefix") {
      guard case .string(let prefix) = node.value else {
        throw reader.error(node, "url_prefix", "a string has to be here, not \(node.kind)")
      }
      let trimmed = prefix.hasPrefix("/") ? String(prefix.dropFirst()) : prefix
      let path = trimmed.hasSuffix("/") ? String(trimmed.dropLast()) : trimmed
      if let problem = Self.problem(withPrefix: path) {
        throw reader.error(node, "url_prefix", problem)
      }
      self.urlPrefix = path
    }
    if let node = reader.take("match") {
      guard case .string(let text) = node.value, let mode = MatchMode(rawValue: text) else {
        throw reader.error(node, "match", "url or client has to be here")
      }
      guard mode == .url || !self.isMounted else {
        throw reader.error(
          node, "match",
          "only scopes that are URLs can be matched by client, not the proxy's own address")
      }
      self.match = mode
    }
  }

  /// How it is run.
  private mutating func readManner(_ reader: inout ObjectReader) throws(DefinitionError) {
    if let node = reader.take("module") {
      guard case .bool(let isModule) = node.value else {
        throw reader.error(node, "module", "true or false has to be here, not \(node.kind)")
      }
      self.isModule = isModule
    }
    self.instances = try reader.integer("instances", 1...64) ?? 1
    if let node = reader.take("limits") { try self.readLimits(node, reader.context) }
    if let node = reader.take("env") {
      throw reader.error(
        node, "env", "a js plugin has no environment: its \"config\" is what it can read")
    }
    if let node = reader.take("config"), node.value != .null { self.config = node.text }
    if let node = reader.take("on_failure") {
      guard case .string(let text) = node.value, let policy = FailurePolicy(rawValue: text) else {
        throw reader.error(node, "on_failure", "error or fail-open has to be here")
      }
      self.failurePolicy = policy
    }
  }

  private mutating func readLimits(
    _ node: JSONNode, _ context: DefinitionError
  ) throws(DefinitionError) {
    var reader = try ObjectReader(node, in: context)
    let times = Limits.times
    self.limits.eventTime = try reader.number("event_time", times).map(timeAmount(seconds:))
    self.limits.idleTime = try reader.number("idle_time", times).map(timeAmount(seconds:))
    self.limits.unresponsiveTime = try reader.number("unresponsive_time", times)
      .map(timeAmount(seconds:))
    self.limits.memory = try reader.integer("memory", Limits.memoryMiB).map { $0 << 20 }
    try reader.finish()
  }
}

/// A path within a directory; an empty directory is the working directory.
func joinPath(_ directory: String, _ path: String) -> String {
  directory.isEmpty ? path : directory.hasSuffix("/") ? directory + path : directory + "/" + path
}

/// The directory that a file is in, with its slash; empty for the working directory.
func directoryOf(_ path: String) -> String {
  path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
}
