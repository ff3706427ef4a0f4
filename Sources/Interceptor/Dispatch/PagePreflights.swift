import FetchModel

/// The answer to a page's CORS preflight: that everything is allowed. `nil` where the request is none.
///
/// A preflight is made below the service worker, so a browser would not make one where a script answers;
/// and here nobody knows yet whether it will. Where it does not, the server is asked before the request
/// goes on to it.
func preflightAnswer(to request: FetchRequest, _ facts: RequestFacts) -> FetchResponse? {
  guard request.method == "OPTIONS", let method = facts.requestedMethod, let origin = facts.origin
  else { return nil }
  var headers = HeaderList([
    ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Methods", method),
  ])
  if let names = facts.requestedHeaders {
    headers.append(name: "Access-Control-Allow-Headers", value: names)
  }
  headers.append(
    name: "Vary", value: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
  return FetchResponse(status: 204, statusText: "No Content", headers: headers)
}

extension ServiceWorkerRegistration {
  /// What is done before a page's request goes on to a server of another origin: that is asked whether
  /// it may come, where the page's browser has asked this proxy.
  func permitting(
    _ request: FetchRequest, _ facts: RequestFacts,
    _ completion: @escaping @Sendable (FetchOutcome) -> Void
  ) -> @Sendable (FetchOutcome) -> Void {
    guard facts.isCrossOriginCORS, let origin = facts.origin, let registry = self.registry,
      let fetcher = registry.fetcher
    else { return completion }
    return { outcome in
      guard case .fallBack(let body) = outcome else { return completion(outcome) }
      let event = EventRequest(request, facts: facts)
      var asked = FetchRequest(
        method: request.method, url: request.url, headers: event.request.headers,
        attributes: event.request.attributes)
      asked.client = RequestClient(origin: origin, url: "")
      asked.clientFields = event.hidden
      // The request's own signal goes on to be used by what follows.
      let signal = asked.signal
      request.signal.onAbort { signal.abort() }
      fetcher.askPermission(for: asked) { failure in
        guard let failure else { return completion(outcome) }
        body.cancel()
        completion(.networkError(failure))
      }
    }
  }
}
