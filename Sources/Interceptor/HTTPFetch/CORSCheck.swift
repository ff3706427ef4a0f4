import FetchModel

/// *CORS check* ([Fetch §4.10](https://fetch.spec.whatwg.org/#cors-check)).
///
/// - Parameters:
///   - origin: the request's origin as the `Origin` field says it.
///   - credentials: the request's credentials mode.
/// - Returns: why the response must not be read, a clause about the server; `nil` where it may be.
func corsFailure(_ response: HeaderList, origin: String, credentials: String) -> String? {
  guard let allowed = response.combined("Access-Control-Allow-Origin") else {
    return "it sends no Access-Control-Allow-Origin"
  }
  if allowed == "*", credentials != "include" { return nil }
  guard allowed == origin else {
    return "it allows \(allowed.prefix(200).debugDescription), not \(origin)"
  }
  guard credentials == "include" else { return nil }
  return response.combined("Access-Control-Allow-Credentials") == "true"
    ? nil : "it does not allow credentials"
}

/// The names of the fields that a script may read of a CORS response, in small letters
/// ([Fetch §2.2.6](https://fetch.spec.whatwg.org/#concept-filtered-response-cors)).
func corsExposedNames(_ response: HeaderList, credentials: String) -> CORSExposedNames {
  guard case .tokens(let names) = response.tokens("Access-Control-Expose-Headers") else {
    return .names([])
  }
  if credentials != "include", names.contains("*") { return .all }
  return .names(Set(names.map { $0.lowercased() }))
}

enum CORSExposedNames: Equatable {
  case all
  case names(Set<String>)

  func contains(_ lowercased: String) -> Bool {
    if corsSafelistedResponseNames.contains(lowercased) { return true }
    return switch self {
    case .all: true
    case .names(let names): names.contains(lowercased)
    }
  }
}

/// *CORS-safelisted response-header names* without those that a server exposes.
private let corsSafelistedResponseNames: Set<String> = [
  "cache-control", "content-language", "content-length", "content-type", "expires",
  "last-modified", "pragma",
]

/// *Cross-origin resource policy internal check*
/// ([Fetch §3.8](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header)), without an
/// embedder's policy.
///
/// - Returns: whether the response must not be given to a `no-cors` request of that origin.
func isBlockedByResourcePolicy(_ response: HeaderList, origin: String, url: WebURL) -> Bool {
  switch response.combined("Cross-Origin-Resource-Policy") {
  case "same-origin": return !isSameOrigin(url, origin)
  case "same-site":
    guard let own = WebURL(origin), let host = own.host, let other = url.host else { return true }
    return !isSameSite(host, other) || (own.scheme != "https" && url.scheme == "https")
  default: return false
  }
}

/// Whether two hosts may belong to one site. There is no list of public suffixes here: hosts are of one
/// site where they share their last two labels.
private func isSameSite(_ one: String, _ other: String) -> Bool {
  if one == other { return true }
  let isAddress = { (host: String) in
    host.hasPrefix("[") || host.utf8.last.map { (0x30...0x39).contains($0) } ?? false
  }
  guard !isAddress(one), !isAddress(other) else { return false }
  let labels = (one.split(separator: ".").suffix(2), other.split(separator: ".").suffix(2))
  return labels.0.count == 2 && Array(labels.0) == Array(labels.1)
}
