import Foundation
import TestSupport
import Testing

/// `--plugins` and `--config` with the real program.
@Suite struct PluginsFileTests {
  /// Runs `valor run` where it is expected to end by itself.
  static func run(_ arguments: [String], in folder: TemporaryFolder) async throws -> CommandResult {
    try await valor(
      ["run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        + ValorProcess.directories(in: folder) + arguments)
  }

  @Test func pluginsOfAFile() async throws {
    let folder = try TemporaryFolder()
    try folder.write(try String(contentsOfFile: plugin("api"), encoding: .utf8), to: "api.js")
    let file = try folder.write(
      """
      {"plugins": [
        {"name": "ada", "path": "api.js", "scopes": ["http://ada.example/"],
         "config": {"who": "Ada"}},
        {"name": "bob", "type": "js", "path": "api.js", "config": {"who": "B\\u00f6b"}}]}
      """, to: "plugins.json")
    try await withValor([
      "--plugins", file, "--plugin", plugin("hello", claims: "http://h.example/")[1],
    ]) {
      valor in
      let ada = try MountTests.seen(try await valor.curl(["http://ada.example/x"]))
      #expect(ada.url == "http://ada.example/x")
      #expect(ada.config == ["who": "Ada"])
      let bob = try MountTests.seen(try await curl(["\(valor.proxyURL)/_bob/x"]))
      #expect(bob.config == ["who": "Böb"])
      #expect(try await curl(["\(valor.proxyURL)/_ada/x"]).status == 404, "it is not mounted")
      #expect(try await valor.curl(["http://h.example/"]).text == "hello GET http://h.example/")
    }
  }

  @Test(arguments: [
    (#"{"plugins": [{"path": "hello.js", "scpoes": []}]}"#, ":1:35: plugin \"hello\": \"scpoes\""),
    (#"{"plugins": [{"path": "hello.js", "scopes": ["ftp://x/"]}]}"#, "ftp://x/"),
    (#"{"plugins": [{"path": "gone.js"}]}"#, "gone.js cannot be read: No such file"),
    (#"{"plugins": [{"path": "hello.js"}, {"name": "hello", "path": "hello.js"}]}"#, "two plugins"),
    (#"{"plugins": [{"path": "hello.wasm"}]}"#, "type wasm cannot be run so far"),
    (#"{"plugins": ["#, "the text ends"),
    (#"{"plugins": [{"path": "hello.js"}, {"path": "broken.js"}]}"#, "broken.js:1:"),
  ])
  func aWrongFileIs78AndLoadsNothing(text: String, reason: String) async throws {
    let folder = try TemporaryFolder()
    try folder.write("console.error('evaluated');", to: "hello.js")
    try folder.write("const = 1;", to: "broken.js")
    let file = try folder.write(text, to: "plugins.json")
    let result = try await Self.run(["--plugins", file], in: folder)
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains(reason), "\(result.errorText)")
    #expect(result.output == [], "it has not started")
    if !text.contains("broken") {
      #expect(!result.errorText.contains("evaluated"), "\(result.errorText)")
    }
  }

  @Test(arguments: ["--plugins", "--config"])
  func aFileThatIsNotThereIs66(option: String) async throws {
    let folder = try TemporaryFolder()
    let result = try await Self.run([option, folder.file("gone.json")], in: folder)
    #expect(result.status == .code(66), "\(result.errorText)")
    #expect(result.errorText.contains("gone.json"), "\(result.errorText)")
  }

  @Test func optionsOfAFile() async throws {
    let folder = try TemporaryFolder()
    try folder.write(try String(contentsOfFile: plugin("hello"), encoding: .utf8), to: "hello.js")
    let config = try folder.write(
      """
      {"listen": "192.0.2.1:1", "plugin": ["hello.js=http://hello.example/"],
       "access-log": "access.log", "access-log-format": "common"}
      """, to: "valor.json")
    // The harness's own --listen is on the command line and wins: nobody has 192.0.2.1.
    try await withValor(["--config", config]) { valor in
      let answer = try await valor.curl(["http://hello.example/"])
      #expect(answer.status == 200)
    }
    let log = try String(contentsOfFile: folder.file("access.log"), encoding: .utf8)
    #expect(log.contains("\"GET http://hello.example/ HTTP/1.1\" 200"), "\(log)")
  }

  @Test(arguments: [
    (
      #"{"listne": 1}"#, "valor.json:1:2: \"listne\": there is no such option; did you mean listen?"
    ),
    (#"{"listen": "x"}"#, "valor.json:1:12: \"listen\""),
  ])
  func aWrongConfigurationIs78(text: String, reason: String) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(text, to: "valor.json")
    let result = try await Self.run(["--config", file], in: folder)
    #expect(result.status == .code(78), "\(result.errorText)")
    #expect(result.errorText.contains(reason), "\(result.errorText)")
  }
}
