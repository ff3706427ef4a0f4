import NIOCore
import Testing

@testable import PluginHost

/// Modules in the worker; the test is the host with the files.
@Suite struct ModuleTests {
  /// Starts a worker with a module and serves what it imports. Returns the first other frame.
  private func start(
    _ source: String, _ files: [String: String], _ worker: WorkerHarness
  ) throws -> (Frame, asked: [String]) {
    try worker.start(source, isModule: true)
    var asked: [String] = []
    while true {
      let frame = try worker.next()
      guard case .call(let call, let kind, let payload) = frame else { return (frame, asked) }
      #expect(kind == .importModule || kind == .importJSON)
      let url = String(buffer: payload)
      asked.append(url)
      let path = url.replacing("https://app.test/", with: "")
      guard let text = files[path] else {
        try worker.send(
          .callResult(
            call: call, errorName: "NetworkError", message: "\(path) is gone",
            payload: ByteBuffer()))
        continue
      }
      let script = ImportedScript(
        name: "/plugins/\(path)", source: ByteBuffer(string: text), isMuted: false)
      try worker.send(.callResult(call: call, errorName: "", message: "", payload: script.frame))
    }
  }

  /// What the module answers a request with.
  private func answer(_ source: String, _ files: [String: String] = [:]) throws -> String {
    let worker = try WorkerHarness()
    let (frame, _) = try self.start(source, files, worker)
    guard case .ready = frame else { throw WorkerHarness.Failure(text: "\(frame)") }
    try worker.fetchEvent()
    return try worker.response().body
  }

  private func failure(
    _ source: String, _ files: [String: String] = [:]
  ) throws -> String {
    let (frame, _) = try self.start(source, files, try WorkerHarness())
    guard case .startFailed(let failure) = frame else {
      throw WorkerHarness.Failure(text: "\(frame)")
    }
    return "\(failure.message) \(failure.file):\(failure.line):\(failure.column)"
  }

  private static let reply = "\nonfetch = (e) => e.respondWith(new Response(String(reply())));"

