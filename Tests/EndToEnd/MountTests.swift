import Foundation
import TestSupport
import Testing

/// Plugins at the proxy's own address: requests to the listener rather than through it.
@Suite struct MountTests {
  /// What the plugin `api` says of a request.
  struct Seen: Decodable {
    var method: String
    var url: String
    var location: String
    var origin: String
    var scope: String
    var body: String
    var config: [String: String]?
  }

  static func seen(_ result: CurlResult) throws -> Seen {
    try JSONDecoder().decode(Seen.self, from: Data(result.body))
  }

  @Test func theMountIsTakenOffThePath() async throws {
    try await withValor(["--plugin", plugin("api")]) { valor in
      for (path, url) in [("/x?y=1", "/x?y=1"), ("/", "/"), ("", "/"), ("?q", "/?q")] {
        let answer = try await curl(["\(valor.proxyURL)/_api\(path)"])
        #expect(answer.status == 200)
        #expect(answer.first("x-valor-plugin") == "api")
        #expect(answer.first("x-correlation-id") == nil)
        let seen = try Self.seen(answer)
        #expect(seen.url == "https://api.valor.proxy\(url)")
        #expect(seen.origin == "https://api.valor.proxy")
        #expect(seen.scope == "https://api.valor.proxy/")
        #expect(seen.location == "https://api.valor.proxy/api.js")
        #expect(seen.method == "GET")
        #expect(seen.config == nil)
      }
      let large = String(repeating: "b", count: 300_000)
      let folder = try TemporaryFolder()
      let file = try folder.write(large, to: "body")
      for arguments in [["--data-binary", "@\(file)"], ["-X", "POST", "-T", file]] {
        let answer = try await curl(arguments + ["\(valor.proxyURL)/_api/post"])
        let seen = try Self.seen(answer)
        #expect(seen.body == large)
        #expect(seen.method == "POST")
      }
    }
  }

  @Test func whatTheAnswerCarries() async throws {
    try await withValor(["--plugin", plugin("api")]) { valor in
      let base = "\(valor.proxyURL)/_api"
      let id = ["-H", "X-Request-Id: id 1é"]
      for (path, status) in [("/x", 200), ("/leave", 404), ("/fail", 502), ("/fetch", 502)] {
        let answer = try await curl(id + [base + path])
        #expect(answer.status == status, "\(path)")
        #expect(answer.first("x-valor-plugin") == "api", "\(path)")
        #expect(answer.first("x-correlation-id") == "id 1é", "\(path)")
      }
      #expect(try await curl([base + "/redirect"]).first("location") == "/_api/there?x")
      let followed = try await curl(["-L", base + "/redirect"])
      #expect(try Self.seen(followed).url == "https://api.valor.proxy/there?x")
      #expect(try await curl([base + "/elsewhere"]).first("location") == "http://else.example/")
      let head = try await curl(["-I", base + "/x"])
      #expect(head.status == 200)
      #expect(head.first("x-valor-plugin") == "api")
    }
  }

  @Test func connectionsAreKept() async throws {
    try await withValor(["--plugin", plugin("api")]) { valor in
      let result = try await run(
        "curl",
        ["-q", "-sS", "-w", "\n%{http_code} %{num_connects}\n", "-o", "/dev/null"]
          + ["/_api/a", "/_api/leave", "/nothing", "/_api/b", "/_health"].flatMap {
            ["\(valor.proxyURL)\($0)", "-o", "/dev/null"]
          })
      let lines = result.text.split(separator: "\n").map(String.init)
      #expect(lines == ["200 1", "404 0", "404 0", "200 0", "200 0"])
    }
  }

