import FetchModel
import Interceptor
import NIOCore
import Proxy

extension PluginKind {
  /// The kind by a file's extension; `nil` where it is none of a plugin.
  init?(path: String) {
    switch fileExtension(path) {
    case "js", "mjs", "ts", "mts": self = .javaScript
    case "wasm": self = .webAssembly
    case "so", "dylib": self = .native
    default: return nil
    }
  }
}

/// A plugin as `plugins.json`, the command line or the admin API defines it, checked as far as that
/// can be done without its code.
struct PluginDefinition: Sendable, Equatable {
  /// Where the code is.
  enum Source: Sendable, Equatable {
    /// An absolute path, or one relative to the working directory.
    case file(String)
    /// The script itself.
    case inline(String)
  }

  /// The bounds on a plugin's worker; `nil` where the default holds.
  struct Limits: Sendable, Equatable {
    /// An event has to be settled within this time.
    var eventTime: TimeAmount?
    /// A worker without anything to do ends after this time.
    var idleTime: TimeAmount?
    /// A worker that does not react for this time is killed.
    var unresponsiveTime: TimeAmount?
    /// Resident memory in bytes.
    var memory: Int?

    /// The seconds that a time may have.
    static let times = 0.1...86_400.0
    /// The memory that can be set, in MiB; a worker needs some 50 for itself.
    static let memoryMiB = 64...1_048_576
  }

  var name: String
  var kind = PluginKind.javaScript
  var source: Source
  /// The scopes as they were given, absolute URLs and paths below the mount; may be empty.
  var scopes: [String] = []
  /// Which requests it gets.
  var match = MatchMode.url
  /// The path of the mount as it was given; `nil` for the name with an underscore.
  var urlPrefix: String?
  /// Whether the script is a module.
  var isModule = false
  /// How many workers the plugin has.
  var instances = 1
  var limits = Limits()
  /// What the script finds in `self.valor.config`, as JSON.
  var config: String?
  /// `nil` where the default holds.
  var failurePolicy: FailurePolicy?

  init(name: String, source: Source) {
    self.name = name
    self.source = source
    if case .file(let path) = source {
      self.isModule = ["mjs", "mts"].contains(fileExtension(path))
    }
  }

  /// The path of the code, for messages; a made-up one for an inline script.
  var path: String {
    switch self.source {
    case .file(let path): path
    case .inline: "\(self.name).js"
    }
  }

  // MARK: Where it answers

  /// Whether the plugin is reached at the proxy's own address: it has a prefix, no scope, or one
  /// that is a path.
  var isMounted: Bool {
    self.urlPrefix != nil || self.scopes.isEmpty || self.scopes.contains(where: Self.isRelative)
  }

  /// Whether a scope is a path rather than a URL or a pattern of URLs.
  private static func isRelative(_ scope: String) -> Bool {
    if scope.hasPrefix("/") || scope.hasPrefix(".") { return true }
    return !scope.contains("://") && WebURL(scope) == nil
  }

  /// A scope as a URL or a pattern of URLs, or as it is where it is neither.
  private static func absolute(_ scope: String, ofPlugin name: String) -> String {
    guard Self.isRelative(scope) else {
      return ScopePattern.isPattern(scope) ? scope : WebURL(scope)?.href ?? scope
    }
    let origin = GatewayMounts.origin(of: name)
    guard !ScopePattern.isPattern(scope) else {
      return origin + (scope.hasPrefix("/") ? scope : "/" + scope)
    }
    return WebURL(scope, base: WebURL(origin))?.href ?? scope
  }

  /// The path of the mount, with a slash in front and none at the end.
  var mountPath: String { "/" + (self.urlPrefix ?? "_" + self.name) }

  /// All scopes as URLs: paths resolved within the plugin's own origin, which is all of the scope
  /// where nothing else is said.
  var scopeURLs: [String] {
    let origin = GatewayMounts.origin(of: self.name)
    let urls = self.scopes.map { Self.absolute($0, ofPlugin: self.name) }
    let hasOwn = urls.contains { $0.hasPrefix(origin + "/") }
    return self.isMounted && !hasOwn ? urls + [origin + "/"] : urls
  }

  /// What `self.location` says: the file's name in the directory of the first scope, so that
  /// relative URLs mean in the script what they mean in a browser, where it lies there.
  var scriptURL: String {
    let scope = scriptBase(ofScopes: self.scopeURLs)
    let file = lastPathComponent(self.path)
    let path = scope.prefix { $0 != "?" && $0 != "#" }
    // The scheme has two slashes of its own.
    guard path.filter({ $0 == "/" }).count > 2, let slash = path.lastIndex(of: "/") else {
      return path + "/" + file
    }
    return path[...slash] + file
  }

  // MARK: Checks

  /// What is wrong with a name; `nil` where nothing is.
  ///
  /// A name is part of paths and of a host, so it has to be fit for both.
  static func problem(withName name: String) -> String? {
    let isFit =
      (1...63).contains(name.utf8.count)
      && name.utf8.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
      && name.utf8.first.map(isLetterOrDigit) == true
      && name.utf8.last.map(isLetterOrDigit) == true && !name.contains("..")
    return isFit
      ? nil
      : "a name has up to 63 letters, digits, -, _ and . and begins and ends with a letter or digit"
  }

  /// What is wrong with the path of a mount; `nil` where nothing is.
  static func problem(withPrefix prefix: String) -> String? {
    let segments = prefix.split(separator: "/", omittingEmptySubsequences: false)
    let isFit = segments.allSatisfy { segment in
      !segment.isEmpty && segment != "." && segment != ".."
        && segment.utf8.allSatisfy { isLetterOrDigit($0) || "-_.~".utf8.contains($0) }
    }
    guard isFit else {
      return "a prefix is a path of letters, digits, -, _, . and ~ without a slash at its ends"
    }
    let taken = ["_health", "_plugins", "ca.pem", "ca.der", "proxy.pac"]
    return taken.contains(prefix) ? "the proxy itself answers at /\(prefix)" : nil
  }

  /// What is wrong with a scope; `nil` where nothing is.
  static func problem(withScope scope: String, ofPlugin name: String) -> String? {
    let absolute = Self.absolute(scope, ofPlugin: name)
    let origin = GatewayMounts.origin(of: name) + "/"
    if Self.isRelative(scope), !absolute.hasPrefix(origin) {
      return "\(scope) is neither an absolute URL nor a path"
    }
    if let host = WebURL(absolute)?.host, Gateway.isOwn(host) {
      return "\(scope) cannot be claimed: the proxy itself answers for \(Gateway.host)"
    }
    return Self.unserialisable(absolute, name)
  }

  private static func unserialisable(_ scope: String, _ name: String) -> String? {
    do throws(PluginError) {
      _ = try serialiseScope(scope, pluginName: name)
      return nil
    } catch {
      return error.message
    }
  }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}

/// The part of a path behind its last slash.
func lastPathComponent(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// A file's extension in small letters; empty where it has none.
func fileExtension(_ path: String) -> String {
  let file = lastPathComponent(path)
  guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return "" }
  return file[file.index(after: dot)...].lowercased()
}

/// A file's name without its extension.
func fileStem(_ path: String) -> String {
  let file = lastPathComponent(path)
  guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return file }
  return String(file[..<dot])
}
