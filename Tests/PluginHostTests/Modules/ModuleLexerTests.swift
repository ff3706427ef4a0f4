import Testing

@testable import PluginHost

/// What a slash and a brace mean, told by the tokens that come of them.
@Suite struct ModuleLexerTests {
  private func tokens(_ source: String) throws -> [(kind: ModuleToken.Kind, text: String)] {
    let bytes = Array(source.utf8)
    return try bytes.withUnsafeBufferPointer { bytes in
      try ModuleLexer.tokens(of: bytes).map {
        ($0.kind, String(decoding: bytes[$0.start..<$0.end], as: UTF8.self))
      }
    }
  }

  private func literals(_ source: String) throws -> [String] {
    try self.tokens(source).filter { $0.kind == .literal }.map { $0.text }
  }

  @Test(arguments: [
    "x = a / b / c", "f() / 2 / g", "[1] / 2 / 3", "({}) / 2 / 3", "x++ / 2 / y", "this / 1 / 2",
    "(function () {}) / 1 / 2", "x = function () {} / 1 / 2", "x = class { a() {} } / 1 / 2",
    "x = { a: 1 } / 2 / 3", "`${a}` / 1 / 2", "a.return / 1 / 2", "a?.if / 1 / 2",
    "x = { if: 1 }.if / 1 / 2", "a\n/b/g", "x = y ? { a: 1 } / 2 / 3 : 4", "async / 1 / 2",
    "x = async function () {} / 1 / 2", "super.x / 1 / 2", "1. / 2 / 3", "0x1e / 2 / 3",
    "x = a ? b : c / 1 / 2", "export default { a: 1 } / 2 / 3",
  ])
  func divisions(_ source: String) throws {
    #expect(try !self.tokens(source).contains { $0.kind == .literal && $0.text.hasPrefix("/") })
  }

  @Test(arguments: [
    "x = /a/", "return /a/", "(/a/)", "[/a/]", "{ /a/ }", "if (x) /a/.test(y)", "while (x) /a/",
    "for (const x of /a/) y", "x => /a/", "x => {}\n/a/", "function f() {}\n/a/",
    "class A {}\n/a/", "a: /a/", "{ a: { /a/ } }", "x = { a: /a/ }", "typeof /a/", "!/a/",
    "a && /a/", "a ? /a/ : b", "a ? b : /a/", "case /a/:", "switch (x) { case 1: /a/ }",
    "x = y\n++\n/a/.lastIndex", "catch { }\n/a/", "`${/a/}`", "do /a/; while (x)", "else /a/",
    "class A { x = /a/ }", "class A { static { /a/ } }", "class A { m() {} x = /a/ }",
    "for await (const x of y) /a/", "x = { get() { return /a/ } }", "x = { [/a/]: 1 }",
    "throw /a/", "x = [...y, /a/]", "export default /a/", "yield /a/", "await /a/", "x; /a/",
    "import 'x';\n/a/", "export { a };\n/a/", "x = y ? { a: /a/ } : 1",
  ])
  func expressions(_ source: String) throws {
    #expect(try self.literals(source).filter { $0.hasPrefix("/") } == ["/a/"])
  }

  @Test func theEndOfAnExpressionIsFound() throws {
    #expect(try self.literals(#"x = /[/\]]\/"'`/giu / 2"#) == [#"/[/\]]\/"'`/giu"#])
    #expect(try self.literals("`a${`b${c}`}` + `}`") == ["`}`"])
    #expect(try self.literals("x = '/*' + /'/") == ["/'/"])
    #expect(
      try self.tokens("a /* / */ / b // / c\n/ d").map { $0.text } == ["a", "/", "b", "/", "d"])
    #expect(try self.tokens("#!/usr/bin/x\n1").map { $0.text } == ["1"])
    #expect(try self.tokens("ä\u{A0}b\u{2028}c\u{FEFF}").map { $0.text } == ["ä", "b", "c"])
  }

  @Test(arguments: [
    "(", "{", "[", ")", "}", "(]", "`", "`${", "'a", "\"a\n\"", "/* a", "x = /a", "x = /a\n/",
    "`${)",
    "\\", "x = /\\", "'\\", "`\\", "#",
  ])
  func textThatIsNoScriptEnds(_ source: String) {
    _ = try? self.tokens(source)
    #expect(throws: Never.self) {
      // Whatever the lexer said, nothing is read beyond the end.
      _ = try? ModuleTransformer.transform(source)
    }
  }
}