  @Test func aPathThatNobodyHasListsTheMounts() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      """
      {"plugins": [
        {"name": "one", "path": "\(plugin("api"))"},
        {"name": "two", "path": "\(plugin("api"))", "url_prefix": "v1/two", "scopes": ["/in/"]}]}
      """, to: "plugins.json")
    try await withValor(["--plugins", file]) { valor in
      let answer = try await curl(["\(valor.proxyURL)/nothing"])
      #expect(answer.status == 404)
      #expect(answer.text.contains("  /_one/  one\n  /v1/two/  two\n"), "\(answer.text)")
      let inside = try await curl(["\(valor.proxyURL)/v1/two/in/x"])
      #expect(try Self.seen(inside).url == "https://two.valor.proxy/in/x")
      #expect(try Self.seen(inside).scope == "https://two.valor.proxy/in/")
      let outside = try await curl(["\(valor.proxyURL)/v1/two/out"])
      #expect(outside.status == 404, "the scope is not all of the mount")
      #expect(try await curl(["\(valor.proxyURL)/_two/in/x"]).status == 404)
      let health = try await curl(["\(valor.proxyURL)/_health"])
      #expect(health.status == 200)
      #expect(health.text == "{\"status\":\"ok\"}\n")
    }
  }

  @Test func onlyForHostsThatNoPageHas() async throws {
    let arguments = ["--gateway-host", "Proxy.Example", "--plugin", plugin("api")]
    try await withValor(arguments) { valor in
      let url = "\(valor.proxyURL)/_api/x"
      for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"] {
        for path in ["/_api/x", "/nothing"] {
          let answer = try await curl(["-H", "Host: \(host)", valor.proxyURL + path])
          #expect(answer.status == 421, "\(host)")
          #expect(!answer.text.contains("_api"), "the mounts are not listed either")
        }
        // The pages have no secrets and are found under any name of the machine.
        #expect(try await curl(["-H", "Host: \(host)", "\(valor.proxyURL)/ca.pem"]).status == 200)
      }
      for host in ["localhost:1", "192.0.2.1", "[::1]:8080", "valor.proxy", "proxy.example:80"] {
        #expect(try await curl(["-H", "Host: \(host)", url]).status == 200, "\(host)")
      }
      let none = try await curl(["--http1.0", "-H", "Host:", url])
      #expect(none.status == 421)
    }
  }

  @Test func throughTheProxyItHasAnOriginOfItsOwn() async throws {
    try await withValor(["--plugin", plugin("api")]) { valor in
      for url in ["https://api.valor.proxy/x", "http://valor.proxy/_api/x"] {
        let answer = try await valor.curl([url])
        #expect(answer.status == 200, "\(answer.errorText)")
        #expect(try Self.seen(answer).url == "https://api.valor.proxy/x")
      }
      // Nothing is looked up for the others.
      for url in ["http://api.valor.proxy/x", "http://other.valor.proxy/"] {
        let answer = try await valor.curl([url])
        #expect(answer.status == 404)
        #expect(answer.text.contains("no network behind"))
      }
    }
  }

  @Test func theAccessLogNamesThePlugin() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withValor(["--access-log", log, "--plugin", plugin("api")]) { valor in
      for path in ["/_api/x", "/_api/leave", "/_api/fail", "/nothing"] {
        _ = try await curl(["\(valor.proxyURL)\(path)"])
      }
      let lines = try await AccessLogTests.waitForLines(4, in: log)
      #expect(lines.map(\.outcome) == ["plugin", "plugin-fallback", "error", "gateway"])
      #expect(lines.map { $0.number("status") } == [200, 404, 502, 404])
      #expect(lines.prefix(3).allSatisfy { $0["plugin"] == "api" })
      #expect(lines[0]["url"] == "https://api.valor.proxy/x")
    }
  }

  @Test func aNameThatIsNoPathNeedsAnother() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("", to: "a b.js")
    let result = try await valor(
      ["run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        + ValorProcess.directories(in: folder) + ["--plugin", file])
    #expect(result.status == .code(78))
    #expect(result.errorText.contains("a b"), "\(result.errorText)")
  }
}
