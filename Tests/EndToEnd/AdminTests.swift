import Foundation
import TestSupport
import Testing

/// `/_plugins` of the admin listener and `valor plugins`.
@Suite struct AdminTests {
  /// A proxy with its admin token.
  struct Admin: Sendable {
    let valor: ValorProcess
    let token: String
    let dataDirectory: String

    func curl(_ method: String, _ path: String, _ arguments: [String] = []) async throws
      -> CurlResult
    {
      try await TestSupport.curl(
        ["-X", method, "-H", "Authorization: Bearer \(self.token)"] + arguments
          + [self.valor.adminURL + path])
    }

    func post(_ body: String) async throws -> CurlResult {
      try await self.curl("POST", "/_plugins", ["-d", body])
    }

    func plugins(_ arguments: String...) async throws -> CommandResult {
      try await TestSupport.valor(
        ["plugins"] + arguments
          + ["--admin", self.valor.adminURL, "--data-dir", self.dataDirectory])
    }
  }

  /// What a listing says of a plugin.
  struct Plugin: Decodable {
    var name: String
    var type: String
    var path: String?
    var scopes: [String]
    var mount: String?
    var state: String?
    var version: Int?
    var worker: String?
    var pid: Int32?
    var events: Int?
    var errors: Int?
    var restarts: Int?
    var instances: Int
    var outcome: String?
  }

  struct Listing: Decodable { var plugins: [Plugin] }

  static func withAdmin(
    _ arguments: [String] = [], body: (Admin, TemporaryFolder) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    try await withValor(arguments, in: folder) { valor in
      let data = folder.file("data")
      let token = try String(contentsOfFile: data + "/admin-token", encoding: .utf8)
      try await body(
        Admin(
          valor: valor, token: token.trimmingCharacters(in: .newlines), dataDirectory: data),
        folder)
    }
  }

  static func described(_ result: CurlResult) throws -> Plugin {
    try JSONDecoder().decode(Plugin.self, from: Data(result.body))
  }

  static func answers(_ text: String) -> String {
    "addEventListener('fetch', (e) => e.respondWith(new Response('\(text)')));"
  }

  @Test func whatAListingSays() async throws {
    let arguments =
      ["--plugin", plugin("api")] + plugin("loops", claims: "http://loops.example/")
    try await Self.withAdmin(arguments) { admin, _ in
      _ = try await TestSupport.curl(["\(admin.valor.proxyURL)/_api/x"])
      _ = try await TestSupport.curl(["\(admin.valor.proxyURL)/_api/fail"])
      let answer = try await admin.curl("GET", "/_plugins")
      #expect(answer.status == 200)
      #expect(answer.first("content-type") == "application/json")
      let plugins = try JSONDecoder().decode(Listing.self, from: Data(answer.body)).plugins
      #expect(plugins.map(\.name) == ["api", "loops"])
      let api = try #require(plugins.first)
      #expect(api.type == "js")
      #expect(api.scopes == ["https://api.valor.proxy/"])
      #expect(api.mount == "/_api")
      #expect(api.state == "activated")
      #expect(api.worker == "running")
      #expect(api.pid.map { admin.valor.workers.contains($0) } == true)
      #expect([api.events, api.errors, api.restarts] == [2, 1, 0])
      #expect(plugins[1].mount == nil)
      #expect(plugins[1].scopes == ["http://loops.example/"])
      let one = try await admin.curl("GET", "/_plugins/loops")
      #expect(try Self.described(one).name == "loops")
      #expect(try await admin.curl("GET", "/_plugins/other").status == 404)
    }
  }

