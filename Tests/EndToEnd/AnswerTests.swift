import TestSupport
import Testing

/// What a proxy does to a script's answers on the wire.
@Suite struct AnswerTests {
  private let url = "http://answers.example/"
  private var claimed: [String] { plugin("answers", claims: self.url) }

  @Test func aRevalidationThatTheScriptDoesNotSee() async throws {
    try await withValor(self.claimed) { valor in
      let same = try await valor.curl(["-H", #"If-None-Match: W/"v1""#, self.url])
      #expect(same.status == 304)
      #expect(same.first("etag") == #""v1""#)
      #expect(same.text.isEmpty && same.first("content-length") == nil)
      let changed = try await valor.curl(["-H", #"If-None-Match: "v0""#, self.url])
      #expect(changed.status == 200)
      #expect(changed.text == "GET saw nothing")
      let own = try await valor.curl(
        ["-H", #"If-None-Match: "v1""#, "-H", "Pragma: no-cache", self.url])
      #expect(own.text == #"GET saw "v1""#)
    }
  }

  @Test func headSaysTheLength() async throws {
    try await withValor(self.claimed) { valor in
      let head = try await valor.curl(["-I", self.url])
      #expect(head.status == 200)
      #expect(head.first("content-length") == "\("HEAD saw nothing".utf8.count)")
    }
  }

  @Test func aPageOfAnotherOriginMayReadTheAnswer() async throws {
    try await withValor(self.claimed) { valor in
      let answer = try await valor.curl([
        "-H", "Origin: http://page.example", "-H", "Sec-Fetch-Mode: cors", "-H",
        "Sec-Fetch-Site: cross-site", self.url,
      ])
      #expect(answer.first("access-control-allow-origin") == "http://page.example")
      #expect(answer.first("access-control-expose-headers")?.contains("X-Own") == true)
    }
  }

  @Test(arguments: [[], ["--network-errors", "close"], ["--network-errors", "page"]])
  func networkErrors(_ option: [String]) async throws {
    try await withValor(self.claimed + option) { valor in
      let url = self.url + "error"
      let page = try await valor.curl(["-H", "Sec-Fetch-Mode: navigate", url])
      let resource = try await valor.curl(["-H", "Sec-Fetch-Mode: no-cors", url])
      #expect([52, 56].contains(resource.exitCode), "\(resource)")
      guard option.last == "page" else {
        #expect([52, 56].contains(page.exitCode), "\(page)")
        return
      }
      #expect(page.status == 502)
      #expect(page.text.contains("The plugin answers: "), "\(page.text)")
    }
  }
}
