import Synchronization

/// The minted certificates of the hosts asked for most recently.
///
/// Whoever asks for a host that another thread mints for at that moment waits and gets the same
/// one: minting takes well under a millisecond.
final class LeafCertificateCache: Sendable {
  let minter: LeafMinter

  /// A certificate with less life left than this, in seconds, is minted anew.
  static let renewalTime = 86_400

  private struct State {
    var leaves: LRUCache<ServerName, (certificate: Certificate, notAfter: Int)>
    var mintedCount = 0
  }

  private let state: Mutex<State>

  /// - Parameter capacity: for how many hosts certificates are kept, about 3 KB each.
  init(minter: LeafMinter, capacity: Int = 2_000) {
    self.minter = minter
    self.state = Mutex(State(leaves: LRUCache(capacity: capacity)))
  }

  /// How many certificates have been minted so far.
  var mintedCount: Int { self.state.withLock { $0.mintedCount } }

  /// The certificate for a host.
  ///
  /// - Parameter now: the time in seconds since 1970.
  /// - Throws: ``CertificateError`` where a certificate cannot be made.
  func leaf(for name: ServerName, now: Int) throws(CertificateError) -> Certificate {
    try self.state.withLock { (state) throws(CertificateError) in
      // One from the future was minted before the clock was set back.
      if let (certificate, notAfter) = state.leaves.value(for: name),
        notAfter - now >= Self.renewalTime,
        notAfter - now <= LeafMinter.lifetime + LeafMinter.backdating
      {
        return certificate
      }
      let certificate = try self.minter.mint(for: name, now: now)
      state.mintedCount += 1
      state.leaves.insert((certificate, certificate.notAfter ?? now), for: name)
      return certificate
    }
  }
}
