import FetchModel

/// The policies of [Referrer Policy §3](https://w3c.github.io/webappsec-referrer-policy/#referrer-policies).
enum ReferrerPolicy: String, Sendable {
  case noReferrer = "no-referrer"
  case noReferrerWhenDowngrade = "no-referrer-when-downgrade"
  case sameOrigin = "same-origin"
  case origin
  case strictOrigin = "strict-origin"
  case originWhenCrossOrigin = "origin-when-cross-origin"
  case strictOriginWhenCrossOrigin = "strict-origin-when-cross-origin"
  case unsafeURL = "unsafe-url"

  /// *Parse a referrer policy from a Referrer-Policy header*: the last value that is known.
  ///
  /// - Returns: `nil` where none is.
  init?(_ headers: HeaderList) {
    guard case .tokens(let tokens) = headers.tokens("Referrer-Policy"),
      let policy = tokens.reversed().lazy.compactMap({ Self(rawValue: $0.lowercased()) }).first
    else { return nil }
    self = policy
  }

  /// *Determine request's Referrer*
  /// ([§8.3](https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer)).
  ///
  /// - Parameters:
  ///   - source: the URL that asks.
  ///   - url: the URL that is asked.
  /// - Returns: what the `Referer` field says; `nil` where there is none.
  func referrer(from source: String, to url: WebURL) -> String? {
    guard let source = WebURL(source), source.scheme == "http" || source.scheme == "https" else {
      return nil
    }
    let origin = source.origin + "/"
    var full = source.origin + source.path + (source.query.map { "?" + $0 } ?? "")
    if full.utf8.count > 4_096 { full = origin }
    let isSame = isSameOrigin(url, source.origin)
    let isDowngrade = isPotentiallyTrustworthy(source) && !isPotentiallyTrustworthy(url)
    switch self {
    case .noReferrer: return nil
    case .origin: return origin
    case .unsafeURL: return full
    case .strictOrigin: return isDowngrade ? nil : origin
    case .strictOriginWhenCrossOrigin: return isSame ? full : isDowngrade ? nil : origin
    case .sameOrigin: return isSame ? full : nil
    case .originWhenCrossOrigin: return isSame ? full : origin
    case .noReferrerWhenDowngrade: return isDowngrade ? nil : full
    }
  }
}

/// *Is url potentially trustworthy?*
/// ([Secure Contexts §3.2](https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy)), for
/// http and https.
func isPotentiallyTrustworthy(_ url: WebURL) -> Bool {
  if url.scheme == "https" { return true }
  guard let host = url.host else { return false }
  return host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
    || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
}
