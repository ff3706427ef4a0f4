import Foundation
import TestSupport
import Testing

/// What the documents promise, as they promise it.
@Suite struct ExampleTests {
  @Test func hello() async throws {
    let file = Self.root.appendingPathComponent("Examples/hello/hello.js").path
    let scopes = "http://hello.example/,https://hello.example/"
    try await withValor(["--plugin", "\(file)=\(scopes)"]) { valor in
      for scheme in ["http", "https"] {
        let world = try await valor.curl(["\(scheme)://hello.example/"])
        #expect(world.text == "Hello, world!\n", "\(world.errorText)")
        let you = try await valor.curl(["\(scheme)://hello.example/you"])
        #expect(you.text == "Hello, you!\n", "\(you.errorText)")
      }
    }
  }

  @Test func thePluginOfTheReadme() async throws {
    let readme = try String(
      contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    let script = try #require(readme.components(separatedBy: "```js\n").dropFirst().first)
    let folder = try TemporaryFolder()
    let file = try folder.write(
      try #require(script.components(separatedBy: "```").first), to: "joke.js")
    let scopes = "http://jokes.example/,https://jokes.example/"
    try await withValor(["--plugin", "\(file)=\(scopes)"]) { valor in
      for scheme in ["http", "https"] {
        let joke = try await valor.curl(["\(scheme)://jokes.example/joke"])
        #expect(joke.status == 200, "\(joke.errorText)")
        #expect(joke.first("cache-control") == "no-store")
        #expect(joke.text == #"{"question":"Why did the packet cross the network?"}"#)
      }
    }
  }

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
