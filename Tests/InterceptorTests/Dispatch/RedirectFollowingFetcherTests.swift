import FetchModel
import Interceptor
import NIOCore
import Synchronization
import Testing

/// Answers by URL and notes what it was asked.
private final class CannedFetcher: Fetcher {
  private let answers: [String: (Int, String?)]
  private let seen = Mutex<[String]>([])

  init(_ answers: [String: (Int, String?)]) { self.answers = answers }

  var asked: [String] { self.seen.withLock { $0 } }

  func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    let line = "\(request.method) \(request.url) \(text(request.headers)) \(describe(request.body))"
    self.seen.withLock { $0.append(line) }
    guard let (status, location) = self.answers[request.url] else {
      return completion(.failure(FetchError(.dnsError, .upstream, "unknown")))
    }
    let headers = HeaderList(location.map { [("Location", $0)] } ?? [])
    completion(.success(FetchResponse(status: status, headers: headers)))
  }
}

@Suite struct RedirectFollowingFetcherTests {
  private func fetch(
    _ request: FetchRequest, _ answers: [String: (Int, String?)], redirect: String = "follow"
  ) async -> (result: String, asked: [String]) {
    var request = request
    request.attributes.redirect = redirect
    let canned = CannedFetcher(answers)
    let result = await withCheckedContinuation { continuation in
      RedirectFollowingFetcher(canned).fetch(request) { continuation.resume(returning: $0) }
    }
    switch result {
    case .success(let response):
      return ("\(response.status) \(response.urlList)", canned.asked)
    case .failure(let error): return ("error \(error.message)", canned.asked)
    }
  }

  @Test func relativeLocationIsFollowed() async {
    let (result, asked) = await self.fetch(
      get("https://a.test/d/1"),
      ["https://a.test/d/1": (302, "2?q#f"), "https://a.test/d/2?q": (200, nil)])
    #expect(result == #"200 ["https://a.test/d/1", "https://a.test/d/2?q"]"#)
    #expect(asked.count == 2)
  }

  @Test func manualAndErrorDoNotFollow() async {
    let answers = ["https://a.test/": (301, Optional("/x"))]
    let manual = await self.fetch(get("https://a.test/"), answers, redirect: "manual")
    #expect(manual.result == #"301 ["https://a.test/"]"#)
    let error = await self.fetch(get("https://a.test/"), answers, redirect: "error")
    #expect(error.result.contains("redirect mode is \"error\""))
  }

  @Test func redirectWithoutLocationIsAnAnswer() async {
    let (result, _) = await self.fetch(get("https://a.test/"), ["https://a.test/": (302, nil)])
    #expect(result == #"302 ["https://a.test/"]"#)
  }

  @Test(arguments: ["ftp://a.test/", "data:,x", "http://a b/", "http://[::1"])
  func locationThatIsNoHTTPURL(_ location: String) async {
    let (result, asked) = await self.fetch(
      get("https://a.test/"), ["https://a.test/": (302, location)])
    #expect(result.contains("no http(s) URL"))
    #expect(asked.count == 1)
  }

  @Test func twentyRedirectsAreFollowedAndNoMore() async {
    var answers: [String: (Int, String?)] = [:]
    for number in 0..<20 { answers["https://a.test/\(number)"] = (307, "/\(number + 1)") }
    answers["https://a.test/20"] = (200, nil)
    let fine = await self.fetch(get("https://a.test/0"), answers)
    #expect(fine.result.hasPrefix("200"))
    answers["https://a.test/20"] = (307, "/21")
    answers["https://a.test/21"] = (200, nil)
    let tooMany = await self.fetch(get("https://a.test/0"), answers)
    #expect(tooMany.result.contains("More than 20 redirects"))
    #expect(tooMany.asked.count == 21)
  }

  @Test(arguments: [
    (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (303, "PUT", "GET"),
    (303, "HEAD", "HEAD"), (301, "PUT", "PUT"), (307, "POST", "POST"), (308, "POST", "POST"),
  ])
  func methodAndBody(_ status: Int, _ method: String, _ expected: String) async {
    let fields = [("Content-Type", "a/b"), ("Content-Encoding", "x"), ("X", "y")]
    var request = post("https://a.test/1", body: "b", fields)
    request.method = method
    let (_, asked) = await self.fetch(
      request, ["https://a.test/1": (status, "/2"), "https://a.test/2": (200, nil)])
    let keeps = expected == method
    let kept = #"["Content-Type: a/b", "Content-Encoding: x", "X: y"] "b""#
    #expect(
      asked.last == "\(expected) https://a.test/2 " + (keeps ? kept : #"["X: y"] none"#))
  }

  @Test func streamedBodyCannotBeSentAgain() async {
    var request = post("https://a.test/1", body: "")
    request.body = .stream(BodyPipe())
    let answers: [String: (Int, String?)] = [
      "https://a.test/1": (308, "/2"), "https://a.test/2": (200, nil),
    ]
    #expect(await self.fetch(request, answers).result.contains("body was a stream"))
    let seeOther: [String: (Int, String?)] = [
      "https://a.test/1": (303, "/2"), "https://a.test/2": (200, nil),
    ]
    #expect(await self.fetch(request, seeOther).result.hasPrefix("200"))
  }

  @Test func otherOriginGetsNoCredentials() async {
    let fields = [("Authorization", "x"), ("Cookie", "y"), ("Host", "a.test"), ("X", "y")]
    let (_, asked) = await self.fetch(
      get("https://a.test/", fields),
      [
        "https://a.test/": (302, "/same"), "https://a.test/same": (302, "https://b.test/"),
        "https://b.test/": (200, nil),
      ])
    #expect(asked[1].contains(#"["Authorization: x", "Cookie: y", "X: y"]"#))
    #expect(asked[2].contains(#"["X: y"]"#))
  }
}
