import Foundation
import TestSupport
import Testing

/// Plugins in TypeScript.
@Suite struct TypeScriptTests {
  /// A plugin in a folder of its own, loaded at its start.
  private struct Site {
    let folder: TemporaryFolder
    let name: String
    var arguments: [String] {
      ["--log-level", "info", "--plugin", self.folder.file(self.name) + "=http://site.example/"]
    }

    init(_ name: String, _ files: [String: String]) throws {
      self.folder = try TemporaryFolder()
      self.name = name
      for (name, text) in files { try self.folder.write(text, to: name) }
    }

    func run(
      _ further: [String] = [], environment: [String: String] = [:],
      _ body: (ValorProcess) async throws -> Void
    ) async throws {
      try await withValor(
        self.arguments + further, in: self.folder, environment: environment, body: body)
    }

    /// What a start says that does not come about.
    func failedStart(environment: [String: String] = [:]) async throws -> CommandResult {
      try await TestSupport.run(
        ValorProcess.program,
        ["run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
          + ValorProcess.directories(in: self.folder) + self.arguments, environment: environment)
    }
  }

  private static func get(_ valor: ValorProcess, _ path: String = "") async throws -> String {
    try await valor.curl(["http://site.example/\(path)"]).text
  }

  /// The plugin answers so.
  private static func expect(
    _ text: String, _ valor: ValorProcess, _ path: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await Self.get(valor, path)
    #expect(answer == text, "\(valor.child.errorText)", sourceLocation: sourceLocation)
  }

  private static func expectLog(
    _ text: String, _ valor: ValorProcess, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let isThere = try await valor.waitForLog(text)
    #expect(isThere, "\(valor.child.errorText)", sourceLocation: sourceLocation)
  }

  private static let script = """
    /// <reference lib="webworker" />
    declare const self: ServiceWorkerGlobalScope;
    interface Answer {
      text: string;
    }
    enum Kind { Plain = "plain", Loud = "loud" }
    function logged(target: unknown, name: string): void { names.push(name); }
    var names: string[] = [];
    class Answers {
      @logged
      plain(path: string): Answer { return { text: `${Kind.Plain} ${path} ${names}` }; }
    }

    self.addEventListener("fetch", (event: FetchEvent) => {
      const { pathname } = new URL(event.request.url);
      console.info("asked for", pathname as string);
      if (pathname === "/throws") throw new TypeError(`no ${Kind.Loud}`);
      event.respondWith(new Response(new Answers().plain(pathname).text));
    });
    export {};

    """

  @Test func aClassicScript() async throws {
    let site = try Site("site.ts", ["site.ts": Self.script])
    try await site.run { valor in
      try await Self.expect("plain /you plain", valor, "you")
      try await Self.expectLog("asked for /you (\(site.folder.file("site.ts")):16:11)", valor)
      _ = try await Self.get(valor, "throws")
      try await Self.expectLog("Uncaught TypeError: no loud", valor)
      let log = valor.child.errorText
      #expect(log.contains("\(site.folder.file("site.ts")):17:"), "\(log)")
    }
  }

  @Test func modules() async throws {
    let site = try Site(
      "site.mts",
      [
        "site.mts": """
        import type { Text } from './types.mts';
        import { text, fails } from './lib/text.ts';
        import names from './names.json' assert { type: 'json' };
        addEventListener('fetch', (event: FetchEvent) => {
          const all: Text[] = names;
          if (event.request.url.endsWith('/fails')) fails('no');
          event.respondWith(new Response(text(all)));
        });
        """,
        "types.mts": "export type Text = string;",
        "names.json": #"["Ada", "Grace"]"#,
      ])
    try FileManager.default.createDirectory(
      atPath: site.folder.file("lib"), withIntermediateDirectories: true)
    try site.folder.write(
      """
      export const text = (all: readonly string[]): string => all.join();

      type Never = never;
      export function fails(message: string): Never {
        throw new Error(message);
      }
      """, to: "lib/text.ts")
    try await site.run { valor in
      try await Self.expect("Ada,Grace", valor)
      _ = try await Self.get(valor, "fails")
      try await Self.expectLog("Uncaught Error: no", valor)
      let log = valor.child.errorText
      #expect(log.contains("lib/text.ts:5:"), "\(log)")
      #expect(log.contains("site.mts:6:"), "\(log)")
    }
  }

