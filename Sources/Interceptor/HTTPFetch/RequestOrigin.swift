import FetchModel

/// Whether a URL has this serialised origin. An opaque one is the same as none.
func isSameOrigin(_ url: WebURL, _ origin: String) -> Bool {
  origin != "null" && url.origin == origin
}

/// *Redirect-tainted*: some hop of the way went from one foreign origin to another, so that whoever
/// the last one is must not learn who asks
/// ([Fetch §2.2.5](https://fetch.spec.whatwg.org/#concept-request-tainted-origin)).
func isRedirectTainted(_ urls: [WebURL], origin: String) -> Bool {
  for (last, url) in zip(urls, urls.dropFirst())
  where !isSameOrigin(url, last.origin) && !isSameOrigin(last, origin) {
    return true
  }
  return false
}

/// What the `Origin` field of a request says where it has one; `nil` where it has none
/// ([Fetch §3.2](https://fetch.spec.whatwg.org/#append-a-request-origin-header)).
///
/// - Parameters:
///   - origin: the request's origin, serialised (`null` for a tainted one).
///   - isCORS: the response tainting is `cors`.
func originField(
  origin: String, url: WebURL, method: String, mode: String, isCORS: Bool, policy: String
) -> String? {
  if isCORS { return origin }
  guard method != "GET", method != "HEAD" else { return nil }
  guard mode != "cors" else { return origin }
  switch policy {
  case "no-referrer": return "null"
  case "no-referrer-when-downgrade", "strict-origin", "strict-origin-when-cross-origin":
    return origin.hasPrefix("https:") && url.scheme != "https" ? "null" : origin
  case "same-origin": return isSameOrigin(url, origin) ? origin : "null"
  default: return origin
  }
}
