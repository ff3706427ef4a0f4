import Testing

@testable import PluginHost

@Suite struct ModuleTransformerTests {
  private func exports(_ source: String) throws -> [String] {
    try ModuleTransformer.transform(source).exports.map { export in
      func text(_ units: [UInt16]) -> String { String(decoding: units, as: UTF16.self) }
      return switch export {
      case .local(let name, let local): "\(text(name))=\(local)"
      case .indirect(let name, let request, let importName, _):
        "\(text(name))=\(request):\(importName.map(text) ?? "*")"
      case .star(let request): "*\(request)"
      }
    }
  }

  private func imports(_ source: String) throws -> [String] {
    let module = try ModuleTransformer.transform(source)
    return module.imports.map { entry in
      let request = module.requests[entry.request]
      let from = String(decoding: request.specifier, as: UTF16.self)
      let name = entry.name.map { String(decoding: $0, as: UTF16.self) } ?? "*"
      return "\(entry.local)=\(from)\(request.type.isEmpty ? "" : "(\(request.type))"):\(name)"
    }
  }

  @Test func aCompilersAssertionIsAnAttribute() throws {
    let source = "import a from 'a' assert { type: 'json' }\nassert: {}"
    let module = try ModuleTransformer.transform(source, isCompiled: true)
    #expect(module.requests.map { $0.type } == ["json"])
    // On a line of its own it is a label.
    let other = "import a from 'a'\nassert: { type: 'json' }"
    #expect(
      try ModuleTransformer.transform(other, isCompiled: true).requests.map { $0.type } == [""])
  }

  @Test func allFormsOfImports() throws {
    #expect(
      try self.imports(
        """
        import 'a'; import b from 'b'
        import * as c from "c"; import d, * as e from 'd'; import f, { g, h as i, default as j, } from 'f'
        import { "odd name" as k, if as l } from 'k' with { type: "json" };
        import {} from 'm'; import from from 'from'
        """) == [
          "b=b:default", "c=c:*", "d=d:default", "e=d:*", "f=f:default", "g=f:g", "i=f:h",
          "j=f:default", "k=k(json):odd name", "l=k(json):if", "from=from:default",
        ])
  }

  @Test func allFormsOfExports() throws {
    #expect(
      try self.exports(
        """
        export const a = 1, { b, c: { d = f(1, 2) }, [x]: e, ...g } = h, [i, , j = [1, 2], ...k] = l
        m(), n = 2
        export let o
        export var p = (1, 2), q = x => { return 1, 2 }, r = y ? 1 : 2
        export function s() {} export async function t() {} export function* u() {}
        export async function* v() {} export class w extends x {}
        export { a as aa, b as "odd name", c as default }; export * from 'x'; export * as ns from 'y'
        export { z, z as zz, default as dd, "s" as "t" } from 'z'
        """) == [
          "a=a", "b=b", "d=d", "e=e", "g=g", "i=i", "j=j", "k=k", "o=o", "p=p", "q=q", "r=r", "s=s",
          "t=t", "u=u", "v=v", "w=w", "aa=a", "odd name=b", "default=c", "*0", "ns=1:*", "z=2:z",
          "zz=2:z", "dd=2:default", "t=2:s",
        ])
  }

  @Test func whatIsImportedAndExportedIsTheOtherModules() throws {
    #expect(
      try self.exports("export { a, b as c }; import { x as a } from 'm'; import * as b from 'n'")
        == ["a=0:x", "c=1:*"])
  }

  @Test(arguments: [
    ("export default 1 + 1", "$m.default= 1 + 1", "default=$m.default"),
    ("export default function () {}", "               function $d () {}", "default=$d"),
    ("export default function* f() {}", "               function* f() {}", "default=f"),
    ("export default class {}", "               class $d {}", "default=$d"),
    ("export default class extends X {}", "               class $d extends X {}", "default=$d"),
    ("export default async () => 1", "$m.default= async () => 1", "default=$m.default"),
    ("export default async function () {}", "               async function $d () {}", "default=$d"),
    (
      "let $m, $d; export default\nclass {}", "let $m, $d;               \nclass $d1 {}",
      "default=$d1"
    ),
    ("let $m; export default\n1", "let $m; $m1.default=\n1", "default=$m1.default"),
  ])
  func defaultExports(_ source: String, _ text: String, _ export: String) throws {
    let module = try ModuleTransformer.transform(source)
    // Spaces do not matter, lines do.
    func squeezed(_ text: String) -> String {
      text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(squeezed(String(decoding: module.text, as: UTF8.self)) == squeezed(text))
    #expect(try self.exports(source) == [export])
  }

  @Test func linesAndStatementsStayWhereTheyAre() throws {
    let source = """
      a = b
      import {
        x,
        ü
      } from 'x'
      (c)
      export {
        a }
      d(import.meta.url, import('y'), { import: 1, import() {} }, x.import(1), `${import.meta}`)
      """
    let module = try ModuleTransformer.transform(source)
    let lines = String(decoding: module.text, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == source.split(separator: "\n", omittingEmptySubsequences: false).count)
    #expect(lines[0] == "a = b")
    #expect(lines[1].hasPrefix(";"))
    #expect(lines[5] == "(c)")
    #expect(
      lines[8]
        == "d($m.meta.url, $m.imp('y'), { import: 1, import() {} }, x.import(1), `${$m.meta}`)")
  }

  @Test func variablesThatChangeAreKnown() throws {
    let module = try ModuleTransformer.transform(
      """
      export const a = 1; export let b = 2, c = 3, d, e, f = 4, g; export function h() {}
      export class i {} export let j = 1; export var k = 1, [l] = [1]; let n; export { n as m }
      c++; --d; function set() { e = 1; [f, g] = [1, 2]; h ??= 1; ({ n } = x) }
      if (a == b || a === b || b <= a || b >= a) x.b = 1; y({ b: 1 }); (b) => 1
      for (j of []) {}
      """)
    #expect(
      module.mutableLocals.isSuperset(of: ["c", "d", "e", "f", "g", "h", "n", "j"]))
    #expect(module.mutableLocals.isDisjoint(with: ["a", "b", "i"]))
  }

  @Test(arguments: [
    ("import x from", "Unexpected end of script"), ("import { x", "Unexpected end of script"),
    ("import 1 from 'x'", "Unexpected token '1'"), ("import x 'x'", "Unexpected token ''x''"),
    ("import { 'x' } from 'x'", "Unexpected token ''x''"), ("export x", "Unexpected token 'x'"),
    ("export { 'a' }", "Unexpected token ''a''"), ("import x from 'x' y", "Unexpected token 'y'"),
    ("import x from 'x' with { other: 'y' }", "The import attribute 'other' is not supported"),
    ("export * as", "Unexpected end of script"), ("export", "Unexpected end of script"),
    ("export const 1", "Unexpected token '1'"), ("export default", "Unexpected end of script"),
    ("import { a as } from 'x'", "Unexpected token 'as'"),
    (
      #"import { "\uD800" as a } from 'x'"#,
      "A module's name for an export is no well-formed string"
    ),
  ])
  func mistakes(_ source: String, _ message: String) {
    let error = #expect(throws: ModuleSyntaxError.self) { try ModuleTransformer.transform(source) }
    #expect(error?.message == message)
  }

  @Test func stringsAreRead() throws {
    let module = try ModuleTransformer.transform(
      #"import '\x41\u0042\u{1F600}\n\'\"\\\#u{2028}ä\"# + "\n" + #"c\q';"#)
    #expect(
      String(decoding: try #require(module.requests.first).specifier, as: UTF16.self)
        == "AB😀\n'\"\\\u{2028}äcq")
  }
}