  @Test(arguments: [
    ("let a: number = 1;\nconst b: = 2;", "site.ts:2:10\nconst b: = 2;\n         ^"),
    ("type A = 1;\n\n  nowhere('x' as any);", "site.ts:3:"),
    ("import { a } from './a';\na();", "site.ts:1:"),
  ])
  func whatDoesNotLoad(script: String, place: String) async throws {
    let result = try await Site("site.ts", ["site.ts": script]).failedStart()
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains(place), "\(result.errorText)")
  }

  @Test func mistakesInWhatIsImported() async throws {
    let classic = try Site(
      "site.ts", ["site.ts": "importScripts('lib.ts');", "lib.ts": "let a = 1;\nlet b: = 2;"])
    let first = try await classic.failedStart()
    #expect(first.errorText.contains("lib.ts:2:8\nlet b: = 2;\n       ^"), "\(first.errorText)")
    let module = try Site(
      "site.mts", ["site.mts": "import './lib.mts';", "lib.mts": "type A = 1;\nnowhere();"])
    let second = try await module.failedStart()
    #expect(second.errorText.contains("lib.mts:2:"), "\(second.errorText)")
    #expect(second.errorText.contains("nowhere"), "\(second.errorText)")
  }

  @Test func withoutTheCompiler() async throws {
    let site = try Site("site.ts", ["site.ts": Self.script])
    let result = try await site.failedStart(environment: ["PATH": site.folder.file("")])
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains("apt-get install esbuild"), "\(result.errorText)")
    // What is installed needs it no more.
    try await site.run { try await Self.expect("plain /a plain", $0, "a") }
    try await site.run(environment: ["PATH": site.folder.file("")]) { valor in
      try await Self.expect("plain /b plain", valor, "b")
    }
  }

  @Test func changesAreInstalled() async throws {
    let script = """
      importScripts('text.ts');
      addEventListener('install', () => console.info('installs'));
      addEventListener('fetch', (e: FetchEvent) => e.respondWith(new Response(text as string)));
      """
    let site = try Site(
      "site.ts", ["site.ts": script, "text.ts": "var text: string = 'one';"])
    try await site.run(["--watch"]) { valor in
      let one = try await WatchTests.answers("one", valor)
      #expect(one)
      try site.folder.write("var text: any = 'two';", to: "text.ts")
      let two = try await WatchTests.answers("two", valor)
      #expect(two)
      try site.folder.write(script + "\nconst x: = 1;", to: "site.ts")
      try await Self.expectLog("site.ts:4:10", valor)
      try await Self.expect("two", valor)
      try site.folder.write(
        script.replacingOccurrences(of: "text as", with: "'three' as"), to: "site.ts")
      let three = try await WatchTests.answers("three", valor)
      #expect(three)
    }
    // Byte by byte the same: nothing is installed.
    try await site.run { valor in
      try await Self.expect("three", valor)
      #expect(!valor.child.errorText.contains("installs"))
    }
  }

  @Test func theDoctorLooksAtItToo() async throws {
    let site = try Site("site.ts", ["site.ts": Self.script])
    let fine = try await DoctorTests.doctor(
      ["--plugin", site.folder.file("site.ts")], in: site.folder)
    #expect(fine.text.contains("ok       plugin site: "), "\(fine.text)")
    try site.folder.write("let a: = 1;", to: "site.ts")
    let broken = try await DoctorTests.doctor(
      ["--plugin", site.folder.file("site.ts")], in: site.folder)
    #expect(broken.text.contains("site.ts:1:8"), "\(broken.text)")
  }
}
