import FetchModel
import Testing

@testable import Interceptor

@Suite struct EventRequestTests {
  private func event(_ fields: [(String, String)]) -> EventRequest {
    let request = FetchRequest(
      method: "GET", url: "https://a.test/", headers: HeaderList(fields))
    return EventRequest(request, facts: RequestFacts(request))
  }

  @Test func fieldsOfTheClientAreHidden() {
    let hidden = [
      ("Host", "a.test"), ("Connection", "keep-alive"), ("Accept-Encoding", "br"), ("DNT", "1"),
      ("Referer", "https://a.test/p"), ("Origin", "https://a.test"), ("Sec-Fetch-Site", "none"),
      ("sec-fetch-mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-User", "?1"),
      ("Sec-Purpose", "prefetch"), ("User-Agent", "curl"), ("Cookie", "a=b"),
      ("Authorization", "Basic eDp5"), ("Proxy-Authorization", "x"), ("Cache-Control", "no-store"),
      ("If-None-Match", "\"1\""), ("If-Modified-Since", "x"), ("Content-Length", "0"),
    ]
    let visible = [
      ("Accept", "*/*"), ("Accept-Language", "de"), ("Content-Type", "text/plain"),
      ("Range", "bytes=0-1"), ("X-Custom", "1"), ("Upgrade-Insecure-Requests", "1"),
      ("Sec-CH-UA", "x"), ("If-Range", "x"),
    ]
    let event = self.event(zip(hidden, visible + visible + visible).flatMap { [$0, $1] })
    #expect(text(event.hidden) == hidden.map { "\($0): \($1)" })
    #expect(Set(text(event.request.headers)) == Set(visible.map { "\($0): \($1)" }))
  }

  @Test func credentialsOfAScriptAreVisible() {
    #expect(self.event([("Authorization", "Bearer t")]).hidden.isEmpty)
    #expect(!self.event([("Authorization", "basic t")]).hidden.isEmpty)
    #expect(!self.event([("Authorization", "")]).hidden.isEmpty)
  }

  /// A script's conditional request brings `Pragma` along, a browser's revalidation does not.
  @Test func validatorsOfAScriptAreVisible() {
    let event = self.event([
      ("If-None-Match", "\"1\""), ("Pragma", "no-cache"), ("Cache-Control", "no-cache"),
    ])
    #expect(text(event.request.headers) == ["If-None-Match: \"1\""])
    #expect(event.request.attributes.cache == "reload")
  }

  @Test func navigation() {
    let attributes = self.event([
      ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"), ("Cache-Control", "max-age=0"),
      ("Referer", "https://b.test/"),
    ]).request.attributes
    #expect(attributes.mode == "navigate")
    #expect(attributes.destination == "iframe")
    #expect(attributes.redirect == "manual")
    #expect(attributes.credentials == "include")
    #expect(attributes.cache == "no-cache")
    #expect(attributes.referrer == "https://b.test/")
    #expect(attributes.isReload)
  }

  @Test func subresource() {
    let attributes = self.event([
      ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin"),
      ("Cache-Control", "max-age=0"),
    ]).request.attributes
    #expect(attributes.mode == "cors")
    #expect(attributes.destination == "")
    #expect(attributes.redirect == "follow")
    #expect(attributes.credentials == "same-origin")
    #expect(!attributes.isReload)
  }

  @Test func simpleClientNavigates() {
    let attributes = self.event([("Accept", "*/*"), ("User-Agent", "curl/8")]).request.attributes
    #expect(attributes.mode == "navigate")
    #expect(attributes.destination == "document")
    #expect(attributes.redirect == "manual")
  }

  @Test func refererMeansSubresourceUnlessItLooksLikeAPage() {
    let referer = ("Referer", "https://a.test/")
    #expect(self.event([referer]).request.attributes.mode == "no-cors")
    #expect(
      self.event([referer, ("Accept", "text/html,*/*")]).request.attributes.mode == "navigate")
    #expect(
      self.event([referer, ("Upgrade-Insecure-Requests", "1")]).request.attributes.mode
        == "navigate")
  }

  /// The values go to a script as members of enumerations.
  @Test func unknownValuesAreNotPassedOn() {
    let attributes = self.event([
      ("Sec-Fetch-Mode", "teleport"), ("Sec-Fetch-Dest", "moon"),
    ]).request.attributes
    #expect(attributes.mode == "no-cors")
    #expect(attributes.destination == "")
  }
}
