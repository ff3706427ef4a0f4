/// Who may ask the admin listener for what.
///
/// Whoever may register plugins runs code on this machine, so a web page must not get in by any
/// way: not by a name that it makes resolve to this machine (the `Host` then names the page's), not
/// by a request across origins (browsers say so in `Origin`), and nobody without the token.
struct AdminAccess: Sendable {
  /// The bearer token; `nil` where only `/_health` is served.
  let token: String?

  /// Why a request is not served.
  enum Refusal: Equatable {
    case foreignHost
    case foreignOrigin
    case noToken
  }

  /// - Parameters:
  ///   - needsToken: whether the path is one that changes or tells anything.
  /// - Returns: `nil` where the request may be served.
  func refusal(of head: RequestHead, needsToken: Bool) -> Refusal? {
    guard let host = head.hostAuthority, Self.isLoopback(host) else { return .foreignHost }
    if let origin = head.value(ofFieldNamed: "origin"),
      origin != "http://" + host.serialized(defaultPort: 80)
    {
      return .foreignOrigin
    }
    guard needsToken else { return nil }
    guard let token, let given = Self.bearer(head.value(ofFieldNamed: "authorization")),
      areEqualInConstantTime(token, given)
    else { return .noToken }
    return nil
  }

  private static func isLoopback(_ authority: Authority) -> Bool {
    let host = authority.host
    if host == "localhost" || host == "::1" { return true }
    // A name may begin like an address: `127.0.0.1.evil.example`.
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// The token of `Bearer TOKEN`, the scheme compared without case.
  private static func bearer(_ authorization: String?) -> String? {
    guard let authorization, let space = authorization.firstIndex(of: " "),
      authorization[..<space].lowercased() == "bearer"
    else { return nil }
    return String(authorization[space...].drop { $0 == " " })
  }
}

/// Compares without the time telling how much of it is right.
func areEqualInConstantTime(_ secret: String, _ given: String) -> Bool {
  let secret = Array(secret.utf8)
  let given = Array(given.utf8)
  guard !secret.isEmpty else { return false }
  // The length is no secret, what stands there is: every byte of the secret is looked at.
  var difference: UInt8 = secret.count == given.count ? 0 : 1
  for index in secret.indices {
    difference |= secret[index] ^ (index < given.count ? given[index] : 0)
  }
  return difference == 0
}
