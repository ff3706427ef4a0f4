import FetchModel
import Foundation
import Testing

@testable import PluginHost

@Suite struct ScriptDirectoryTests {
  private let root: URL

  init() throws {
    self.root = FileManager.default.temporaryDirectory
      .appendingPathComponent("valor-scripts-\(UUID().uuidString)")
    let manager = FileManager.default
    for folder in ["plugin/lib", "secret"] {
      try manager.createDirectory(
        at: self.root.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    for (name, text) in [
      ("plugin/sw.js", "main"), ("plugin/lib/a.js", "a"), ("plugin/lib/ä b.mjs", "b"),
      ("plugin/notes.txt", "notes"), ("secret/key.js", "secret"),
    ] {
      try Data(text.utf8).write(to: self.root.appendingPathComponent(name))
    }
    try manager.createSymbolicLink(
      atPath: self.root.appendingPathComponent("plugin/out.js").path,
      withDestinationPath: "../secret/key.js")
    try manager.createSymbolicLink(
      atPath: self.root.appendingPathComponent("plugin/up").path, withDestinationPath: "..")
    try manager.createSymbolicLink(
      atPath: self.root.appendingPathComponent("plugin/in.js").path,
      withDestinationPath: "lib/a.js")
    try manager.createDirectory(
      at: self.root.appendingPathComponent("plugin/folder.js"), withIntermediateDirectories: true)
  }

  private func read(_ url: String, limit: Int = 1_000) throws -> String {
    let directory = ScriptDirectory(
      scriptPath: self.root.appendingPathComponent("plugin/sw.js").path,
      scriptURL: "https://site.test/a/sw.js?v=1")
    switch directory.read(try #require(WebURL(url)), limit: limit) {
    case .file(let file): return String(decoding: file.bytes, as: UTF8.self)
    case .none: return "none"
    case .failed: return "failed"
    }
  }

  @Test func filesBesideTheScriptHaveURLsBesideIts() throws {
    defer { try? FileManager.default.removeItem(at: self.root) }
    #expect(try self.read("https://site.test/a/sw.js") == "main")
    #expect(try self.read("https://site.test/a/lib/a.js?v=3#x") == "a")
    #expect(try self.read("https://site.test/a/lib/%C3%A4%20b.mjs") == "b")
    #expect(try self.read("https://site.test/a/in.js") == "a")
  }

  @Test func nothingIsBesideAScriptThatIsNoFile() throws {
    defer { try? FileManager.default.removeItem(at: self.root) }
    let url = try #require(WebURL("https://site.test/lib/a.js"))
    let directory = ScriptDirectory(scriptPath: "", scriptURL: "https://site.test/sw.js")
    #expect(directory.names(of: url) == nil)
    #expect(directory.path(of: url) == nil)
    let beside = ScriptDirectory(scriptPath: "sw.js", scriptURL: "https://site.test/sw.js")
    #expect(beside.path(of: url) == "./lib/a.js")
  }

  @Test func nothingElseIsRead() throws {
    defer { try? FileManager.default.removeItem(at: self.root) }
    for url in [
      "https://site.test/lib/a.js", "https://other.test/a/lib/a.js", "http://site.test/a/lib/a.js",
      "https://site.test:444/a/lib/a.js", "https://site.test/a/", "https://site.test/a/missing.js",
      "https://site.test/a/notes.txt", "https://site.test/a/folder.js", "https://site.test/a/lib",
      "https://site.test/a/out.js", "https://site.test/a/up/secret/key.js",
      "https://site.test/a/..%2Fsecret/key.js", "https://site.test/a/%2e%2e/secret/key.js",
      "https://site.test/a/lib//a.js", "https://site.test/a/lib/a.js%00.js",
      "https://site.test/a/%FF.js", "https://site.test/a/lib/a.js/",
    ] {
      #expect(try self.read(url) == "none", "\(url)")
    }
  }

  @Test func aLongFileIsAFailureAndNoReasonToAskTheNetwork() throws {
    defer { try? FileManager.default.removeItem(at: self.root) }
    #expect(try self.read("https://site.test/a/sw.js", limit: 3) == "failed")
  }
}
