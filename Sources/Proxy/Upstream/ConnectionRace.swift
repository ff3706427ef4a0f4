import FetchModel
import NIOCore

/// In which order and at what pace the addresses of a host are tried
/// ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305), "happy eyeballs").
///
/// Families alternate, beginning with the one that the resolver put first. The next address is tried
/// when an attempt has failed, or when 250 ms have passed without a connection; attempts under way
/// go on meanwhile, and the first connection wins.
struct ConnectionRace {
  /// What to do next.
  enum Order: Equatable {
    /// Try the address, and say ``delayPassed()`` after ``delay`` where ``hasMore``.
    case attempt(SocketAddress)
    /// Attempts are still under way.
    case wait
    /// There is nothing left to try.
    case fail(FetchError)
  }

  /// How long an attempt is alone (RFC 8305 §5).
  static let delay = TimeAmount.milliseconds(250)

  private let addresses: [SocketAddress]
  private var next = 0
  private var underWay = 0
  private var errors: [FetchError] = []

  /// - Parameter addresses: where to connect to, at least one, the most wanted first.
  init(_ addresses: [SocketAddress]) { self.addresses = Self.alternating(addresses) }

  /// Whether there are addresses that have not been tried.
  var hasMore: Bool { self.next < self.addresses.count }

  mutating func begin() -> Order { self.step() }

  /// The present attempts have taken ``delay`` since the last order to try an address.
  mutating func delayPassed() -> Order { self.hasMore ? self.step() : .wait }

  /// An attempt has failed, or was not allowed to begin.
  mutating func failed(_ error: FetchError) -> Order {
    self.underWay -= 1
    self.errors.append(error)
    return self.step()
  }

  private mutating func step() -> Order {
    if self.hasMore {
      defer { self.next += 1 }
      self.underWay += 1
      return .attempt(self.addresses[self.next])
    }
    return self.underWay > 0 ? .wait : .fail(self.bestError)
  }

  /// The error that says most: that a machine without IPv6 has no route to an IPv6 address is never
  /// why a host cannot be reached, if it has others.
  private var bestError: FetchError {
    self.errors.first { $0.code == .proxyLoopDetected }
      ?? self.errors.first { $0.code != .destinationIPUnroutable } ?? self.errors.first
      ?? FetchError(.dnsError, .upstream, "The host has no address.")
  }

  private static func alternating(_ addresses: [SocketAddress]) -> [SocketAddress] {
    guard let family = addresses.first?.protocol else { return [] }
    let first = addresses.filter { $0.protocol == family }
    let second = addresses.filter { $0.protocol != family }
    var result: [SocketAddress] = []
    result.reserveCapacity(addresses.count)
    for index in 0..<max(first.count, second.count) {
      if index < first.count { result.append(first[index]) }
      if index < second.count { result.append(second[index]) }
    }
    return result
  }
}
