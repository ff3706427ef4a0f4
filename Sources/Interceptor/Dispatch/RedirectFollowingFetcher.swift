public import FetchModel
import NIOCore

/// Follows redirects as *HTTP-redirect fetch* says, by the request's redirect mode
/// ([Fetch §4.4](https://fetch.spec.whatwg.org/#http-redirect-fetch)); for whoever makes fetches
/// with a fetcher that answers one request with one response.
///
/// The response's URL list names every URL that was asked.
public final class RedirectFollowingFetcher: Fetcher {
  private let network: any Fetcher

  /// - Parameter network: answers each single request.
  public init(_ network: any Fetcher) { self.network = network }

  public func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    self.fetch(request, urlList: [request.url], completion: completion)
  }

  private func fetch(
    _ request: FetchRequest, urlList: [String],
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void
  ) {
    self.network.fetch(request) { result in
      guard case .success(var response) = result else { return completion(result) }
      response.urlList = urlList
      switch redirect(request, response, urlList: urlList) {
      case .deliver: completion(.success(response))
      case .fail(let error):
        response.body.cancel()
        completion(.failure(error))
      case .follow(let next):
        response.body.cancel()
        self.fetch(next, urlList: urlList + [next.url], completion: completion)
      }
    }
  }
}

/// What to do with a response.
enum RedirectStep: Sendable {
  case deliver
  case follow(FetchRequest)
  case fail(FetchError)
}

/// The number of redirects after which a fetch fails.
let maximumRedirects = 20

/// *HTTP-redirect fetch* without its fetching.
func redirect(
  _ request: FetchRequest, _ response: FetchResponse, urlList: [String]
) -> RedirectStep {
  guard [301, 302, 303, 307, 308].contains(response.status) else { return .deliver }
  switch request.attributes.redirect {
  case "manual": return .deliver
  case "error":
    return .fail(failure("\(request.url) redirects, and the request's redirect mode is \"error\"."))
  default: break
  }
  guard let location = response.headers.first("Location") else { return .deliver }
  guard let url = WebURL(location, base: WebURL(request.url)),
    url.scheme == "http" || url.scheme == "https"
  else { return .fail(failure("\(request.url) redirects to something that is no http(s) URL.")) }
  guard urlList.count <= maximumRedirects else {
    return .fail(failure("More than \(maximumRedirects) redirects from \(urlList[0]) on."))
  }
  return nextRequest(request, status: response.status, to: url)
}

private func nextRequest(_ request: FetchRequest, status: Int, to url: WebURL) -> RedirectStep {
  var next = request
  let method = request.method
  if (status == 301 || status == 302) && method == "POST"
    || status == 303 && method != "GET" && method != "HEAD"
  {
    request.body.cancel()
    next.method = "GET"
    next.body = .none
    // The request-body-headers of Fetch.
    for name in ["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"] {
      next.headers.remove(name)
    }
    next.headers.remove("Content-Length")
  } else if case .stream = request.body {
    return .fail(failure("\(request.url) redirects, and the request's body was a stream."))
  }
  if url.origin != WebURL(request.url)?.origin {
    for name in ["Authorization", "Cookie", "Cookie2", "Proxy-Authorization"] {
      next.headers.remove(name)
    }
  }
  next.headers.remove("Host")
  next.url = url.hrefWithoutFragment
  return .follow(next)
}

private func failure(_ message: String) -> FetchError {
  FetchError(.httpProtocolError, .upstream, message)
}
