import TestSupport
import Testing

/// The origin judges the proxy, so it is judged itself, by curl.
@Suite struct TestOriginTests {
  @Test func echoesWhatItReceived() async throws {
    let origin = try TestOrigin()
    defer { origin.stop() }
    let answer = try await curl(["-H", "X-A:  b ", "-d", "some body", "\(origin.url)/path?q"])
    #expect(answer.status == 200)
    #expect(answer.text.hasPrefix("POST /path?q HTTP/1.1\r\nHost: 127.0.0.1:\(origin.port)\r\n"))
    #expect(answer.text.hasSuffix("\r\n\r\nsome body"))
    #expect(origin.requests.first?.first("x-a") == "b")
    #expect(origin.problems == [])
  }

  @Test func performsTheKindsOfAnswers() async throws {
    let origin = try TestOrigin(routes: [
      "/chunked": { _ in .chunked(["one ", "two"], trailers: [("X-Sum", "2")]) },
      "/close": { _ in .closeDelimited("until the end") },
      "/early": { _ in .text("late").after(interim: 103, fields: [("Link", "</a>")]) },
      "/none": { _ in .response(204) },
      "/raw": { _ in .raw("HTTP/1.1 200 Fine\r\nContent-Length: 1\r\n\r\nx") },
      "/drop": { _ in .dropMidBody() },
      "/nothing": { _ in .closesWithoutAnswer },
      "/large": { _ in .large(count: 1 << 20) },
    ])
    defer { origin.stop() }
    #expect(try await curl(["\(origin.url)/chunked"]).text == "one two")
    #expect(try await curl(["\(origin.url)/close"]).text == "until the end")
    let early = try await curl(["\(origin.url)/early"])
    #expect(early.heads.map(\.status) == [103, 200])
    #expect(early.text == "late")
    #expect(try await curl(["\(origin.url)/none"]).status == 204)
    #expect(try await curl(["\(origin.url)/raw"]).text == "x")
    let dropped = try await curl(["\(origin.url)/drop"])
    #expect(dropped.exitCode == 56)
    #expect(dropped.text == "part")
    #expect(try await curl(["\(origin.url)/nothing"]).exitCode == 52)
    #expect(try await curl(["\(origin.url)/large"]).body.count == 1 << 20)
    let head = try await curl(["-I", "\(origin.url)/large"])
    #expect(head.first("content-length") == "1048576")
  }

  @Test func readsBodiesOfBothFramings() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(repeatElement(UInt8(ascii: "b"), count: 2_000_000), to: "body")
    let origin = try TestOrigin(routes: ["/": { .text("\($0.bodyLength)") }])
    defer { origin.stop() }
    #expect(try await curl(["--data-binary", "@\(file)", "\(origin.url)/"]).text == "2000000")
    let upload = ["-X", "POST", "-T", "-", "\(origin.url)/"]
    #expect(try await curl(upload, inputFile: file).text == "2000000")
    #expect(origin.requests.map { $0.first("transfer-encoding") } == [nil, "chunked"])
    #expect(origin.problems == [])
  }

  @Test func servesSeveralRequestsOnOneConnection() async throws {
    let origin = try TestOrigin()
    defer { origin.stop() }
    let urls = (0..<5).map { "\(origin.url)/\($0)" }
    _ = try await run("curl", ["-q", "-sS", "--noproxy", "*"] + urls)
    #expect(origin.requests.map(\.connection) == [0, 0, 0, 0, 0])
    #expect(origin.connectionCount == 1)
  }

  @Test func speaksTLSWithTheGivenChain() async throws {
    let authority = try TestAuthority()
    let origin = try TestOrigin(certificate: authority.certificate())
    defer { origin.stop() }
    let trust = ["--cacert", authority.rootFile]
    let named = try await curl(trust + ["\(origin.url(host: "localhost"))/"])
    #expect(named.status == 200)
    #expect(origin.requests.first?.serverName == "localhost")
    #expect(try await curl(trust + ["\(origin.url)/"]).status == 200)
    #expect(try await curl(["\(origin.url)/"]).exitCode == 60)
  }

  @Test(arguments: ["expired", "wrong name", "unknown issuer"])
  func badCertificatesAreBad(kind: String) async throws {
    let authority = try TestAuthority()
    let certificate =
      switch kind {
      case "expired": try authority.certificate(expired: true)
      case "wrong name": try authority.certificate(for: ["other.example"])
      default: try TestAuthority(name: "Unknown").certificate()
      }
    let origin = try TestOrigin(certificate: certificate)
    defer { origin.stop() }
    let url = "\(origin.url(host: "localhost"))/"
    #expect(try await curl(["--cacert", authority.rootFile, url]).exitCode == 60)
    #expect(origin.requestCount == 0)
  }

  @Test func aRefusingPortRefuses() async throws {
    let refusing = try RefusingPort()
    #expect(try await curl(["http://127.0.0.1:\(refusing.port)/"]).exitCode == 7)
  }

  @Test func aLatchHoldsTheRestOfAnAnswer() async throws {
    let latch = Latch()
    let origin = try TestOrigin(routes: ["/": { _ in .halves("first second", latch: latch) }])
    defer { origin.stop() }
    async let answer = curl(["\(origin.url)/"])
    #expect(try await origin.waitForRequests(1))
    latch.open()
    #expect(try await answer.text == "first second")
  }

  @Test func stopEndsEveryThreadAndConnection() async throws {
    let origin = try TestOrigin(routes: ["/": { _ in .text("never").after(Latch()) }])
    async let answer = curl(["\(origin.url)/"])
    #expect(try await origin.waitForRequests(1))
    #expect(origin.openConnectionCount == 1)
    #expect(try await blocking { origin.stop() })
    #expect(origin.openConnectionCount == 0)
    #expect(try await answer.exitCode == 52)
  }
}
