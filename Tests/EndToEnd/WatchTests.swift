import Foundation
import TestSupport
import Testing

/// `--watch`: plugins are installed anew when their files change.
@Suite struct WatchTests {
  static func answers(_ text: String) -> String {
    "addEventListener('fetch', (e) => e.respondWith(new Response('\(text)')));"
  }

  /// A watching proxy whose plugin `site` is a file of a folder.
  static func withWatching(
    _ script: String, _ files: [String: String] = [:],
    body: (ValorProcess, TemporaryFolder) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(text, to: name) }
    let path = try folder.write(script, to: "site.js")
    try await withValor(["--watch", "--plugin", "\(path)=http://site.example/"]) { valor in
      try await body(valor, folder)
    }
  }

  static func text(_ valor: ValorProcess) async throws -> String {
    try await valor.curl(["http://site.example/"]).text
  }

  /// Asks until the plugin answers so.
  static func answers(_ text: String, _ valor: ValorProcess) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while try await Self.text(valor) != text {
      guard ContinuousClock.now < end else { return false }
      try await Task.sleep(for: .milliseconds(50))
    }
    return true
  }

  @Test func howEditorsWrite() async throws {
    try await Self.withWatching(Self.answers("one")) { valor, folder in
      #expect(try await Self.text(valor) == "one")
      // Over the file that is there.
      try folder.write(Self.answers("two"), to: "site.js")
      #expect(try await Self.answers("two", valor))
      // A new file in its place.
      try folder.write(Self.answers("three"), to: ".site.js.swp")
      #expect(rename(folder.file(".site.js.swp"), folder.file("site.js")) == 0)
      #expect(try await Self.answers("three", valor))
      // The old one is moved away first.
      #expect(rename(folder.file("site.js"), folder.file("site.js~")) == 0)
      try folder.write(Self.answers("four"), to: "site.js")
      #expect(try await Self.answers("four", valor))
      // Emptied, and written some time later.
      try folder.write("", to: "site.js")
      #expect(try await valor.waitForLog("site.js is empty; what was loaded goes on."))
      #expect(try await Self.text(valor) == "four")
      try folder.write(Self.answers("five"), to: "site.js")
      #expect(try await Self.answers("five", valor))
      // Removed, and there again.
      try FileManager.default.removeItem(atPath: folder.file("site.js"))
      #expect(try await valor.waitForLog("site.js is gone; what was loaded goes on."))
      #expect(try await Self.text(valor) == "five")
      try folder.write(Self.answers("six"), to: "site.js")
      #expect(try await Self.answers("six", valor))
      #expect(try await valor.waitForLog("notice [site] reloaded"))
    }
  }

  @Test func theLifeOfANewVersion() async throws {
    let script = """
      addEventListener('install', () => console.info('installs VERSION'));
      addEventListener('activate', () => console.info('activates VERSION'));
      addEventListener('fetch', (e) => e.respondWith(new Response('VERSION')));
      """
    func version(_ name: String) -> String {
      script.replacingOccurrences(of: "VERSION", with: name)
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(version("one"), to: "site.js")
    let arguments = [
      "--log-level", "info", "--watch", "--plugin", "\(path)=http://site.example/",
    ]
    try await withValor(arguments) { valor in
      try folder.write(version("two"), to: "site.js")
      #expect(try await Self.answers("two", valor))
      #expect(try await valor.waitForLog("activates two"))
      let log = valor.child.errorText
      let places = try ["installs one", "activates one", "installs two", "activates two"].map {
        try #require(log.range(of: $0), "\(log)").lowerBound
      }
      #expect(places == places.sorted())
      #expect(log.contains("info [site] installs two (\(path):1:"), "\(log)")
    }
  }

  @Test(arguments: [
    ("\nconst = 1;", "site.js:2:7"),
    ("\n\nthrow new Error('at start');", "site.js:3:"),
    ("addEventListener('install', (e) => e.waitUntil(Promise.reject(new Error('no'))))", "no"),
  ])
  func aBrokenEdit(script: String, place: String) async throws {
    try await Self.withWatching(Self.answers("good")) { valor, folder in
      try folder.write(script, to: "site.js")
      #expect(try await valor.waitForLog("The change does not load, the version before goes on"))
      #expect(try await valor.waitForLog(place))
      #expect(try await Self.text(valor) == "good")
      try folder.write(Self.answers("better"), to: "site.js")
      #expect(try await Self.answers("better", valor))
    }
  }

  @Test func whatIsImported() async throws {
    let script = """
      importScripts('lib/text.js');
      addEventListener('fetch', (e) => e.respondWith(new Response(text)));
      """
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("lib"), withIntermediateDirectories: true)
    try folder.write("self.text = 'one';", to: "lib/text.js")
    let path = try folder.write(script, to: "site.js")
    try await withValor(["--watch", "--plugin", "\(path)=http://site.example/"]) { valor in
      #expect(try await Self.text(valor) == "one")
      try folder.write("self.text = 'two';", to: "lib/text.js")
      #expect(try await Self.answers("two", valor))
      // A file that no version has imported so far is broken, and then whole.
      try folder.write("self.text = ;", to: "lib/other.js")
      try folder.write(script.replacingOccurrences(of: "text.js", with: "other.js"), to: "site.js")
      #expect(try await valor.waitForLog("lib/other.js:1:"))
      #expect(try await Self.text(valor) == "two")
      try folder.write("self.text = 'three';", to: "lib/other.js")
      #expect(try await Self.answers("three", valor))
    }
  }

  @Test func onlyWhenAsked() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.answers("one"), to: "site.js")
    let other = try folder.write(Self.answers("one"), to: "other.js")
    let config = try folder.write(#"{"watch": true}"#, to: "valor.json")
    let plugins = [
      "--plugin", "\(path)=http://site.example/", "--plugin", "\(other)=http://other.example/",
    ]
    try await withValor(["--config", config, "--no-watch"] + plugins) { valor in
      try folder.write(Self.answers("two"), to: "site.js")
      for _ in 0..<20 { #expect(try await Self.text(valor) == "one") }
    }
    try await withValor(["--config", config] + plugins) { valor in
      #expect(try await Self.text(valor) == "two")
      try folder.write(Self.answers("three"), to: "site.js")
      #expect(try await Self.answers("three", valor))
    }
  }
}
