import FetchModel

extension ServiceWorkerRegistration {
  /// *Get Router Source*; `nil` where no rule matches.
  func routerSource(
    _ rules: RouterRules, for request: FetchRequest, _ facts: RequestFacts, _ active: ServiceWorker
  ) -> RouterSource? {
    rules.source(
      of: RoutedRequest(
        url: request.url, method: request.method, mode: EventRequest.mode(facts),
        destination: EventRequest.destination(facts), isRunning: { active.worker.isRunning }))
  }

  /// *Handle Fetch*, the steps for the sources `cache` and `{ cacheName }`: what is in no cache comes
  /// from the network. Caches that cannot be read have nothing.
  func respondFromCache(
    _ request: FetchRequest, _ facts: RequestFacts, _ cacheName: String?,
    completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    guard let caches = self.registry?.caches else { return completion(.fallBack(request.body)) }
    caches.cachedResponse(
      for: request, origin: String(originOf(self.description.scriptURL)), cacheName: cacheName
    ) { result in
      guard case .success(let cached?) = result else {
        return completion(.fallBack(request.body))
      }
      request.body.cancel()
      if let reason = unfitness(of: cached, for: request, facts) {
        cached.response.body.cancel()
        return completion(self.networkError("its cache has \(reason)"))
      }
      let isOwn = cached.type == "default" || cached.type == "basic"
      let response = isOwn ? cached.response.readable(for: facts) : cached.response
      completion(
        .respond(
          facts.isRevalidation
            ? response.answeringCondition(in: request.headers, method: request.method) : response))
    }
  }
}

/// Why a cached response cannot be the answer to this request
/// ([Fetch §4.3](https://fetch.spec.whatwg.org/#http-fetch)); `nil` where it can.
private func unfitness(
  of cached: CachedResponse, for request: FetchRequest, _ facts: RequestFacts
) -> String? {
  let mode = EventRequest.mode(facts)
  switch cached.type {
  case "error": return "a network error"
  case "cors" where mode == "same-origin": return "a cross-origin response"
  case "opaque" where mode != "no-cors": return "an opaque response"
  case "opaqueredirect" where facts.fetchMode != "navigate": return "an opaque redirect"
  default: break
  }
  // A client without fetch metadata is no browser that would refuse it.
  guard facts.fetchMode == "navigate", cached.response.urlList.count > 1 else { return nil }
  return "a redirected response, and this is a navigation"
}
