import Foundation
import TestSupport
import Testing

/// The access log of the real program: a line for each exchange, with what became of it.
@Suite struct AccessLogTests {
  /// One line of the log.
  struct Line {
    let members: [String: Any]

    subscript(name: String) -> String? { self.members[name] as? String }
    func number(_ name: String) -> Int? { self.members[name] as? Int }
    var outcome: String? { self["outcome"] }
  }

  static func lines(_ path: String) throws -> [Line] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      let object = try JSONSerialization.jsonObject(with: Data($0.utf8))
      return Line(members: try #require(object as? [String: Any]))
    }
  }

  /// Waits until the log has that many lines.
  static func waitForLines(_ count: Int, in path: String) async throws -> [Line] {
    for _ in 0..<400 {
      // A file that is not there yet has no lines; the last one may be half written.
      if let lines = try? Self.lines(path), lines.count >= count { return lines }
      try await Task.sleep(for: .milliseconds(50))
    }
    return try Self.lines(path)
  }

  @Test func aRelayedExchange() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    let routes: [String: TestOrigin.Route] = [
      "/chunked": { _ in .chunked(["one ", "two"]) }, "/none": { _ in .response(204) },
    ]
    try await withScene(routes: routes, arguments: ["--access-log", log]) { scene in
      let before = Date()
      for arguments in [["-d", "12345", "-A", "me \"quoted\""], ["-I"], ["--http1.0"]] {
        _ = try await scene.through(arguments, "/chunked?q=1&r=%22")
      }
      _ = try await scene.through([], "/none")
      let lines = try await Self.waitForLines(4, in: log)
      #expect(lines.map(\.outcome) == ["relay", "relay", "relay", "relay"])
      #expect(lines.map { $0["method"] } == ["POST", "HEAD", "GET", "GET"])
      #expect(lines.map { $0.number("status") } == [200, 200, 200, 204])
      #expect(lines.map { $0.number("bytes_received") } == [5, 0, 0, 0])
      #expect(lines.map { $0.number("bytes_sent") } == [7, 0, 7, 0])
      #expect(lines.map { $0["version"] } == ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.1"])
      let first = try #require(lines.first)
      #expect(first["url"] == "\(scene.url)/chunked?q=1&r=%22")
      #expect(first["client"] == "127.0.0.1")
      #expect(first.number("client_port").map { (1...65_535).contains($0) } == true)
      #expect(first["upstream"] == "127.0.0.1:\(scene.origin.port)")
      #expect(first["user_agent"] == "me \"quoted\"")
      #expect(first["tls"] == nil && first["plugin"] == nil && first["error"] == nil)
      let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
      let time = try format.parse(first["time"] ?? "")
      // The clock that is logged is cut to milliseconds.
      #expect(time.timeIntervalSince(before) > -0.01 && time <= Date())
      let duration = first.members["duration_ms"] as? Double
      let firstByte = first.members["first_byte_ms"] as? Double
      #expect(try #require(firstByte) <= #require(duration))
    }
    #expect(
      try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int == 0o600)
  }

  @Test func whatPluginsDo() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    let arguments =
      ["--access-log", log] + plugin("hello", claims: "http://hello.example/", "{origin}/leave")
      + plugin("rejects", claims: "http://rejects.example/")
    try await withScene(arguments: arguments) { scene in
      _ = try await scene.valor.curl(["http://hello.example/teapot"])
      _ = try await scene.through(["-d", "abc"], "/leave")
      _ = try await scene.valor.curl(["http://rejects.example/reject"])
      let lines = try await Self.waitForLines(3, in: log)
      #expect(lines.map(\.outcome) == ["plugin", "plugin-fallback", "error"])
      #expect(lines.map { $0["plugin"] } == ["hello", "hello", "rejects"])
      #expect(lines.map { $0.number("status") } == [418, 200, nil])
      #expect(lines.map { $0["error"] } == [nil, nil, "plugin_failed"])
      #expect(lines.map { $0["upstream"] == nil } == [true, false, true])
      #expect(lines.first?.number("bytes_sent") == "hello GET http://hello.example/teapot".count)
      #expect(lines.dropFirst().first?.number("bytes_received") == 3)
    }
  }

  @Test func whatGoesWrong() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    let refusing = try RefusingPort()
    let routes: [String: TestOrigin.Route] = [
      "/broken": { _ in .raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").thenClose }
    ]
    try await withScene(routes: routes, arguments: ["--access-log", log]) { scene in
      let port = refusing.port
      _ = try await scene.valor.curl(["http://127.0.0.1:\(port)/"])
      _ = try await scene.valor.curl(["https://127.0.0.1:\(port)/"])
      _ = try await scene.through([], "/broken")
      _ = try await scene.valor.curl(
        ["--request-target", "http://user:secret@127.0.0.1/x", "http://127.0.0.1:\(port)/"])
      _ = try await curl(["\(scene.valor.proxyURL)/elsewhere"])
      _ = try await scene.valor.curl(["-H", "Transfer-Encoding: odd", "\(scene.url)/"])
      let lines = try await Self.waitForLines(6, in: log)
      #expect(
        lines.map(\.outcome) == ["error", "error", "error", "refused", "gateway", "refused"])
      #expect(
        lines.map { $0["error"] } == [
          "connection_refused", "connection_refused", "http_response_incomplete", nil, nil, nil,
        ])
      #expect(lines.prefix(5).map { $0.number("status") } == [502, 502, 200, 400, 404])
      #expect(
        lines.map { $0["url"] } == [
          "http://127.0.0.1:\(port)/", "127.0.0.1:\(port)", "\(scene.url)/broken", nil,
          "/elsewhere",
          nil,
        ])
      #expect(lines.map { $0["method"] } == ["GET", "CONNECT", "GET", "GET", "GET", nil])
      #expect(!(try String(contentsOfFile: log, encoding: .utf8)).contains("secret"))
    }
  }

  @Test func aBlindTunnel() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withScene(.tunnelled, arguments: ["--access-log", log]) { scene in
      let answer = try await scene.through([], "/")
      #expect(answer.status == 200)
      let line = try #require(try await Self.waitForLines(1, in: log).first)
      #expect(line.outcome == "tunnel")
      #expect(line["method"] == "CONNECT")
      #expect(line["url"] == "localhost:\(scene.origin.port)")
      #expect(line.number("status") == 200)
      #expect(try #require(line.number("bytes_received")) > 200)
      #expect(try #require(line.number("bytes_sent")) > 500)
      #expect(line["upstream"]?.hasSuffix(":\(scene.origin.port)") == true)
      #expect(line["tls"] == nil)
    }
  }

  @Test func anOpenedTunnel() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withScene(.intercepted, arguments: ["--access-log", log]) { scene in
      let trusting = try await scene.through([], "/inside")
      #expect(trusting.status == 200)
      let untrusting = try await scene.valor.curl(["\(scene.url)/"], trust: scene.root)
      #expect(untrusting.exitCode == 60)
      let lines = try await Self.waitForLines(3, in: log)
      #expect(lines.map(\.outcome) == ["opened", "relay", "error"])
      #expect(lines.map { $0["tls"] } == ["TLSv1.3", "TLSv1.3", nil])
      #expect(lines.map { $0["method"] } == ["CONNECT", "GET", "CONNECT"])
      #expect(lines.dropFirst().first?["url"] == "\(scene.url)/inside")
      #expect(lines.last?["error"] == "tls_alert_received")
    }
  }

  @Test func aClientThatLeaves() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    let latch = Latch()
    defer { latch.open() }
    let routes: [String: TestOrigin.Route] = ["/": { _ in .halves("never read", latch: latch) }]
    try await withScene(routes: routes, arguments: ["--access-log", log]) { scene in
      let answer = try await scene.through(["-m", "1"], "/")
      #expect(answer.exitCode == 28)
      let line = try #require(try await Self.waitForLines(1, in: log).first)
      #expect(line.outcome == "aborted")
      #expect(line.number("status") == 200)
    }
  }

  @Test func requestsInOneGo() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withScene(arguments: ["--access-log", log]) { scene in
      let urls = (1...20).map { "\(scene.url)/\($0)" }
      _ = try await scene.valor.curl(urls)
      let lines = try await Self.waitForLines(20, in: log)
      #expect(lines.map { $0["url"] } == urls)
      #expect(Set(lines.map { $0.number("client_port") }).count == 1)
    }
  }

  @Test func theCommonFormatOnStandardOutput() async throws {
    let arguments = ["--access-log", "-", "--access-log-format", "common"]
    try await withScene(arguments: arguments) { scene in
      _ = try await scene.through([], "/a?b=\"c\"")
      let valor = scene.valor
      let line = try await blocking { valor.child.waitForLine(prefix: "127.0.0.1 ", seconds: 60) }
      let rest = try #require(line)
      #expect(rest.hasPrefix("- - ["))
      #expect(rest.hasSuffix(#"+0000] "GET \#(scene.url)/a?b=\"c\" HTTP/1.1" 200 31"#), "\(rest)")
    }
  }

  @Test func aSignalReopensTheFile() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withScene(arguments: ["--access-log", log]) { scene in
      _ = try await scene.through([], "/before")
      #expect(try await Self.waitForLines(1, in: log).count == 1)
      try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
      scene.valor.child.send(signal: SIGUSR1)
      for _ in 0..<400 where !FileManager.default.fileExists(atPath: log) {
        try await Task.sleep(for: .milliseconds(50))
      }
      _ = try await scene.through([], "/after")
      #expect(try await Self.waitForLines(1, in: log).map { $0["url"] } == ["\(scene.url)/after"])
      #expect(try Self.lines(log + ".1").map { $0["url"] } == ["\(scene.url)/before"])
    }
  }

  @Test func theEndWritesWhatIsLeft() async throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    try await withScene(arguments: ["--access-log", log]) { scene in
      for number in 0..<5 { _ = try await scene.through([], "/\(number)") }
      scene.valor.child.send(signal: SIGTERM)
      #expect(try await scene.valor.waitForExit() == .code(0))
    }
    #expect(try Self.lines(log).count == 5)
  }

  @Test func theSignalWithoutALogDoesNothing() async throws {
    try await withScene { scene in
      scene.valor.child.send(signal: SIGUSR1)
      let answer = try await scene.through([], "/")
      #expect(answer.status == 200)
    }
  }

  @Test func aLogThatCannotBeOpened() async throws {
    let folder = try TemporaryFolder()
    let result = try await valor(
      ["run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        + ValorProcess.directories(in: folder) + ["--access-log", "/nonexistent/log"])
    #expect(result.status == .code(1), "\(result.errorText)")
    #expect(result.errorText.contains("--access-log /nonexistent/log"), "\(result.errorText)")
    #expect(result.output == [])
  }
}
