import Foundation
import TestSupport
import Testing

/// What the next start finds of plugins that were installed.
@Suite struct RestartTests {
  /// A plugin in a folder of its own, and the origin where it counts its events.
  private struct Site {
    let folder: TemporaryFolder
    let origin: TestOrigin

    init(_ routes: [String: TestOrigin.Route] = [:]) throws {
      self.folder = try TemporaryFolder()
      self.origin = try TestOrigin(routes: routes, otherwise: { _ in .text("noted") })
      try self.write(version: "one")
      try self.folder.write("self.library = 'first';", to: "lib.js")
    }

    /// Writes the script; `install` is the path that it fetches while it installs.
    func write(version: String, install: String = "/install") throws {
      try self.folder.write(
        """
        importScripts('lib.js');
        const note = (event, path) =>
          event.waitUntil(fetch('\(self.origin.url)' + path, { mode: 'no-cors' }));
        addEventListener('install', (event) => note(event, '\(install)'));
        addEventListener('activate', (event) => note(event, '/activate'));
        addEventListener('fetch', (event) => {
          if (event.request.url.endsWith('/update')) event.waitUntil(registration.update());
          event.respondWith(new Response('\(version), ' + library));
        });
        """, to: "site.js")
    }

    func run(_ body: (ValorProcess) async throws -> Void) async throws {
      let arguments = ["--plugin", self.folder.file("site.js") + "=http://site.example/"]
      try await withValor(arguments, in: self.folder, body: body)
    }

    var seen: [String] { self.origin.requests.map { $0.target } }
  }

  /// The plugin answers so.
  private static func expect(
    _ text: String, _ valor: ValorProcess, path: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await valor.curl(["http://site.example/\(path)"])
    #expect(answer.text == text, sourceLocation: sourceLocation)
  }

  private static func kill(_ valor: ValorProcess) async throws {
    valor.child.send(signal: SIGKILL)
    _ = try await valor.waitForExit()
  }

  @Test func onlyAChangedScriptIsInstalledAgain() async throws {
    let site = try Site()
    defer { site.origin.stop() }
    try await site.run { valor in
      try await Self.expect("one, first", valor)
      try await Self.kill(valor)
    }
    #expect(site.seen == ["/install", "/activate"])
    try await site.run { valor in
      // Nothing was to be done, so no process was needed.
      #expect(valor.workers.isEmpty)
      try await Self.expect("one, first", valor)
    }
    #expect(site.seen == ["/install", "/activate"])
    try site.folder.write("self.library = 'second';", to: "lib.js")
    try await site.run { try await Self.expect("one, second", $0) }
    #expect(site.seen == ["/install", "/activate", "/install", "/activate"])
    try site.folder.write("this is no script", to: "site.js")
    try await site.run { valor in
      #expect(try await valor.waitForLog("the version that was there goes on"))
      try await Self.expect("one, second", valor)
    }
    #expect(site.seen.count == 4)
  }

  @Test func aModuleSurvivesTheRestart() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      import { name } from './lib/name.js';
      import data from './data.json' with { type: 'json' };
      addEventListener('install', () => console.info('installs'));
      addEventListener('fetch', (event) => event.respondWith(new Response(name() + data.list)));
      """, to: "site.mjs")
    try folder.write(#"{ "list": [1, 2] }"#, to: "data.json")
    try FileManager.default.createDirectory(
      atPath: folder.file("lib"), withIntermediateDirectories: true)
    try folder.write("export const name = () => 'first';", to: "lib/name.js")
    let arguments = [
      "--log-level", "info", "--plugin", folder.file("site.mjs") + "=http://site.example/",
    ]
    try await withValor(arguments, in: folder) { valor in
      try await Self.expect("first1,2", valor)
      try await Self.kill(valor)
    }
    try await withValor(arguments, in: folder) { valor in
      #expect(valor.workers.isEmpty)
      try await Self.expect("first1,2", valor)
      #expect(!valor.child.errorText.contains("installs"))
    }
    try folder.write("export const name = () => 'second';", to: "lib/name.js")
    try await withValor(arguments, in: folder) { valor in
      try await Self.expect("second1,2", valor)
      #expect(valor.child.errorText.contains("installs"))
    }
  }

  @Test func aVersionThatWasInstallingBeginsAnew() async throws {
    let latch = Latch()
    let site = try Site(["/slow": { _ in .text("noted").after(latch) }])
    defer { site.origin.stop() }
    try await site.run { valor in
      try site.write(version: "two", install: "/slow")
      try await Self.expect("one, first", valor, path: "update")
      #expect(try await site.origin.waitForRequests(3))
      try await Self.expect("one, first", valor)
      try await Self.kill(valor)
    }
    latch.open()
    try await site.run { try await Self.expect("two, first", $0) }
    #expect(site.seen == ["/install", "/activate", "/slow", "/slow", "/activate"])
  }

  @Test func withoutAUsableStoreEveryStartInstalls() async throws {
    let site = try Site()
    defer { site.origin.stop() }
    try await site.run { try await Self.kill($0) }
    for file in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(
        atPath: site.folder.file("data/storage/valor.sqlite\(file)"))
    }
    let garbage = String(repeating: "garbage ", count: 1_000)
    try site.folder.write(garbage, to: "data/storage/valor.sqlite")
    try await site.run { valor in
      #expect(try await valor.waitForLog("an empty one takes its place"))
      try await Self.expect("one, first", valor)
    }
    try FileManager.default.removeItem(atPath: site.folder.file("data/storage"))
    try site.folder.write("a file", to: "data/storage")
    try await site.run { valor in
      #expect(try await valor.waitForLog("storage: "))
      try await Self.expect("one, first", valor)
    }
    #expect(site.seen.filter { $0 == "/install" }.count == 3)
  }
}
