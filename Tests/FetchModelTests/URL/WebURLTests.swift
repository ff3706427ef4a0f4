import FetchModel
import Testing

@Suite struct WebURLTests {
  @Test func hasItsComponents() throws {
    let url = try #require(WebURL("https://us%20er:pass@Example.com:8443/a/../b?q=1#frag"))
    #expect(url.href == "https://us%20er:pass@example.com:8443/b?q=1#frag")
    #expect(url.scheme == "https")
    #expect(url.schemeKind == .https)
    #expect(url.username == "us%20er")
    #expect(url.password == "pass")
    #expect(url.host == "example.com")
    #expect(url.port == 8443)
    #expect(url.effectivePort == 8443)
    #expect(url.path == "/b")
    #expect(url.query == "q=1")
    #expect(url.fragment == "frag")
    #expect(url.origin == "https://example.com:8443")
    #expect(url.hrefWithoutFragment == "https://us%20er:pass@example.com:8443/b?q=1")
    #expect(!url.hasOpaquePath)
  }

  @Test func tellsEmptyFromAbsent() throws {
    let empty = try #require(WebURL("foo://?#"))
    #expect(empty.host == "" && empty.query == "" && empty.fragment == "")
    #expect(empty.get(.search) == "" && empty.get(.hash) == "")
    let absent = try #require(WebURL("foo:/"))
    #expect(absent.host == nil && absent.query == nil && absent.fragment == nil)
  }

  @Test func aPasswordWithoutUserName() throws {
    let url = try #require(WebURL("http://:secret@a/"))
    #expect(url.username == "" && url.password == "secret")
    #expect(url.href == "http://:secret@a/")
    #expect(url.origin == "http://a")
  }

  @Test func defaultPortsAreLeftOut() {
    #expect(WebURL("https://a:443/")?.port == nil)
    #expect(WebURL("https://a:443/")?.effectivePort == 443)
    #expect(WebURL("ws://a:80/")?.href == "ws://a/")
    #expect(WebURL("file:///x")?.effectivePort == nil)
    #expect(WebURL("foo://a")?.effectivePort == nil)
  }

  @Test func opaquePaths() throws {
    let url = try #require(WebURL("data:text/plain,a b"))
    #expect(url.hasOpaquePath && url.host == nil)
    #expect(url.path == "text/plain,a b")
    #expect(WebURL("x", base: url) == nil)
    #expect(WebURL("#x", base: url)?.href == "data:text/plain,a b#x")
  }

  @Test func equalURLsAreEqual() {
    #expect(WebURL("HTTP://A:80/./b") == WebURL("http://a/b"))
    #expect(WebURL("http://a/b#") != WebURL("http://a/b"))
    #expect(Set([WebURL("http://a"), WebURL("http://a/")]).count == 1)
  }

  @Test func aRefusedValueChangesNothing() throws {
    var url = try #require(WebURL("http://a:8080/p?q#f"))
    let before = url
    let refused: [(WebURL.Attribute, String)] = [
      (.href, "nonsense"), (.protocol, "1"), (.protocol, "foo"), (.host, ""), (.host, "a b"),
      (.hostname, "b:1"), (.port, "x"), (.port, "65536"),
    ]
    for (attribute, value) in refused {
      let isTaken = url.set(attribute, to: value)
      #expect(!isTaken, "\(attribute) \(value)")
      #expect(url == before)
    }
    let scheme = url.set(.protocol, to: "https:\u{94B}")
    #expect(scheme && url.href == "https://a:8080/p?q#f")
    let port = url.set(.port, to: "81x")
    #expect(port && url.href == "https://a:81/p?q#f")
  }

  @Test func aPathThatLooksLikeAHost() throws {
    var url = try #require(WebURL("foo:/a"))
    url.set(.pathname, to: "//b")
    #expect(url.href == "foo:/.//b")
    #expect(url.path == "//b")
    #expect(WebURL("c", base: url)?.href == "foo:/.//c")
    url.set(.host, to: "h")
    #expect(url.href == "foo://h//b")
  }

  @Test func parsesBytes() {
    let bytes = Array("http://a/\u{FC}".utf8)
    #expect(WebURL(utf8: bytes.span)?.href == "http://a/%C3%BC")
    let noUTF8: [UInt8] = Array("http://a/".utf8) + [0xFF]
    #expect(WebURL(utf8: noUTF8.span)?.href == "http://a/%FF")
    let inHost: [UInt8] = Array("http://a".utf8) + [0xFF]
    #expect(WebURL(utf8: inHost.span) == nil)
  }
}
