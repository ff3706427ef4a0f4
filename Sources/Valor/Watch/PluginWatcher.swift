import Interceptor
import Logging

/// `--watch`: looks at the files of all plugins and installs what has changed, as a browser does
/// with a new version of a service worker. What does not load changes nothing.
///
/// It looks ten times a second rather than being told by the system: that works the same for files
/// that are replaced, for directories that come and go, for links, and where the files are on a file
/// system of another machine, and costs a `stat()` for each file.
actor PluginWatcher {
  private let manager: PluginManager
  private let logger: Logger
  private var changes = FileChanges()
  /// Plugins with a change that was not installed yet.
  private var pending: Set<String> = []
  /// Plugins whose change is being installed.
  private var installing: Set<String> = []
  /// Plugins whose last change did not load: what is wrong may be in any file beside theirs.
  private var broken: Set<String> = []

  init(manager: PluginManager, logger: Logger) {
    self.manager = manager
    self.logger = logger
  }

  /// Looks until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      await self.look()
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  private func look() async {
    let plugins = await self.manager.watched()
    self.pending.formIntersection(plugins.map(\.name))
    var seen: [String: FileSignature?] = [:]
    var owners: [String: [String]] = [:]
    for plugin in plugins {
      for path in self.paths(plugin) {
        if seen[path] == nil { seen.updateValue(FileSignature.read(path), forKey: path) }
        owners[path, default: []].append(plugin.name)
      }
    }
    for (path, change) in self.changes.observe(seen) {
      for name in owners[path] ?? [] { self.take(change, path, name) }
    }
    for name in self.pending where !self.installing.contains(name) {
      self.pending.remove(name)
      self.installing.insert(name)
      let path = plugins.first { $0.name == name }?.path
      Task { await self.install(name, path) }
    }
  }

  private func paths(_ plugin: PluginManager.Watched) -> Set<String> {
    var paths = Set([plugin.path] + plugin.imported)
    if self.broken.contains(plugin.name) {
      paths.formUnion(scriptFiles(below: directoryOf(plugin.path)))
    }
    return paths
  }

  private func take(_ change: FileChanges.Change, _ path: String, _ name: String) {
    switch change {
    case .changed: self.pending.insert(name)
    case .gone: self.warn(name, "\(path) is gone; what was loaded goes on.")
    case .empty: self.warn(name, "\(path) is empty; what was loaded goes on.")
    }
  }

  private func warn(_ name: String, _ message: String) {
    self.logger.warning("\(message)", metadata: ["plugin": "\(name)"])
  }

  private func install(_ name: String, _ path: String?) async {
    defer { self.installing.remove(name) }
    // What it reads may be mended before a look has seen it as it was read.
    let before = self.signatures(path.map { scriptFiles(below: directoryOf($0)) } ?? [])
    do throws(PluginManager.Failure) {
      let outcome = try await self.manager.reload(name)
      self.broken.remove(name)
      switch outcome {
      case .unchanged: break
      case .activated: self.say(name, "reloaded")
      case .waiting: self.say(name, "reloaded; it waits until no client uses the version before")
      }
    } catch {
      switch error {
      // Somebody else is changing it: what that brings is not known before it is over.
      case .busy: self.pending.insert(name)
      case .unknown: break
      case .conflict, .plugin:
        self.broken.insert(name)
        self.changes.remember(before)
        self.logger.error(
          "The change does not load, the version before goes on: \(error)",
          metadata: ["plugin": "\(name)"])
      }
    }
  }

  private func signatures(_ paths: some Sequence<String>) -> [String: FileSignature?] {
    var signatures: [String: FileSignature?] = [:]
    for path in paths { signatures.updateValue(FileSignature.read(path), forKey: path) }
    return signatures
  }

  private func say(_ name: String, _ message: String) {
    self.logger.notice("\(message)", metadata: ["plugin": "\(name)"])
  }
}
