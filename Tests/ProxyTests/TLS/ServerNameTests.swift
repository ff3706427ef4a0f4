import Testing

@testable import Proxy

@Suite struct ServerNameTests {
  @Test(arguments: [
    ("Example.COM", "example.com"), ("example.com.", "example.com"), ("localhost", "localhost"),
    ("a_b.test", "a_b.test"), ("xn--bcher-kva.test", "xn--bcher-kva.test"),
    ("192.0.2.1", "192.0.2.1"), ("::1", "::1"), ("[::1]", "::1"),
    ("2001:DB8:0:0::1", "2001:db8::1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
  ])
  func names(text: String, expected: String) throws {
    #expect(try ServerName(text).description == expected)
  }

  @Test func addressesAreNotHostNames() throws {
    #expect(try ServerName("127.0.0.1") == .ipv4([127, 0, 0, 1]))
    #expect(try ServerName("[::1]") == .ipv6([UInt8](repeating: 0, count: 15) + [1]))
  }

  @Test(arguments: [
    ("", ServerNameError.empty), (".", .empty), ("..", .emptyLabel), ("a..b", .emptyLabel),
    (".a", .emptyLabel), ("*.a", .badByte(0x2A)), ("a\0b", .badByte(0)),
    ("127.0.0.1\0.a", .badByte(0)), ("a b", .badByte(0x20)), ("\u{FC}.test", .badByte(0xC3)),
    ("[::1", .badAddress), ("[]", .badByte(0x5B)), ("fe80::1%eth0", .badAddress),
    ("a:80", .badAddress), ("a/b", .badByte(0x2F)), ("a@b", .badByte(0x40)),
    (String(repeating: "a", count: 64), .tooLong),
    (String(repeating: "a.", count: 127) + "b", .tooLong),
  ])
  func refusals(text: String, error: ServerNameError) {
    #expect(throws: error) { try ServerName(text) }
  }
}

@Suite struct LRUCacheTests {
  @Test func theOneNotUsedForLongestGoes() {
    var cache = LRUCache<Int, String>(capacity: 3)
    for key in 1...3 { cache.insert("\(key)", for: key) }
    #expect(cache.value(for: 1) == "1")
    cache.insert("4", for: 4)
    #expect(cache.value(for: 2) == nil)
    cache.insert("three", for: 3)
    cache.insert("5", for: 5)
    #expect(cache.count == 3)
    #expect(cache.value(for: 1) == nil)
    #expect(cache.value(for: 3) == "three")
    #expect(cache.value(for: 4) == "4")
    #expect(cache.value(for: 5) == "5")
  }

  @Test func itBehavesLikeAListInOrderOfUse() {
    var random = SplitMix(state: 11)
    var cache = LRUCache<Int, Int>(capacity: 5)
    var model: [(key: Int, value: Int)] = []
    for step in 0..<5_000 {
      let key = Int.random(in: 0..<9, using: &random)
      let known = model.firstIndex { $0.key == key }
      if Bool.random(using: &random) {
        if let known { model.remove(at: known) }
        model.append((key, step))
        if model.count > 5 { model.removeFirst() }
        cache.insert(step, for: key)
      } else {
        #expect(cache.value(for: key) == known.map { model[$0].value })
        if let known { model.append(model.remove(at: known)) }
      }
      #expect(cache.count == model.count)
    }
  }
}

@Suite struct ALPNListTests {
  @Test func names() {
    #expect(ALPNList(["h2", "", "http/1.1"]).wire == Array("\u{2}h2\u{8}http/1.1".utf8))
    #expect(ALPNList([String(repeating: "x", count: 256)]).wire.isEmpty)
  }

  @Test(arguments: [
    ("\u{2}h2\u{8}http/1.1", 4..<12), ("\u{8}http/1.1", 1..<9), ("\u{2}h2", nil), ("", nil),
    ("\u{9}http/1.1", nil), ("\u{3}htt", nil),
  ])
  func selection(offered: String, expected: Range<Int>?) {
    let selected = Array(offered.utf8).withUnsafeBufferPointer {
      ALPNList(["http/1.1"]).select(from: $0)
    }
    #expect(selected == expected)
  }
}
