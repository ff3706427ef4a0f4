import FetchModel
import NIOCore
import Testing

@testable import Proxy

/// In which order addresses are tried.
@Suite struct ConnectionRaceTests {
  static func address(_ text: String) throws -> SocketAddress {
    try SocketAddress(ipAddress: text, port: 443)
  }

  static func error(_ code: FetchError.Code) -> FetchError { FetchError(code, .upstream, "") }

  @Test func familiesAlternate() throws {
    let texts = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"]
    var race = ConnectionRace(try texts.map(Self.address))
    var tried = [race.begin()]
    while race.hasMore { tried.append(race.delayPassed()) }
    let expected = ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"]
    #expect(tried == (try expected.map { .attempt(try Self.address($0)) }))
    #expect(race.delayPassed() == .wait)
  }

  @Test func aFailureStartsTheNextAtOnce() throws {
    var race = ConnectionRace([try Self.address("192.0.2.1"), try Self.address("2001:db8::1")])
    #expect(race.begin() == .attempt(try Self.address("192.0.2.1")))
    let next = race.failed(Self.error(.connectionRefused))
    #expect(next == .attempt(try Self.address("2001:db8::1")))
    let end = race.failed(Self.error(.destinationIPUnroutable))
    #expect(end == .fail(Self.error(.connectionRefused)), "the error that says more")
  }

  @Test func theLastAttemptDecides() throws {
    var race = ConnectionRace([try Self.address("192.0.2.1"), try Self.address("192.0.2.2")])
    #expect(race.begin() == .attempt(try Self.address("192.0.2.1")))
    #expect(race.delayPassed() == .attempt(try Self.address("192.0.2.2")))
    #expect(race.failed(Self.error(.connectionTimeout)) == .wait, "one is still under way")
    #expect(race.failed(Self.error(.connectionRefused)) == .fail(Self.error(.connectionTimeout)))
  }

  @Test func aLoopIsTheCauseWhateverElseFailed() throws {
    var race = ConnectionRace([try Self.address("::1"), try Self.address("127.0.0.1")])
    _ = race.begin()
    _ = race.failed(Self.error(.connectionRefused))
    let end = race.failed(Self.error(.proxyLoopDetected))
    #expect(end == .fail(Self.error(.proxyLoopDetected)))
  }

  @Test func withoutAddressesThereIsAnError() {
    var race = ConnectionRace([])
    guard case .fail(let error) = race.begin() else {
      Issue.record("it has to fail")
      return
    }
    #expect(error.code == .dnsError)
  }
}
