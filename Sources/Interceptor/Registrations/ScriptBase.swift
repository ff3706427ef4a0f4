import FetchModel

/// The scope by whose directory a plugin's script is named, so that relative URLs mean something in
/// it: the first that is a URL. Where all are patterns, the fixed end of the first one's host.
///
/// ```swift
/// scriptBase(ofScopes: ["https://*.example.com/v1/*"])   // https://example.com/
/// ```
public func scriptBase(ofScopes scopes: [String]) -> String {
  if let url = scopes.first(where: { !ScopePattern.isPattern($0) }) { return url }
  guard let scope = scopes.first, let pattern = try? ScopePattern(scope) else { return "" }
  let matcher = pattern.matcher
  let scheme = matcher.matches(.protocol, "https") ? "https" : "http"
  let port = matcher.patternStrings[URLPatternComponent.port.rawValue]
  let base = "\(scheme)://\(fixedEnd(ofHost: matcher))"
  return WebURL(port.isEmpty ? base : "\(base):\(port)")?.href ?? WebURL(base)?.href ?? ""
}

/// What follows the last group of a host's pattern.
private func fixedEnd(ofHost matcher: URLPatternMatcher) -> String {
  let host = matcher.patternStrings[URLPatternComponent.hostname.rawValue]
  var end = Substring(host)
  if let last = host.lastIndex(where: { "*{}?+:()".contains($0) }) {
    end = host[host.index(after: last)...]
    // The rest of a name is none of the host.
    if host[last] == ":" { end = end.drop { $0 != "." } }
  }
  end = end.drop { $0 == "." }
  return end.isEmpty ? "plugin.invalid" : String(end)
}