  @Test func aPluginComesChangesAndGoes() async throws {
    try await Self.withAdmin { admin, folder in
      let script = try folder.write(Self.answers("one"), to: "later.js")
      let definition = """
        {"path": "\(script)", "scopes": ["http://later.example/", "/"], "config": {"a": "b"}}
        """
      let added = try await admin.post(definition)
      #expect(added.status == 201, "\(added.text)")
      #expect(try Self.described(added).state == "activated")
      func text() async throws -> [String] {
        [
          try await admin.valor.curl(["http://later.example/"]).text,
          try await TestSupport.curl(["\(admin.valor.proxyURL)/_later/"]).text,
        ]
      }
      #expect(try await text() == ["one", "one"])
      #expect(try await admin.post(definition).status == 409, "the name is taken")

      let same = try await admin.curl("PUT", "/_plugins/later")
      #expect(try Self.described(same).outcome == "unchanged")
      try folder.write(Self.answers("two"), to: "later.js")
      #expect(try await text() == ["one", "one"], "until it is told")
      let updated = try await admin.curl("PUT", "/_plugins/later")
      #expect(try Self.described(updated).outcome == "activated")
      #expect(try Self.described(updated).version == 2)
      #expect(try await text() == ["two", "two"])

      try folder.write("const = 1;", to: "later.js")
      let broken = try await admin.curl("PUT", "/_plugins/later")
      #expect(broken.status == 422)
      #expect(broken.text.contains("later.js:1:"), "\(broken.text)")
      #expect(try await text() == ["two", "two"], "the last good version goes on")

      #expect(try await admin.curl("DELETE", "/_plugins/later").status == 204)
      #expect(try await admin.curl("DELETE", "/_plugins/later").status == 404)
      let gone = try await TestSupport.curl(["\(admin.valor.proxyURL)/_later/"])
      #expect(gone.status == 404)
      #expect(try await admin.valor.curl(["http://later.example/"]).status == 502)
    }
  }

  @Test func aPluginIsDefinedAnew() async throws {
    try await Self.withAdmin { admin, _ in
      func source(_ text: String) -> String { "\"source\": \"\(Self.answers(text))\"" }
      let added = try await admin.post("{\"name\": \"inline\", \(source("one"))}")
      #expect(added.status == 201, "\(added.text)")
      #expect(try Self.described(added).path == nil)
      let url = admin.valor.proxyURL
      #expect(try await TestSupport.curl(["\(url)/_inline/"]).text == "one")
      let moved = try await admin.curl(
        "PUT", "/_plugins/inline", ["-d", "{\"url_prefix\": \"v2\", \(source("two"))}"])
      #expect(moved.status == 200, "\(moved.text)")
      #expect(try await TestSupport.curl(["\(url)/v2/"]).text == "two")
      #expect(try await TestSupport.curl(["\(url)/_inline/"]).status == 404)
      // What does not load leaves what was there.
      let broken = try await admin.curl(
        "PUT", "/_plugins/inline", ["-d", "{\"url_prefix\": \"v3\", \"source\": \"const = 1\"}"])
      #expect(broken.status == 422, "\(broken.text)")
      #expect(try await TestSupport.curl(["\(url)/v2/"]).text == "two")
      #expect(try await TestSupport.curl(["\(url)/v3/"]).status == 404)
      let other = try await admin.curl(
        "PUT", "/_plugins/inline", ["-d", "{\"name\": \"other\", \(source("x"))}"])
      #expect(other.status == 400)
    }
  }

  @Test(arguments: [
    ("{", 400, "1:2: "), ("{\"source\": \"\"}", 400, "needs a name"),
    ("{\"name\": \"x\", \"path\": \"relative.js\"}", 400, "absolute"),
    ("{\"name\": \"x\", \"path\": \"/nonexistent/x.js\"}", 400, "No such file"),
    ("{\"name\": \"x\", \"source\": \"\", \"scopes\": [\"ftp://x/\"]}", 400, "ftp://x/"),
    ("{\"name\": \"x\", \"source\": \"throw new Error('at start')\"}", 422, "at start"),
    (
      "{\"name\": \"x\", \"source\": \"importScripts('/Tests/EndToEnd/Plugins/api.js')\"}", 422,
      "api.js"
    ),
    ("{\"name\": \"api\", \"source\": \"\"}", 409, "two plugins of this name"),
    ("{\"name\": \"x\", \"source\": \"\", \"url_prefix\": \"_api\"}", 409, "mounted at /_api"),
  ])
  func whatCannotBeRegistered(body: String, status: Int, reason: String) async throws {
    try await Self.withAdmin(["--plugin", plugin("api")]) { admin, _ in
      let answer = try await admin.post(body)
      #expect(answer.status == status, "\(answer.text)")
      #expect(answer.text.contains(reason), "\(answer.text)")
      let list = try await admin.curl("GET", "/_plugins")
      let plugins = try JSONDecoder().decode(Listing.self, from: Data(list.body)).plugins
      #expect(plugins.map(\.name) == ["api"], "nothing is left of it")
    }
  }

