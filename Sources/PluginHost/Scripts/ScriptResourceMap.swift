/// What a worker's script has imported: the *script resource map*
/// ([Service Workers §2.1](https://w3c.github.io/ServiceWorker/#dfn-script-resource-map)). Facts in,
/// orders out.
///
/// Until the worker is installed, what is not there is loaded and kept; afterwards only what is there
/// can be imported.
struct ScriptResourceMap: Sendable {
  enum Answer: Sendable {
    case found(ScriptLoader.Script)
    case load
    /// A network error; why.
    case refused(String)
  }

  /// The most that one worker can make the host keep.
  static let maximumCount = 2_048
  static let maximumBytes = 64 << 20
  /// A worker waits for each of its imports, so it asks for one at a time.
  static let maximumLoads = 4

  private(set) var scripts: [String: ScriptLoader.Script] = [:]
  /// What those of them were compiled to that are no JavaScript.
  private var compiled: [String: [UInt8]] = [:]
  /// The *set of used scripts*: those that the worker has asked for.
  private var usedURLs: Set<String> = []
  private var byteCount = 0
  private var loads = 0
  private(set) var isClosed: Bool

  /// - Parameters:
  ///   - scripts: the bytes by URL, of an earlier process or from a store.
  ///   - compiled: what some of them were compiled to.
  ///   - isClosed: whether the worker has been installed.
  init(
    _ scripts: [String: [UInt8]] = [:], compiled: [String: [UInt8]] = [:], isClosed: Bool = false
  ) {
    self.isClosed = isClosed
    // What an installed worker has not used was left out when it was stored.
    if isClosed { self.usedURLs = Set(scripts.keys) }
    for (url, bytes) in scripts {
      self.keep(url, ScriptLoader.Script(name: url, bytes: bytes))
      if let script = compiled[url] { _ = self.compiled(url, script) }
    }
  }

  /// What is kept with the worker once it is installed, by URL.
  var used: [String: [UInt8]] {
    self.scripts.filter { self.usedURLs.contains($0.key) }.mapValues { $0.bytes }
  }

  /// What of that was compiled.
  var usedCompiled: [String: [UInt8]] {
    self.compiled.filter { self.usedURLs.contains($0.key) }
  }

  /// What a script was compiled to; `nil` where it has not been.
  func compiled(_ url: String) -> [UInt8]? { self.compiled[url] }

  /// The text of the script that messages call so.
  func source(named name: String) -> String? {
    self.scripts.values.first { $0.name == name }.map { decodeScript($0.bytes) }
  }

  /// What stands in place of the bytes of a module that is at another URL: no script begins so.
  static func redirect(to url: String) -> [UInt8] { [0] + Array(url.utf8) }

  /// The worker is installed.
  mutating func close() { self.isClosed = true }

  /// The worker wants a script.
  mutating func asked(_ url: String) -> Answer {
    if var script = self.scripts[url] {
      self.usedURLs.insert(url)
      if script.bytes.first == 0 {
        let target = String(decoding: script.bytes.dropFirst(), as: UTF8.self)
        if let found = self.scripts[target] {
          self.usedURLs.insert(target)
          script = found
          script.url = target
        }
      }
      return .found(script)
    }
    if self.isClosed {
      return .refused(
        "\(url.prefix(500)) was not imported before the worker was installed, so it is not there.")
    }
    guard self.scripts.count < Self.maximumCount, self.byteCount < Self.maximumBytes,
      self.loads < Self.maximumLoads
    else { return .refused("The plugin imports too much.") }
    self.loads += 1
    return .load
  }

  /// A script came that ``asked(_:)`` wanted loaded. Returns `false` where it is too long to keep.
  mutating func loaded(_ url: String, _ script: ScriptLoader.Script) -> Bool {
    self.loads = max(0, self.loads - 1)
    guard script.bytes.count <= Self.maximumBytes - self.byteCount else { return false }
    var script = script
    if let target = script.url {
      self.keep(url, ScriptLoader.Script(name: url, bytes: Self.redirect(to: target)))
      script.url = nil
      self.keep(target, script)
      self.usedURLs.insert(target)
    } else {
      self.keep(url, script)
    }
    self.usedURLs.insert(url)
    return true
  }

  /// A script was compiled. Returns `false` where the result is too long to keep.
  mutating func compiled(_ url: String, _ script: [UInt8]) -> Bool {
    guard script.count <= Self.maximumBytes - self.byteCount else { return false }
    self.byteCount += script.count - (self.compiled[url]?.count ?? 0)
    self.compiled[url] = script
    return true
  }

  mutating func failed() { self.loads = max(0, self.loads - 1) }

  private mutating func keep(_ url: String, _ script: ScriptLoader.Script) {
    self.byteCount += script.bytes.count - (self.scripts[url]?.bytes.count ?? 0)
    self.scripts[url] = script
  }
}
