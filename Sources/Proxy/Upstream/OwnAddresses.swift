import NIOCore
import Synchronization

/// The addresses that this process listens on, none of which the proxy connects to: a request to
/// itself would come back through it, or reach the admin listener in the name of this machine.
///
/// What is asked about is the address that is about to be connected to, behind every name, alias
/// and spelling.
final class OwnAddresses: Sendable {
  private let listeners: Mutex<[SocketAddress]> = Mutex([])
  private let interfaces: @Sendable () -> [SocketAddress]

  /// - Parameter interfaces: the addresses of this machine's interfaces, asked for where a listener
  ///   is bound to all of them.
  init(interfaces: @escaping @Sendable () -> [SocketAddress] = OwnAddresses.systemInterfaces) {
    self.interfaces = interfaces
  }

  /// Adds a bound listener's address.
  func insert(_ address: SocketAddress) { self.listeners.withLock { $0.append(address) } }

  /// Whether a connection to this address would end at one of the listeners.
  func contains(_ address: SocketAddress) -> Bool {
    let candidates = self.listeners.withLock { listeners in
      listeners.filter { $0.port == address.port }
    }
    guard !candidates.isEmpty, let target = IPDestination(address) else { return false }
    return candidates.contains { self.reaches(target, $0) }
  }

  private func reaches(_ target: IPDestination, _ listener: SocketAddress) -> Bool {
    guard listener.isUnspecified else { return IPDestination(listener) == target }
    // A listener on all IPv6 addresses gets connections over IPv4 as well.
    if case .v6 = target, case .v4 = listener { return false }
    return target.isLoopback || self.interfaces().contains { IPDestination($0) == target }
  }

  private static func systemInterfaces() -> [SocketAddress] {
    ((try? System.enumerateDevices()) ?? []).compactMap(\.address)
  }
}

extension SocketAddress {
  /// Whether this is `0.0.0.0` or `::`: all addresses of the machine.
  fileprivate var isUnspecified: Bool {
    let host = self.ipAddress
    return host == "0.0.0.0" || host == "::"
  }
}