  @Test func onlyWithTheToken() async throws {
    try await Self.withAdmin(["--plugin", plugin("api")]) { admin, folder in
      let url = "\(admin.valor.adminURL)/_plugins"
      let bearer = "Authorization: Bearer \(admin.token)"
      for arguments in [
        [], ["-H", "Authorization: Bearer"], ["-H", "Authorization: Bearer x"],
        ["-H", "Authorization: Bearer \(admin.token)x"], ["-H", "Authorization: \(admin.token)"],
        ["-H", "Authorization: Bearer \(admin.token.dropLast())"], ["-u", "admin:\(admin.token)"],
        ["-X", "DELETE"], ["-d", "{}"],
      ] {
        let answer = try await TestSupport.curl(arguments + [url])
        #expect(answer.status == 401, "\(arguments)")
        #expect(answer.first("www-authenticate") == "Bearer")
        #expect(!answer.text.contains("api"))
      }
      let query = try await TestSupport.curl(["\(url)?token=\(admin.token)"])
      #expect(query.status == 401, "a URL is logged")
      for field in [
        "Host: evil.example", "Host: 127.0.0.1.evil.example", "Origin: http://evil.example",
        "Origin: null", "Origin: https://127.0.0.1",
      ] {
        #expect(
          try await TestSupport.curl(["-H", bearer, "-H", field, url]).status == 403, "\(field)")
      }
      #expect(try await TestSupport.curl(["-H", bearer, url]).status == 200)
      let attributes = try FileManager.default.attributesOfItem(
        atPath: admin.dataDirectory + "/admin-token")
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      let printed = String(decoding: admin.valor.child.output, as: UTF8.self)
      #expect(printed.contains("admin-token \(admin.token)\n"))
      #expect(!admin.valor.child.errorText.contains(admin.token))
      _ = folder
    }
  }

  @Test func theTokenStaysAndIsPrintedOnce() async throws {
    let folder = try TemporaryFolder()
    var tokens: [String] = []
    for _ in 0..<2 {
      try await withValor(in: folder) { valor in
        let printed = String(decoding: valor.child.output, as: UTF8.self)
        #expect(printed.contains("admin-token ") == tokens.isEmpty)
        tokens.append(try String(contentsOfFile: folder.file("data/admin-token"), encoding: .utf8))
      }
    }
    #expect(tokens[0] == tokens[1])
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: folder.file("data/admin-token"))
    let result = try await valor(
      ["run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        + ValorProcess.directories(in: folder))
    #expect(result.status == .code(78))
    #expect(result.errorText.contains("admin-token"), "\(result.errorText)")
  }

  @Test(arguments: ["claimed", "all", "none"])
  func notThroughTheProxy(intercept: String) async throws {
    let fetches = """
      addEventListener('fetch', (e) => e.respondWith((async () => {
        const url = new URL(e.request.url).searchParams.get('url');
        try { return new Response('got ' + (await fetch(url)).status); }
        catch (error) { return new Response('refused'); }
      })()));
      """
    let arguments = ["--intercept", intercept, "--resolve", "admin.example=127.0.0.1"]
    try await Self.withAdmin(arguments) { admin, folder in
      let script = try folder.write(fetches, to: "fetches.js")
      #expect(try await admin.post("{\"path\": \"\(script)\"}").status == 201)
      let port = try #require(URL(string: admin.valor.adminURL)?.port)
      for host in [
        "127.0.0.1", "localhost", "LOCALHOST.", "127.0.0.2", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0", "[::]", "127.1", "0x7f.1", "2130706433", "admin.example",
      ] {
        let url = "http://\(host):\(port)/_plugins"
        let bearer = ["-H", "Authorization: Bearer \(admin.token)"]
        let answer = try await admin.valor.curl(bearer + [url])
        #expect(answer.status == 502, "\(host)")
        let connect = try await admin.valor.curl(bearer + ["--proxytunnel", url])
        // A tunnel that is opened is so before the origin is connected to.
        let heads = intercept == "all" ? [200, 502] : [502]
        #expect(connect.heads.map(\.status) == heads, "\(host)")
        let fetched = try await TestSupport.curl(
          ["\(admin.valor.proxyURL)/_fetches/?url=\(url)"])
        #expect(fetched.text == "refused", "\(host)")
      }
    }
  }

  @Test func requestsAreBounded() async throws {
    try await Self.withAdmin { admin, folder in
      let file = try folder.write(repeatElement(UInt8(ascii: " "), count: 9 << 20), to: "large")
      for arguments in [
        ["--data-binary", "@\(file)"], ["-T", file, "-H", "Transfer-Encoding: chunked"],
      ] {
        let answer = try await admin.curl("POST", "/_plugins", arguments)
        #expect(answer.status == 413, "\(answer.errorText)")
      }
      let comment = String(repeating: " ", count: 2 << 20)
      let fits = try folder.write(
        "{\"name\": \"big\", \"source\": \"//\(comment)\"}", to: "fits")
      #expect(
        try await admin.curl("POST", "/_plugins", ["--data-binary", "@\(fits)"]).status == 201)
      let other = try await admin.curl("PATCH", "/_plugins/big")
      #expect(other.status == 405)
      #expect(other.first("allow") == "GET, HEAD, PUT, DELETE")
      #expect(try await admin.curl("PUT", "/_plugins").first("allow") == "GET, HEAD, POST")
      #expect(try await admin.curl("GET", "/_plugins/..%2f").status == 404)
    }
  }

  @Test func theCommand() async throws {
    try await Self.withAdmin(["--plugin", plugin("api")]) { admin, folder in
      let script = try folder.write(Self.answers("one"), to: "later.js")
      let added = try await admin.plugins(
        "add", "\(script)=http://later.example/", "--name", "l8r", "--instances", "2")
      #expect(added.status == .code(0), "\(added.errorText)")
      #expect(added.text == "added l8r: activated\n")
      #expect(try await admin.valor.curl(["http://later.example/"]).text == "one")
      let list = try await admin.plugins("list")
      let lines = list.text.split(separator: "\n").map(String.init)
      #expect(lines.count == 3)
      #expect(lines[0].hasPrefix("NAME  STATE      WORKER   PID"))
      #expect(lines[1].hasPrefix("api   activated  running"))
      #expect(lines[2].hasPrefix("l8r   activated  running"))
      #expect(lines[2].hasSuffix("http://later.example/"))
      let json = try await admin.plugins("list", "--json")
      let plugins = try JSONDecoder().decode(Listing.self, from: Data(json.output)).plugins
      #expect(plugins.map(\.instances) == [1, 2])

      try folder.write(Self.answers("two"), to: "later.js")
      #expect(
        try await admin.plugins("reload", "l8r", "api").text == "l8r: activated\napi: unchanged\n")
      #expect(try await admin.valor.curl(["http://later.example/"]).text == "two")
      let inline = try await admin.plugins("add", "--inline", script, "--url-prefix", "x/y")
      #expect(inline.status == .code(0), "\(inline.errorText)")
      #expect(try await TestSupport.curl(["\(admin.valor.proxyURL)/x/y/"]).text == "two")
      let updated = try await admin.plugins(
        "update", script, "--name", "later", "--url-prefix", "moved", "--config", "{\"a\": [1]}")
      #expect(updated.text == "updated later: activated\n", "\(updated.errorText)")
      #expect(try await TestSupport.curl(["\(admin.valor.proxyURL)/moved/"]).text == "two")
      #expect(try await TestSupport.curl(["\(admin.valor.proxyURL)/x/y/"]).status == 404)
      #expect(try await admin.plugins("update", script, "--name", "none").status == .code(1))
      let config = try await admin.plugins("update", script, "--config", "{")
      #expect(config.status == .code(64))
      #expect(config.errorText.contains("--config:1:2: "), "\(config.errorText)")
      #expect(try await admin.plugins("remove", "later").text == "removed later\n")
      let again = try await admin.plugins("remove", "later")
      #expect(again.status == .code(1))
      #expect(again.errorText == "valor: there is no plugin named later\n")
      #expect(try await admin.plugins("remove", "../x").status == .code(64))
    }
  }

  @Test func theCommandWithoutAProxy() async throws {
    let folder = try TemporaryFolder()
    let refusing = try RefusingPort()
    let noToken = try await valor(["plugins", "list", "--data-dir", folder.path])
    #expect(noToken.status == .code(66), "\(noToken.errorText)")
    try folder.write(String(repeating: "a", count: 64), to: "admin-token")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.file("admin-token"))
    let nobody = try await valor(
      ["plugins", "list", "--data-dir", folder.path, "--admin", "127.0.0.1:\(refusing.port)"])
    #expect(nobody.status == .code(69), "\(nobody.errorText)")
    let elsewhere = try await valor(
      ["plugins", "list", "--data-dir", folder.path, "--admin", "http://192.0.2.1:80"])
    #expect(elsewhere.status == .code(64), "\(elsewhere.errorText)")
  }
}
