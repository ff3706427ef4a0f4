import Foundation
import TestSupport
import Testing

/// The Fetch standard as plugins and pages meet it.
@Suite struct FetchTests {
  private static let routes: [String: TestOrigin.Route] = [
    "/closed": { _ in .text("closed", status: 203, fields: [("X-Secret", "1")]) },
    "/open": { _ in
      .text(
        "open",
        fields: [
          ("Access-Control-Allow-Origin", "*"), ("X-Secret", "1"), ("X-Shown", "2"),
          ("Access-Control-Expose-Headers", "x-shown"),
        ])
    },
    "/redirect": { _ in
      .response(302, fields: [("Location", "/open"), ("Access-Control-Allow-Origin", "*")])
    },
    "/away": { _ in
      .response(302, fields: [("Location", "/closed"), ("Access-Control-Allow-Origin", "*")])
    },
  ]

  /// Asks the plugin, at a name of its own, to fetch a path of the origin.
  private func ask(
    _ scene: Scene, _ path: String, _ options: String = "{}", at own: String = "/look",
    _ arguments: [String] = []
  ) async throws -> CurlResult {
    var query = URLComponents()
    query.queryItems = [
      URLQueryItem(name: "url", value: scene.url + path),
      URLQueryItem(name: "options", value: options),
    ]
    return try await scene.valor.curl(
      arguments + ["http://plugin.example\(own)?\(query.percentEncodedQuery ?? "")"])
  }

  private func withPlugin(_ body: (Scene) async throws -> Void) async throws {
    try await withScene(
      routes: Self.routes, arguments: plugin("standard", claims: "http://plugin.example/"),
      body: body)
  }

  // MARK: A plugin's own fetches

