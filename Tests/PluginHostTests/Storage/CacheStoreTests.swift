import FetchModel
import NIOCore
import Testing

@testable import PluginHost

private let origin = "https://app.test"

@Suite struct CacheStoreTests {
  let folder: StorageFolder
  let store: CacheStore
  let cache: CacheStore.CacheID

  init() throws {
    self.folder = try StorageFolder()
    self.store = CacheStore(in: self.folder.directory)
    self.cache = try self.store.open(origin, CacheName("v1"))
  }

  private func put(_ entries: CacheEntry...) throws {
    #expect(try self.store.put(entries, in: self.cache, origin))
  }

  private func bodies(_ query: CacheQuery?) throws -> [String] {
    try self.store.entries(in: .cache(self.cache), matching: query).map { entry in
      guard case .inline(let bytes) = entry.body else { return "no inline body" }
      return String(buffer: bytes)
    }
  }

  // MARK: Names

  @Test func namesAreThoseOfAnOriginInTheirOrder() throws {
    for name in ["", "b", "a", "ex ample"] { _ = try self.store.open(origin, CacheName(name)) }
    _ = try self.store.open("https://other.test", CacheName("other"))
    #expect(
      try self.store.names(origin) == ["v1", "", "b", "a", "ex ample"].map { CacheName($0) })
    #expect(try self.store.has(origin, CacheName("a")))
    #expect(try !self.store.has(origin, CacheName("A")))
    #expect(try !self.store.has(origin, CacheName("other")))
    #expect(try self.store.open(origin, CacheName("v1")) == self.cache)
  }

  @Test(
    arguments: [
      [0xD800], [0x61, 0xDC00, 0xD83D, 0xDE00], [0x61, 0, 0x62], [0x25, 0x30, 0x30, 0x36, 0x31], [],
      [0xFFFD],
    ] as [[UInt16]])
  func namesAreAnyUTF16(_ units: [UInt16]) throws {
    let name = CacheName(units: units)
    #expect(CacheName(text: name.text) == name)
    _ = try self.store.open(origin, name)
    #expect(try self.store.names(origin).last == name)
    #expect(try !self.store.has(origin, CacheName(units: units + [0x20])))
  }

  @Test func aDeletedCacheLivesOnForItsHolders() throws {
    try self.put(.simple("https://app.test/a"))
    #expect(try self.store.delete(origin, CacheName("v1")))
    #expect(try !self.store.delete(origin, CacheName("v1")))
    #expect(try self.store.names(origin).isEmpty)
    try self.put(.simple("https://app.test/b"))
    #expect(try self.bodies(nil).count == 2)
    #expect(
      try self.store.entries(in: .origin(origin, nil), matching: .get("https://app.test/a"))
        .isEmpty)
    let second = try self.store.open(origin, CacheName("v1"))
    #expect(second != self.cache)
    #expect(try self.store.entries(in: .cache(second), matching: nil).isEmpty)
    try self.store.release(self.cache)
    #expect(try self.bodies(nil).isEmpty)
  }

  // MARK: Matching

  @Test func matchesByURLWithoutItsFragment() throws {
    try self.put(.simple("http://x.test/a?q=r", "query"), .simple("http://x.test/a", "none"))
    #expect(try self.bodies(.get("http://x.test/a#f")) == ["none"])
    #expect(try self.bodies(.get("http://x.test/a?q=r#f")) == ["query"])
    #expect(try self.bodies(.get("http://x.test/a?")) == [])
    #expect(try self.bodies(.get("http://x.test/")) == [])
    #expect(try self.bodies(.get("http://x.test/a?z", [], .ignoreSearch)) == ["query", "none"])
  }

  @Test func onlyGETMatchesUnlessTheMethodIsIgnored() throws {
    try self.put(.simple("http://x.test/a"))
    var query = CacheQuery.get("http://x.test/a")
    query.method = "HEAD"
    #expect(try self.bodies(query) == [])
    query.options = .ignoreMethod
    #expect(try self.bodies(query) == ["body"])
  }

  @Test func honoursVary() throws {
    let vary = [("Vary", "X-Shape , x-size")]
    try self.put(
      .simple("http://x.test/c", "circle", requestHeaders: [("x-shape", "circle")], headers: vary),
      .simple("http://x.test/c", "none", headers: vary))
    #expect(try self.bodies(.get("http://x.test/c", [("X-SHAPE", "circle")])) == ["circle"])
    #expect(try self.bodies(.get("http://x.test/c")) == ["none"])
    #expect(try self.bodies(.get("http://x.test/c", [("x-shape", "square")])) == [])
    #expect(
      try self.bodies(.get("http://x.test/c", [("x-shape", "square")], .ignoreVary)).count == 2)
  }

  @Test func ignoresVaryOfAnOpaqueResponse() throws {
    try self.put(
      .simple(
        "http://x.test/c", requestHeaders: [("foo", "bar")], headers: [("Vary", "foo")],
        type: .opaque))
    #expect(try self.bodies(.get("http://x.test/c", [("foo", "changed")])) == ["body"])
  }

  @Test func anOriginsCachesAreSearchedInTheirOrder() throws {
    let second = try self.store.open(origin, CacheName("v2"))
    #expect(try self.store.put([.simple("http://x.test/a", "second")], in: second, origin))
    try self.put(.simple("http://x.test/a", "first"))
    let query = CacheQuery.get("http://x.test/a")
    func body(_ name: String?) throws -> String? {
      let place = CacheStore.Place.origin(origin, name.map { CacheName($0) })
      let entry = try self.store.entries(in: place, matching: query, limit: 1).first
      guard case .inline(let bytes) = entry?.body else { return nil }
      return String(buffer: bytes)
    }
    #expect(try body(nil) == "first")
    #expect(try body("v2") == "second")
    #expect(try body("v3") == nil)
  }

  // MARK: Writing

  @Test func whatIsPutReplacesWhatItMatchesAndGoesToTheEnd() throws {
    try self.put(.simple("http://x.test/a", "old"), .simple("http://x.test/b", "b"))
    try self.put(.simple("http://x.test/a#f", "new"))
    #expect(try self.bodies(nil) == ["b", "new"])
    let requests = try self.store.requests(in: self.cache, matching: nil)
    #expect(requests.map { $0.url } == ["http://x.test/b", "http://x.test/a#f"])
  }

  @Test func aBatchWithADuplicateStoresNothing() throws {
    let duplicate = try [
      CacheEntry.simple(
        "http://x.test/c", requestHeaders: [("x-shape", "circle"), ("x-size", "big")],
        headers: [("Vary", "x-shape")]),
      CacheEntry.simple(
        "http://x.test/c", requestHeaders: [("x-shape", "square"), ("x-size", "big")],
        headers: [("Vary", "x-size")]),
    ]
    #expect(try !self.store.put(duplicate, in: self.cache, origin))
    #expect(try !self.store.put(duplicate.reversed(), in: self.cache, origin))
    #expect(try self.bodies(nil).isEmpty)
  }

  @Test func removesWhatMatches() throws {
    try self.put(.simple("http://x.test/a?1"), .simple("http://x.test/a?2"))
    #expect(
      try !self.store.remove(from: self.cache, origin, matching: .get("http://x.test/a?3")))
    #expect(
      try self.store.remove(
        from: self.cache, origin, matching: .get("http://x.test/a", [], .ignoreSearch)))
    #expect(try self.bodies(nil).isEmpty)
  }

  @Test func keepsEverythingOfAnEntry() throws {
    var attributes = RequestAttributes()
    attributes.mode = "navigate"
    attributes.referrer = "https://app.test/page"
    attributes.isReload = true
    let request = RequestHead(
      method: "GET", url: "https://app.test/ä?q#f", headers: HeaderList([("Accept", "a: b")]),
      attributes: attributes)
    let response = ResponseHead(
      status: 404, statusText: "Ünknown", headers: HeaderList([("X", "ü"), ("X", ""), ("Y", "1")]),
      urlList: ["https://app.test/1", "https://app.test/2#g"])
    var entry = try #require(
      CacheEntry(request: request, response: response, type: .cors, isFromNetwork: true))
    entry.body = .none
    try self.put(entry)
    let store = CacheStore(in: self.folder.reopened())
    let found = try #require(
      try store.entries(
        in: .origin(origin, nil), matching: .get("https://app.test/%C3%A4?q")
      ).first)
    #expect(found.requestHeaders.first("accept") == "a: b")
    #expect(requestAttributes(found.requestAttributes) == attributes)
    #expect(found.status == 404)
    #expect(found.statusText == "Ünknown")
    #expect(found.headers.all("X") == ["ü", ""])
    #expect(found.headers.all("Y") == ["1"])
    #expect(found.urlList == response.urlList)
    #expect(found.type == .cors)
    #expect(found.isFromNetwork)
    guard case .none = found.body else {
      Issue.record("There was no body.")
      return
    }
  }

  @Test(arguments: [
    ("POST", "http://x.test/", 200), ("GET", "file:///a", 200), ("GET", "http://x.test/", 101),
    ("GET", "http://x.test/", 0), ("GET", "no URL", 200),
  ])
  func refusesWhatCannotBe(_ method: String, _ url: String, _ status: UInt16) {
    let request = RequestHead(
      method: method, url: url, headers: HeaderList(), attributes: RequestAttributes())
    let response = ResponseHead(
      status: status, statusText: "", headers: HeaderList(), urlList: [])
    let entry = CacheEntry(
      request: request, response: response, type: .default, isFromNetwork: false)
    #expect(entry.map { $0.status } == nil)
  }
}