  @Test func namesDefaultsAndNamespacesAreImported() throws {
    let result = try self.answer(
      """
      import def, { a, b as bee, Cls, "odd name" as odd } from './lib/a.js';
      import * as ns from '/lib/a.js';
      import fn from './fn.js';
      import data from './data.json' with { type: 'json' };
      const reply = () => [def, a, bee, odd, new Cls().x, Object.keys(ns), ns.default, fn(), fn.name,
        data.list[1], Object.prototype.toString.call(ns), 'a' in ns, 'z' in ns, Object.isFrozen(ns),
        Reflect.set(ns, 'a', 1), Reflect.getPrototypeOf(ns), this].join();
      """ + Self.reply,
      [
        "lib/a.js": """
        export const a = 1; export let b = 2; export class Cls { x = 3 }
        const o = 'odd'; export { o as "odd name" }; export default 'def'
        """,
        "fn.js": "export default function () { return this === undefined }",
        "data.json": #"{"list": [1, 2]}"#,
      ])
    #expect(
      result
        == "def,1,2,odd,3,Cls,a,b,default,odd name,def,true,default,2,[object Module],true,false,"
        + "false,false,,")
  }

  @Test func bindingsAreLive() throws {
    let result = try self.answer(
      """
      import { n, step, late } from './counter.js';
      import * as ns from './counter.js';
      export { n as m } from './counter.js';
      const before = [n, typeof late];
      step();
      const reply = () => { step(); return [before, n, ns.n, late(),
        (() => { try { n = 1 } catch (e) { return e.name } })()].join(); };
      """ + Self.reply,
      [
        "counter.js": """
        export let n = 0; export let late;
        export function step() { n++; late = () => 'late' }
        """
      ])
    #expect(result == "0,undefined,2,2,late,TypeError")
  }

  @Test func cyclesCallEachOthersFunctionsBeforeTheyRun() throws {
    let result = try self.answer(
      """
      import { even, order } from './even.js';
      const reply = () => [even(10), even(7), order].join();
      """ + Self.reply,
      [
        "even.js": """
        import { odd } from './odd.js'; import { zero } from './zero.js';
        export function even(n) { return n === zero || odd(n - 1); }
        export let order = 'even'
        """,
        "odd.js": """
        import { even, order } from './even.js';
        let early; try { early = order } catch (e) { early = e.name }
        export const first = typeof even + early;
        export function odd(n) { return n !== 0 && even(n - 1); }
        """,
        "zero.js": "export const zero = 0",
      ])
    #expect(result == "true,false,even")
  }

  @Test func eachModuleIsEvaluatedOnceInOrder() throws {
    let worker = try WorkerHarness()
    let (frame, asked) = try self.start(
      "import './a.js'; import './b.js'; import './a.js#f'; log.push('main');\n"
        + "const reply = () => log.join();" + Self.reply,
      [
        "a.js": "import './c.js'; (globalThis.log ??= []).push('a ' + import.meta.url)",
        "b.js": "import './c.js'; log.push('b')", "c.js": "(globalThis.log ??= []).push('c')",
        "a.js#f": "log.push('a#f')",
      ], worker)
    guard case .ready = frame else {
      Issue.record("\(frame)")
      return
    }
    #expect(asked.sorted() == ["a.js", "a.js#f", "b.js", "c.js"].map { "https://app.test/\($0)" })
    try worker.fetchEvent()
    #expect(try worker.response().body == "c,a https://app.test/a.js,b,a#f,main")
  }

  @Test func starsLeaveOutWhatIsAmbiguousAndDefaults() throws {
    let files = [
      "all.js": "export * from './a.js'; export * from './b.js'; export * as b from './b.js'",
      "a.js": "export const x = 1, both = 1, own = 1; export default 1",
      "b.js": "export const y = 2, both = 2; export { own } from './a.js'",
    ]
    let result = try self.answer(
      "import * as all from './all.js'; const reply = () => Object.keys(all) + all.b.y;"
        + Self.reply,
      files)
    #expect(result == "b,own,x,y2")
    #expect(
      try self.failure("import { both } from './all.js'", files)
        == "SyntaxError: /plugins/all.js exports 'both' from two modules. /plugins/sw.js:1:10")
  }

  @Test func modulesAreStrictAndTheirVariablesTheirOwn() throws {
    let result = try self.answer(
      """
      var v = 1; let l = 2; function f() { return this }
      const $m = 3, $d = 4;
      const reply = () => [typeof globalThis.v, typeof globalThis.f, f(), $m + $d,
        typeof importScripts, (() => { try { importScripts('x') } catch (e) { return e.name } })(),
        import.meta.resolve('./y.js'), Object.getPrototypeOf(import.meta)].join();
      """ + Self.reply)
    #expect(result == "undefined,undefined,,7,function,TypeError,https://app.test/y.js,")
  }

  @Test func dynamicImportsAreRejected() throws {
    let result = try self.answer(
      """
      let error; import('./x.js').catch((e) => { error = e });
      const reply = () => error instanceof TypeError;
      """ + Self.reply)
    #expect(result == "true")
  }

  @Test(arguments: [
    (
      "\nimport { x } from './a.js'",
      "SyntaxError: /plugins/a.js does not export 'x'. /plugins/sw.js:2:10"
    ),
    ("import './b.js'", "ReferenceError: Can't find variable: gone /plugins/b.js:2:5"),
    (
      "\n  import 'bare'",
      "TypeError: The module specifier 'bare' is neither a URL nor begins with '/', './' or '../'. "
        + "/plugins/sw.js:2:10"
    ),
    ("import './gone.js'", "TypeError: gone.js is gone /plugins/sw.js:1:8"),
    ("import './deep.js'", "TypeError: gone.js is gone /plugins/deep.js:1:8"),
    (
      "import x from './a.js' with { type: 'css' }",
      "TypeError: The module type 'css' is not supported. /plugins/sw.js:1:15"
    ),
    (
      "// 1\nlet x = 1;\nawait x",
      "SyntaxError: Top-level await is not allowed in service workers. "
        + "/plugins/sw.js:3:1"
    ),
    (
      "if (1) {\n  await (1)\n}",
      "SyntaxError: Top-level await is not allowed in service workers. "
        + "/plugins/sw.js:2:3"
    ),
    (
      "import { a } from './a.js';\nreturn 5",
      "SyntaxError: Return statements are only valid inside functions. /plugins/sw.js:2:0"
    ),
    ("import './syntax.js'", "SyntaxError: Unexpected token '}' /plugins/syntax.js:2:8"),
    ("throw new RangeError('x')", "RangeError: x /plugins/sw.js:1:21"),
    (
      "import a from './bad.json' with { type: 'json' }",
      "SyntaxError: /plugins/bad.json is no JSON: JSON Parse error: Expected '}' /plugins/bad.json:0:0"
    ),
    ("export let a; export { a }", "SyntaxError: 'a' is exported twice. /plugins/sw.js:0:0"),
  ])
  func failuresSayWhere(_ source: String, _ expected: String) throws {
    let files = [
      "a.js": "export default 1; export const a = 1",
      "b.js": "const f = async () => await 1;\ngone",
      "deep.js": "import './gone.js'", "syntax.js": "import './a.js'\n(1 + (2} )", "bad.json": "{",
    ]
    let failure = try self.failure(source, files)
    #expect(failure == expected)
  }
}
