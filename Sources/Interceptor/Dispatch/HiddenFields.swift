public import FetchModel
import NIOCore

/// Gives a plugin's own fetch back what was hidden from the script, and takes out what would break
/// the message's framing.
///
/// A fetch made from `event.request` is, to the origin, the client's request: it carries the client's
/// cookies and describes itself as the client did. What the script has set itself stays as it is.
///
/// - Only to the origin of the event's request: `Cookie`, `Authorization`, `Origin`, `Referer`,
///   `Sec-Fetch-*`, `Sec-Purpose`, and the client's `Cache-Control` and `Pragma`. The first two not
///   with `credentials: "omit"`, the referrer not where the script has chosen another one.
/// - To any origin: `User-Agent`, `DNT`, and `Accept-Encoding` as far as the worker can decode it.
/// - Never: `Host` and the connection's fields, and a browser's validators (`If-None-Match`,
///   `If-Modified-Since`): the script would get a 304 that only the browser's cache understands.
///
/// - Parameters:
///   - hidden: what was taken out of the event's request; `nil` where the fetch is made from none.
///   - eventURL: the URL of the event's request.
///   - request: the plugin's request.
/// - Returns: the request with the fields that it gets back as its
///   ``FetchModel/FetchRequest/clientFields``.
public func restoreHiddenFields(
  of hidden: HeaderList?, derivedFrom eventURL: String, to request: FetchRequest
) -> FetchRequest {
  var request = request
  request.headers = request.headers.filter { !isOfTheConnection($0) }
  guard let hidden else { return request }
  let isSameOrigin = originOf(eventURL) == originOf(request.url)
  let sendsCredentials = isSameOrigin && request.attributes.credentials != "omit"
  let sendsReferrer = isSameOrigin && request.takeReferrer(of: hidden)
  let own = request.headers
  var fields = HeaderList()
  var index = 0
  hidden.forEachField { name, value in
    defer { index += 1 }
    let restores =
      switch FieldName(name) {
      case .cookie, .authorization: sendsCredentials
      case .referer: sendsReferrer
      case .origin, .secFetchDest, .secFetchMode, .secFetchSite, .secFetchUser, .secPurpose,
        .cacheControl, .pragma:
        isSameOrigin
      case .userAgent, .dnt, .acceptEncoding: true
      default: false
      }
    guard restores, !own.contains(hidden.name(at: index)) else { return }
    if case .acceptEncoding = FieldName(name) {
      let restricted = restrictCodings(hidden.value(at: index))
      fields.append(name: hidden.name(at: index), value: restricted)
    } else {
      fields.append(name: name, value: value)
    }
  }
  request.clientFields = fields
  return request
}

extension FetchRequest {
  /// Makes the client's referrer the request's, unless the script has chosen another one. Returns
  /// whether it is the client's.
  fileprivate mutating func takeReferrer(of hidden: HeaderList) -> Bool {
    let referrer = hidden.first("Referer") ?? ""
    guard self.attributes.referrerPolicy.isEmpty,
      self.attributes.referrer == referrer || self.attributes.referrer == "about:client"
    else { return false }
    self.attributes.referrer = referrer
    return true
  }
}

/// The fields that the network side writes itself.
private func isOfTheConnection(_ name: FieldName) -> Bool {
  switch name {
  case .host, .connection, .keepAlive, .te, .trailer, .transferEncoding, .upgrade, .expect,
    .contentLength, .proxy:
    true
  default: false
  }
}

/// An `Accept-Encoding` with only those of its codings that a worker can decode; `identity` where
/// none is left ([RFC 9110 §12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)).
func restrictCodings(_ value: String) -> String {
  let codings = value.split(separator: ",").filter { item in
    let coding = item.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    return ["gzip", "x-gzip", "deflate", "br", "identity"].contains(coding)
  }
  let kept = codings.map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: ", ")
  return kept.isEmpty ? "identity" : kept
}

/// The origin of a serialised absolute URL.
func originOf(_ url: String) -> Substring {
  var slashes = 0
  let utf8 = url.utf8
  let end = utf8.firstIndex { byte in
    if byte == UInt8(ascii: "/") { slashes += 1 }
    return slashes == 3 || byte == UInt8(ascii: "?")
  }
  return url[..<(end ?? utf8.endIndex)]
}
