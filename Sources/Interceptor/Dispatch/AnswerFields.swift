import FetchModel
import NIOCore

extension FetchResponse {
  /// Makes an answer that no other origin's server has given readable for the page that asked.
  ///
  /// In a browser a service worker's own response passes no check of Fetch that looks at its fields;
  /// behind a proxy it does. So it says what those checks want, whatever the script has said:
  ///
  /// | the request is | the answer has |
  /// |---|---|
  /// | cross-origin with mode `cors` | `Access-Control-Allow-Origin` with the page's origin, `-Allow-Credentials`, and the names of its fields in `-Expose-Headers` |
  /// | cross-origin with mode `no-cors` | `Cross-Origin-Resource-Policy: cross-origin` |
  func readable(for facts: RequestFacts) -> FetchResponse {
    guard facts.isCrossOrigin else { return self }
    switch facts.mode {
    case "cors":
      guard let origin = facts.origin else { return self }
      return self.permitted(to: origin)
    case "no-cors":
      var response = self
      response.headers.set("Cross-Origin-Resource-Policy", to: "cross-origin")
      return response
    default: return self
    }
  }

  /// What of the network's answer to one of the script's own fetches the page that asked may not take
  /// for an answer of the server that it asked.
  ///
  /// In a browser a page gets the response object, whoever permitted whom to read it. Here the page's
  /// browser checks once more, so an answer that is the script's to read is made the page's to read.
  /// What the network says to the page's own request stays as it is: that is for the browser.
  ///
  /// - Parameter url: what the page asked for.
  func relayed(for facts: RequestFacts, url: String) -> FetchResponse {
    let response = self.withoutForeignState(url: url)
    let isOfRequest = self.urlList.first == url
    guard facts.isCrossOriginCORS, let origin = facts.origin else {
      return isOfRequest || self.type == .opaque ? response : response.readable(for: facts)
    }
    switch self.type {
    case .basic, .default: return response.permitted(to: origin)
    case .cors:
      let allowed = self.headers.first("Access-Control-Allow-Origin")
      guard allowed != origin, allowed != "*" || facts.hasCookie else { return response }
      let exposed = corsExposedNames(self.headers, credentials: "same-origin")
      return response.permitted(to: origin) { exposed.contains($0) }
    case .opaque, .opaqueredirect, .error: return response
    }
  }

  /// The response without the fields by which a server sets a browser's state for its own origin, where
  /// it is not that of the URL that was asked for.
  private func withoutForeignState(url: String) -> FetchResponse {
    guard let own = self.urlList.last, originOf(own) != originOf(url) else { return self }
    var response = self
    for name in [
      "Set-Cookie", "Set-Cookie2", "Clear-Site-Data", "Strict-Transport-Security", "Alt-Svc",
    ] { response.headers.remove(name) }
    return response
  }

  /// - Parameter exposes: whether the field of that name, in small letters, may be read.
  private func permitted(
    to origin: String, exposes: (String) -> Bool = { _ in true }
  ) -> FetchResponse {
    var response = self
    for name in [
      "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
      "Access-Control-Expose-Headers",
    ] { response.headers.remove(name) }
    let names = response.headers.names.filter { exposes($0.lowercased()) }
    response.headers.append(name: "Access-Control-Allow-Origin", value: origin)
    response.headers.append(name: "Access-Control-Allow-Credentials", value: "true")
    if !names.isEmpty {
      response.headers.append(
        name: "Access-Control-Expose-Headers", value: names.joined(separator: ", "))
    }
    return response
  }

  /// Answers a browser's revalidation: where its cache has what this answer is, it need not come
  /// again ([RFC 9110 §13.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2)).
  ///
  /// A script does not see these conditions, so it cannot answer them. What a page itself has asked
  /// for with a condition is the script's.
  ///
  /// - Parameter hidden: the fields that the script has not seen.
  func answeringCondition(in hidden: HeaderList, method: String) -> FetchResponse {
    guard self.status == 200, method == "GET" || method == "HEAD",
      self.headers.satisfies(conditionIn: hidden)
    else { return self }
    var response = self
    response.body.cancel()
    response.body = .none
    response.status = 304
    response.statusText = "Not Modified"
    for name in ["Content-Length", "Content-Encoding", "Content-Range"] {
      response.headers.remove(name)
    }
    return response
  }
}

extension HeaderList {
  /// The names of all fields, each once.
  fileprivate var names: [String] {
    var seen: Set<String> = []
    return (0..<self.count).map { self.name(at: $0) }.filter {
      seen.insert($0.lowercased()).inserted
    }
  }

  /// Whether a response with these fields is the one that the condition is about. `If-Modified-Since`
  /// counts only without an `If-None-Match`, and where it is the very date: a script's clock and
  /// formats are its own.
  fileprivate func satisfies(conditionIn hidden: HeaderList) -> Bool {
    let tags = hidden.all("If-None-Match")
    guard tags.isEmpty else {
      guard let own = self.first("ETag") else { return false }
      return tags.contains { entityTags($0).contains(opaqueTag(own)) }
    }
    guard let date = hidden.first("If-Modified-Since") else { return false }
    return self.first("Last-Modified") == date
  }
}

/// An entity tag without `W/`: validators of caches are compared weakly.
private func opaqueTag(_ text: some StringProtocol) -> String {
  let tag = text.hasPrefix("W/") ? String(text.dropFirst(2)) : String(text)
  return tag
}

/// The entity tags of a list, without `W/`. A quoted comma is part of its tag.
private func entityTags(_ list: String) -> Set<String> {
  var tags: Set<String> = []
  var tag = ""
  var isQuoted = false
  for scalar in (list + ",").unicodeScalars {
    if scalar == "\"" { isQuoted.toggle() }
    if scalar == ",", !isQuoted {
      if !tag.isEmpty { tags.insert(opaqueTag(tag)) }
      tag = ""
    } else if isQuoted || (scalar != " " && scalar != "\t") {
      tag.unicodeScalars.append(scalar)
    }
  }
  return tags
}