  @Test func anotherOriginHasToPermitIt() async throws {
    try await self.withPlugin { scene in
      let refused = try await self.ask(scene, "/closed")
      #expect(
        refused.text
          == "TypeError: \(scene.url)/closed must not be read by http://plugin.example: "
          + "it sends no Access-Control-Allow-Origin.")
      #expect(scene.origin.requests.last?.first("Origin") == "http://plugin.example")
      let allowed = try await self.ask(scene, "/open")
      #expect(
        allowed.text == #"{"type":"cors","status":200,"url":"\#(scene.url)/open","#
          + #""redirected":false,"headers":["x-shown"],"body":"open"}"#)
    }
  }

  @Test func aPreflightComesFirst() async throws {
    let routes: [String: TestOrigin.Route] = [
      "/put": { request in
        .text(
          "\(request.method) done",
          fields: [
            ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"),
          ])
      }
    ]
    try await withScene(
      routes: routes, arguments: plugin("standard", claims: "http://plugin.example/")
    ) { scene in
      let allowed = try await self.ask(scene, "/put", #"{"method":"PUT","body":"b"}"#)
      #expect(allowed.text.contains("PUT done"))
      #expect(scene.origin.requests.map(\.method) == ["OPTIONS", "PUT"])
      let refused = try await self.ask(scene, "/put", #"{"method":"DELETE"}"#)
      #expect(refused.text.contains("it does not allow the method DELETE"), "\(refused.text)")
      #expect(scene.origin.requests.map(\.method) == ["OPTIONS", "PUT", "OPTIONS"])
    }
  }

  @Test func redirects() async throws {
    try await self.withPlugin { scene in
      let followed = try await self.ask(scene, "/redirect")
      #expect(followed.text.contains(#""url":"\#(scene.url)/open","redirected":true"#))
      #expect(try await self.ask(scene, "/away").text.hasPrefix("TypeError"))
      let error = try await self.ask(scene, "/redirect", #"{"redirect":"error"}"#)
      #expect(error.text.hasPrefix("TypeError"))
      let manual = try await self.ask(scene, "/redirect", #"{"redirect":"manual"}"#)
      #expect(
        manual.text == #"{"type":"opaqueredirect","status":0,"url":"\#(scene.url)/redirect","#
          + #""redirected":false,"headers":[],"body":""}"#)
    }
  }

  /// The script sees nothing of it, and the client all.
  @Test func anOpaqueResponse() async throws {
    try await self.withPlugin { scene in
      let options = #"{"mode":"no-cors"}"#
      let seen = try await self.ask(scene, "/closed", options)
      #expect(
        seen.text == #"{"type":"opaque","status":0,"url":"","redirected":false,"#
          + #""headers":[],"body":""}"#)
      let image = [
        "-H", "Sec-Fetch-Mode: no-cors", "-H", "Sec-Fetch-Dest: image", "-H",
        "Sec-Fetch-Site: same-origin",
      ]
      let relayed = try await self.ask(scene, "/closed", options, at: "/relay", image)
      #expect(relayed.status == 203)
      #expect(relayed.first("x-secret") == "1")
      #expect(relayed.text == "closed")
      // A page's own fetch() would get to see it.
      let script = ["-H", "Sec-Fetch-Mode: cors", "-H", "Sec-Fetch-Site: same-origin"]
      let refused = try await self.ask(scene, "/closed", options, at: "/relay", script)
      #expect(refused.exitCode == 52)
    }
  }

  @Test func anOpaqueResponseIsKeptAndPassedOn() async throws {
    let body = String(repeating: "opaque ", count: 500_000)
    let routes: [String: TestOrigin.Route] = ["/image": { _ in .text(body) }]
    try await withScene(
      routes: routes, arguments: plugin("standard", claims: "http://plugin.example/")
    ) { scene in
      let image = ["-H", "Sec-Fetch-Mode: no-cors", "-H", "Sec-Fetch-Dest: image"]
      for _ in 0..<2 {
        let answer = try await self.ask(scene, "/image", at: "/keep", image)
        #expect(answer.status == 200, "\(answer.errorText)")
        #expect(answer.body == [UInt8](body.utf8))
      }
      #expect(scene.origin.requests.count == 1)
    }
  }

  @Test func integrity() async throws {
    try await self.withPlugin { scene in
      // Of "open".
      let digest = "I0j5mHRCElddhZWWdPlgerJvZ3CKkXFXRygyOGM3yQQ="
      let other = "AAAA" + digest.dropFirst(4)
      for (integrity, isFine) in [
        ("sha256-\(digest)", true), ("sha256-\(other)", false),
        ("sha256-\(other) sha256-\(digest)", true), ("sha256-\(digest) sha512-\(other)", false),
      ] {
        let answer = try await self.ask(scene, "/open", #"{"integrity":"\#(integrity)"}"#)
        #expect(answer.text.contains(#""body":"open""#) == isFine, "\(answer.text)")
        #expect(answer.text.contains("does not match its integrity") == !isFine)
      }
    }
  }

  // MARK: Pages of other origins

  private static let page = [
    "-H", "Origin: https://page.example", "-H", "Sec-Fetch-Mode: cors", "-H",
    "Sec-Fetch-Site: cross-site", "-H", "Sec-Fetch-Dest: empty",
  ]

  private func withPage(
    _ transport: Transport, isAllowed: Bool, _ body: (Scene) async throws -> Void
  ) async throws {
    let answer: TestOrigin.Route = { request in
      let fields = [
        ("Access-Control-Allow-Origin", "https://page.example"),
        ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "x-a"),
      ]
      return .text("\(request.method) \(request.bodyLength)", fields: isAllowed ? fields : [])
    }
    try await withScene(
      transport, routes: ["/leave": answer, "/pass": answer],
      arguments: plugin("standard", claims: "{origin}/"), body: body)
  }

  @Test(arguments: [Transport.plain, .intercepted])
  func aPagesPreflightIsAnsweredByTheProxy(transport: Transport) async throws {
    try await self.withPage(transport, isAllowed: false) { scene in
      let preflight = try await scene.through(
        ["-X", "OPTIONS", "-H", "Access-Control-Request-Method: PUT"]
          + ["-H", "Access-Control-Request-Headers: x-a"] + Self.page, "/made")
      #expect(preflight.status == 204)
      #expect(preflight.first("access-control-allow-origin") == "https://page.example")
      #expect(preflight.first("access-control-allow-credentials") == "true")
      #expect(preflight.first("access-control-allow-methods") == "PUT")
      #expect(preflight.first("access-control-allow-headers") == "x-a")
      let made = try await scene.through(["-X", "PUT", "-H", "X-A: 1"] + Self.page, "/made")
      #expect(made.text == "made")
      #expect(made.first("access-control-allow-origin") == "https://page.example")
      #expect(made.first("access-control-expose-headers")?.contains("X-Made") == true)
      #expect(scene.origin.requestCount == 0)
    }
  }

  /// Where the script leaves the request to the network, and where it passes it on itself.
  @Test(arguments: [Transport.plain, .intercepted], ["/leave", "/pass"])
  func theServerOfAPagesRequestIsAskedBeforeItGoesOn(
    transport: Transport, path: String
  ) async throws {
    let put = ["-X", "PUT", "-H", "X-A: 1", "-d", "body"] + Self.page
    try await self.withPage(transport, isAllowed: true) { scene in
      let answer = try await scene.through(put, path)
      #expect(answer.text == "PUT 4", "\(answer.errorText)")
      #expect(answer.first("access-control-allow-origin") == "https://page.example")
      #expect(scene.origin.requests.map(\.method) == ["OPTIONS", "PUT"])
      let (preflight, request) = (scene.origin.requests[0], scene.origin.requests[1])
      #expect(preflight.first("Origin") == "https://page.example")
      #expect(preflight.first("Access-Control-Request-Method") == "PUT")
      #expect(preflight.first("Access-Control-Request-Headers")?.contains("x-a") == true)
      #expect(request.first("Origin") == "https://page.example")
      #expect(request.first("X-A") == "1")
    }
    try await self.withPage(transport, isAllowed: false) { scene in
      let answer = try await scene.through(put, path)
      #expect(answer.exitCode == 52 && answer.status == 0, "there is no response: \(answer)")
      #expect(scene.origin.requests.map(\.method) == ["OPTIONS"])
    }
  }

  /// A simple request goes on as it is, and what the server says is for the browser.
  @Test(arguments: [Transport.plain, .intercepted])
  func simpleRequestsOfPagesNeedNoPreflight(transport: Transport) async throws {
    try await self.withPage(transport, isAllowed: true) { scene in
      for path in ["/leave", "/pass"] { try await scene.expectAgreement(Self.page, path) }
    }
    try await self.withPage(transport, isAllowed: false) { scene in
      try await scene.expectAgreement(Self.page, "/leave")
      #expect(try await scene.through(Self.page, "/pass").exitCode == 52)
    }
  }
}
