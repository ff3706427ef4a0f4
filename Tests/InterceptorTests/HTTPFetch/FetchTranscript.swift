import FetchModel
import NIOCore
import Testing

@testable import Interceptor

/// A fetch of a script of `https://a.test`, told step by step: what comes in, and in one line what
/// has to be done then.
struct FetchTranscript {
  var fetch: HTTPFetch
  var cache = CORSPreflightCache()
  var now: Int64 = 0

  init(
    _ url: String, _ fields: [(String, String)] = [], client: String = "https://a.test",
    _ change: (inout FetchRequest) -> Void = { _ in }
  ) {
    self.init("GET", url, fields, client: client, change)
  }

  init(
    _ method: String, _ url: String, _ fields: [(String, String)] = [],
    body: FetchBody = .none, client: String = "https://a.test",
    _ change: (inout FetchRequest) -> Void = { _ in }
  ) {
    var request = FetchRequest(method: method, url: url, headers: HeaderList(fields), body: body)
    request.attributes.mode = "cors"
    request.attributes.referrer = "about:client"
    request.client = RequestClient(origin: client, url: "\(client)/sw.js?q#f")
    change(&request)
    self.fetch = HTTPFetch(request)
  }

  mutating func begin() -> String { describe(self.fetch.begin(&self.cache, now: self.now)) }

  mutating func answer(
    _ status: Int, _ fields: [(String, String)] = [], body: FetchBody = .bytes(ByteBuffer())
  ) -> String {
    let response = FetchResponse(status: status, headers: HeaderList(fields), body: body)
    return describe(self.fetch.answered(.success(response), &self.cache, now: self.now))
  }

  mutating func fail(_ message: String) -> String {
    let error = FetchError(.connectionRefused, .upstream, message)
    return describe(self.fetch.answered(.failure(error), &self.cache, now: self.now))
  }

  mutating func digested(_ digest: [UInt8]) -> String {
    describe(self.fetch.digested(.success((digest, .bytes(ByteBuffer(string: "body"))))))
  }

  /// Begins, and follows these answers in turn. Returns what has to be done at last.
  mutating func run(_ answers: (Int, [(String, String)])...) -> String {
    var order = self.begin()
    for (status, fields) in answers { order = self.answer(status, fields) }
    return order
  }
}

private func describe(_ order: HTTPFetch.Order) -> String {
  switch order {
  case .send(let request):
    "\(request.method) \(request.url) \(shown(request.headers)) \(describe(request.body))"
  case .digest(_, let algorithm): "digest \(algorithm)"
  case .deliver(let response): "\(response.type) \(response.status) \(response.urlList)"
  case .fail(let error): "fail: \(error.message)"
  case .permit: "permit"
  }
}

/// The fields without those that every request of a script has.
private func shown(_ headers: HeaderList) -> [String] {
  text(headers).filter {
    $0 != "Accept: */*" && $0 != "Accept-Language: *" && !$0.hasPrefix("Referer:")
      && $0 != "User-Agent: \(HTTPFetch.userAgent)"
  }
}
