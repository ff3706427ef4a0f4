import FetchModel
import NIOCore
import Testing

@testable import Proxy

/// What is asked of the system, and what is known already.
@Suite struct ResolverCacheTests {
  typealias Cache = ResolverCache<Int>

  static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
  static let failure = FetchError(.dnsError, .upstream, "no such host")

  static func found(_ text: String = "192.0.2.1") throws -> Cache.Answer {
    .success([try SocketAddress(ipAddress: text, port: 0)])
  }

  /// The reply in a word.
  static func word(_ reply: Cache.Reply) -> String {
    switch reply {
    case .known(.success): "found"
    case .known(.failure): "failed"
    case .joined: "joined"
    case .start: "start"
    case .refused: "refused"
    }
  }

  @Test func whoAsksForTheSameNameSharesTheLookup() throws {
    var cache = Cache()
    #expect(Self.word(cache.asked(for: "a", by: 1, at: Self.start)) == "start")
    #expect(Self.word(cache.asked(for: "a", by: 2, at: Self.start)) == "joined")
    #expect(Self.word(cache.asked(for: "b", by: 3, at: Self.start)) == "start")
    #expect(Self.word(cache.asked(for: "a", by: 4, at: Self.start)) == "joined")
    #expect(cache.answered("a", try Self.found(), at: Self.start) == [1, 2, 4])
    #expect(cache.answered("b", .failure(Self.failure), at: Self.start) == [3])
  }

  @Test func addressesAreKeptForThirtySeconds() throws {
    var cache = Cache()
    _ = cache.asked(for: "a", by: 1, at: Self.start)
    // The time counts from the answer, however long that took.
    let answered = Self.start + .seconds(5)
    _ = cache.answered("a", try Self.found(), at: answered)
    #expect(Self.word(cache.asked(for: "a", by: 2, at: answered + .seconds(29))) == "found")
    #expect(Self.word(cache.asked(for: "a", by: 3, at: answered + .seconds(30))) == "start")
    #expect(cache.answered("a", try Self.found(), at: answered + .seconds(31)) == [3])
  }

  @Test func failuresAreKeptForTwoSeconds() throws {
    var cache = Cache()
    _ = cache.asked(for: "a", by: 1, at: Self.start)
    _ = cache.answered("a", .failure(Self.failure), at: Self.start)
    #expect(Self.word(cache.asked(for: "a", by: 2, at: Self.start + .seconds(1))) == "failed")
    #expect(Self.word(cache.asked(for: "a", by: 3, at: Self.start + .seconds(2))) == "start")
    _ = cache.answered("a", try Self.found(), at: Self.start + .seconds(3))
    #expect(Self.word(cache.asked(for: "a", by: 4, at: Self.start + .seconds(6))) == "found")
  }

  @Test func afterTheEndNobodyWaits() throws {
    var cache = Cache()
    _ = cache.asked(for: "a", by: 1, at: Self.start)
    _ = cache.asked(for: "b", by: 2, at: Self.start)
    #expect(cache.stopped().sorted() == [1, 2])
    #expect(Self.word(cache.asked(for: "c", by: 3, at: Self.start)) == "refused")
    #expect(cache.answered("a", try Self.found(), at: Self.start) == [])
  }

  @Test func everythingIsBounded() throws {
    var limits = Cache.Limits()
    (limits.names, limits.pendingNames, limits.waiters) = (2, 2, 3)
    var cache = Cache(limits: limits)
    #expect(Self.word(cache.asked(for: "a", by: 1, at: Self.start)) == "start")
    #expect(Self.word(cache.asked(for: "b", by: 2, at: Self.start)) == "start")
    #expect(Self.word(cache.asked(for: "c", by: 3, at: Self.start)) == "refused")
    #expect(Self.word(cache.asked(for: "a", by: 4, at: Self.start)) == "joined")
    #expect(Self.word(cache.asked(for: "a", by: 5, at: Self.start)) == "refused")
    #expect(cache.answered("a", try Self.found(), at: Self.start) == [1, 4])
    #expect(cache.answered("b", try Self.found(), at: Self.start) == [2])
    #expect(Self.word(cache.asked(for: "c", by: 6, at: Self.start)) == "start")
    #expect(cache.answered("c", try Self.found(), at: Self.start) == [6])
    #expect(Self.word(cache.asked(for: "b", by: 7, at: Self.start)) == "found")
    #expect(Self.word(cache.asked(for: "a", by: 8, at: Self.start)) == "start", "it made room")
  }
}
