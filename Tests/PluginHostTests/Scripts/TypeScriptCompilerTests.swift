import Foundation
import Testing

@testable import PluginHost

/// TypeScript is compiled by esbuild, which `scripts/bootstrap` installs.
@Suite struct TypeScriptCompilerTests {
  private func compile(_ source: String, isModule: Bool = false) throws -> String {
    String(
      decoding: try TypeScriptCompiler.compile(
        Array(source.utf8), file: "/plugins/sw.ts", isModule: isModule), as: UTF8.self)
  }

  private func failure(_ source: String, isModule: Bool = false) -> String {
    do throws(ScriptFailure) {
      _ = try TypeScriptCompiler.compile(
        Array(source.utf8), file: "/plugins/sw.ts", isModule: isModule)
      return "none"
    } catch { return "\(error.message) \(error.file):\(error.line):\(error.column)" }
  }

  @Test func typesAreTakenOut() throws {
    let text = try self.compile(
      """
      interface Answer { text: string }
      const answer = <T extends Answer>(a: T): string => a.text!;
      answer({ text: "ü" } satisfies Answer);
      """)
    #expect(text.contains("const answer = (a) => a.text;"), "\(text)")
    #expect(text.contains("ü"))
    #expect(!text.contains("interface"))
    let map = try #require(SourceMap(in: text))
    #expect(map.original(.init(line: 1, column: 1)) == SourceMap.Place(line: 2, column: 1))
  }

  @Test func importsOfTypesAreNone() throws {
    let text = try self.compile(
      """
      import type { A } from "./a.ts";
      import { B, type C } from "./b.ts";
      import { used } from "./c.ts";
      export const x: A = used as B;
      """, isModule: true)
    #expect(!text.contains("a.ts") && !text.contains("b.ts"), "\(text)")
    #expect(text.contains(#"import { used } from "./c.ts""#), "\(text)")
  }

  @Test func aClassicScriptMaySayThatItsNamesAreItsOwn() throws {
    let text = try self.compile("export {};\nconst text = `\nexport {};\n`;\n")
    #expect(text.split(separator: "\n")[0].allSatisfy { $0 == " " }, "\(text)")
    #expect(text.contains("\nexport {};\n"), "in the string it stays")
    #expect(try self.compile("import(`x`); import.meta;").contains("import("))
  }

  @Test(arguments: [
    ("const x = \"é😀\"; let y y = 1;", "SyntaxError: Expected \";\" but found \"y\" ", ":1:24"),
    ("let a: number = 1;\r\nlet b: = 2;", "SyntaxError: Unexpected \"=\" ", ":2:8"),
    ("const x = {", "SyntaxError: Expected ", ":1:12"),
    ("\n\n  export const x = 1;", "SyntaxError: A script that imports or exports", ":3:"),
    ("import { a } from './a.ts';\na();", "SyntaxError: A script that imports or exports", ":1:"),
  ])
  func mistakesHaveTheirPlace(source: String, message: String, place: String) {
    let failure = self.failure(source)
    #expect(failure.hasPrefix(message), "\(failure)")
    #expect(failure.contains("/plugins/sw.ts\(place)"), "\(failure)")
  }

  @Test func whatItSaysInAnotherWayIsAnErrorToo() {
    let source = Array("x".utf8)
    for text in ["", "Killed", "[ERROR] ", "✘ [ERROR] one\n\n    script.ts:x:y:\n"] {
      let failure = TypeScriptCompiler.failure(
        Array(text.utf8), status: 256, source: source, file: "sw.ts")
      #expect(failure.line == 0, "\(text)")
      #expect(!failure.message.isEmpty)
    }
    let far = TypeScriptCompiler.failure(
      Array("✘ [ERROR] one\n\n    script.ts:90:4000:\n".utf8), status: 256, source: source,
      file: "sw.ts")
    #expect(far.message == "SyntaxError: one" && far.line == 90 && far.column == 0)
  }
}

/// Programs of others, within bounds.
@Suite struct BoundedProgramTests {
  private func shell(_ script: String, limit: Int = 1 << 20, patience: Int = 60) -> BoundedProgram {
    BoundedProgram(
      path: "/bin/sh", arguments: ["-c", script], outputLimit: limit, patience: patience)
  }

  private func failure(_ program: BoundedProgram, _ input: [UInt8] = []) -> String {
    do throws(BoundedProgram.Failure) {
      _ = try program.run(input: input)
      return "none"
    } catch { return error.message }
  }

  @Test func inputAndOutputGoBothWaysAtTheSameTime() throws {
    let input = [UInt8](repeating: 0x61, count: 900_000)
    let output = try self.shell("cat; echo done >&2; exit 3").run(input: input)
    #expect(output.output == input)
    #expect(output.errors == Array("done\n".utf8))
    #expect(output.status >> 8 & 0xFF == 3)
    // One that wants nothing of it.
    #expect(try self.shell("exec <&-; echo x").run(input: input).output == Array("x\n".utf8))
    #expect(try self.shell("cat").run(input: []).output == [])
  }

  @Test func itHasLittleOfTheWorld() throws {
    let output = try self.shell("pwd; env | cut -d= -f1 | sort; ls /proc/self/fd | wc -l")
      .run(input: [])
    let lines = String(decoding: output.output, as: UTF8.self).split(separator: "\n")
    #expect(lines.first == "/")
    #expect(!lines.contains("HOME") && lines.contains("PATH"), "\(lines)")
    // Its three, and the one for the listing.
    #expect(lines.last?.trimmingCharacters(in: .whitespaces) == "4", "\(lines)")
  }

  @Test func boundsAreKept() {
    #expect(self.failure(self.shell("cat /dev/zero", limit: 10_000)).contains("longer than 10000"))
    #expect(
      self.failure(self.shell("cat /dev/zero >&2", limit: 10_000)).contains("longer than 10000"))
    #expect(self.failure(self.shell("sleep 600", patience: 1)).contains("more than 1 s"))
    // Its outputs are closed, but it goes on.
    #expect(
      self.failure(self.shell("exec >&- 2>&- <&-; sleep 600", patience: 1)).contains("more than"))
    let gone = BoundedProgram(
      path: "/nowhere/esbuild", arguments: [], outputLimit: 1, patience: 1)
    #expect(self.failure(gone) == "No such file or directory")
  }
}
