import FetchModel
import Synchronization

extension ServiceWorkerRegistration {
  /// *Handle Fetch* for a claimed URL.
  func handleFetch(
    _ request: FetchRequest, completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    let facts = RequestFacts(request)
    var client = FetchClient()
    if let registry = self.registry, request.downstream != nil {
      if !facts.isNavigation {
        client.id = registry.client(of: request, facts)?.description.id ?? ""
      }
      client.reserved = registry.reserveClient(for: request, facts)
    }
    self.handleFetch(request, facts, client, completion: completion)
  }

  /// *Handle Fetch* and *Create Fetch Event and Dispatch*.
  ///
  /// | the outcome | when |
  /// |---|---|
  /// | fall back | a route says so; the request is none that service workers see; the script listens for no `fetch`; no listener called `respondWith()`; the plugin is not active; the worker failed and the policy is fail-open |
  /// | network error | `respondWith()` got a rejection or no response; `preventDefault()` without `respondWith()`; no response, but the request's body was read; an answer that is not valid; a redirected response for a request that does not follow redirects; the worker failed otherwise; the client left |
  /// | respond | anything else |
  func handleFetch(
    _ request: FetchRequest, _ facts: RequestFacts, _ client: FetchClient,
    completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    guard let active = self.active else { return completion(.fallBack(request.body)) }
    let (listensForFetch, routes) = active.dispatching
    if listensForFetch, let answer = preflightAnswer(to: request, facts) {
      request.body.cancel()
      return completion(.respond(answer))
    }
    guard !Self.bypasses(request, facts) else { return completion(.fallBack(request.body)) }
    let finish = self.finishing(
      request, facts, client,
      listensForFetch ? self.permitting(request, facts, completion) : completion)
    let source = routes.flatMap { self.routerSource($0, for: request, facts, active) }
    switch source {
    case .network: return finish(.fallBack(request.body))
    case .cache(let name): return self.respondFromCache(request, facts, name, completion: finish)
    case .raceNetworkAndFetchHandler, .fetchEvent, nil: break
    }
    guard listensForFetch else { return finish(.fallBack(request.body)) }
    let parallelFetch = self.parallelFetch(for: request, facts, source)
    self.whenActivated { worker in
      guard let worker else { return finish(.fallBack(request.body)) }
      self.createFetchEventAndDispatch(
        request, facts, client, parallelFetch, to: worker, completion: finish)
    }
  }

  /// What is done behind every outcome: the client that the response makes is there, and the script
  /// is looked at from time to time.
  private func finishing(
    _ request: FetchRequest, _ facts: RequestFacts, _ client: FetchClient,
    _ completion: @escaping @Sendable (FetchOutcome) -> Void
  ) -> @Sendable (FetchOutcome) -> Void {
    { outcome in
      switch outcome {
      case .respond(let response) where !makesClient(response.status): break
      case .networkError: break
      case .respond, .fallBack:
        guard let reserved = client.reserved else { break }
        self.registry?.clientLoaded(reserved, registration: self)
      }
      self.softUpdate(after: facts)
      completion(outcome)
    }
  }

  /// Calls `body` with the active worker, now or after `activating`: fetch events wait for the end of
  /// the `activate` event. With `nil` where there is none any more.
  private func whenActivated(_ body: @escaping @Sendable (ServiceWorker?) -> Void) {
    let (worker, waits) = self.state.withLock { state -> (ServiceWorker?, Bool) in
      let active = state.workers.active
      guard active?.state == .activating else { return (active, false) }
      state.waitingEvents.append(body)
      return (nil, true)
    }
    if !waits { body(worker) }
  }

  /// Whether this is a request that a service worker never sees.
  static func bypasses(_ request: FetchRequest, _ facts: RequestFacts) -> Bool {
    // A site registers a real service worker in the browser.
    if facts.isServiceWorkerScript { return true }
    switch facts.fetchDestination {
    case "embed", "object", "serviceworker": return true
    default: break
    }
    if facts.fetchMode == "websocket" || facts.upgradesToWebSocket { return true }
    // A CORS preflight is made below the service worker.
    if request.method == "OPTIONS", facts.requestedMethod != nil { return true }
    return facts.isForcedReload
  }

  /// What is fetched beside the event: by a route, or for a navigation where a script has enabled
  /// that.
  private func parallelFetch(
    for request: FetchRequest, _ facts: RequestFacts, _ source: RouterSource?
  ) -> ParallelFetch {
    guard request.method == "GET" else { return .none }
    if source == .raceNetworkAndFetchHandler { return .race }
    guard facts.isNavigation else { return .none }
    let preload = self.state.withLock { $0.navigationPreload }
    return preload.isEnabled ? .navigationPreload(headerValue: preload.headerValue) : .none
  }

  private func createFetchEventAndDispatch(
    _ request: FetchRequest, _ facts: RequestFacts, _ client: FetchClient,
    _ parallelFetch: ParallelFetch, to worker: ServiceWorker,
    completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    let event = EventRequest(request, facts: facts)
    let method = request.method
    worker.worker.dispatchFetch(
      FetchEventInit(
        request: event.request, hidden: event.hidden,
        origin: self.origin(of: request, facts), clientID: client.id,
        resultingClientID: client.resultingID, parallelFetch: parallelFetch)
    ) { result in
      var outcome = self.outcome(of: result, request, facts)
      if facts.isRevalidation, case .respond(let response) = outcome {
        outcome = .respond(response.answeringCondition(in: event.hidden, method: method))
      }
      completion(outcome)
    }
  }

  /// The origin of whoever makes a request. A plugin that claims URLs is at home at all of them, unless
  /// a page's script asks from elsewhere, for whom the server has to permit it.
  private func origin(of request: FetchRequest, _ facts: RequestFacts) -> String? {
    if facts.isCrossOriginCORS { return facts.origin }
    guard self.description.match == .client, facts.isCrossOrigin, !facts.isNavigation else {
      return String(originOf(request.url))
    }
    return facts.origin ?? facts.referer.map { String(originOf($0)) }
  }

  private func outcome(
    of result: FetchDispatchResult, _ request: FetchRequest, _ facts: RequestFacts
  ) -> FetchOutcome {
    switch result {
    case .relayed(let response), .response(let response):
      // A client without fetch metadata is no browser that would refuse a redirected response.
      guard facts.fetchMode != "navigate" || response.urlList.count < 2 else {
        response.body.cancel()
        return self.networkError("it answered a navigation with a redirected response")
      }
      if case .relayed = result {
        guard !isUnaskedPart(response, of: request) else {
          response.body.cancel()
          return self.networkError("it answered with an opaque part, and no range was asked for")
        }
        return .respond(response.relayed(for: facts, url: request.url))
      }
      switch validate(response, method: request.method) {
      case .success(let response): return .respond(response.readable(for: facts))
      case .failure(let invalid):
        response.body.cancel()
        return self.networkError(invalid.reason)
      }
    case .noResponse(let defaultPrevented, let bodyUsed, let body):
      if defaultPrevented || bodyUsed { body.cancel() }
      if bodyUsed {
        return self.networkError("it read the request's body and called no respondWith()")
      }
      if defaultPrevented {
        return self.networkError("it called preventDefault() and no respondWith()")
      }
      return .fallBack(body)
    case .failed(let error): return .networkError(error)
    case .workerFailed(let error, let body):
      if self.description.failurePolicy == .failOpen, let body { return .fallBack(body) }
      body?.cancel()
      return .networkError(error)
    }
  }

  func networkError(_ reason: String) -> FetchOutcome {
    .networkError(FetchError(.pluginFailed, .plugin, "The plugin \(self.pluginName): \(reason)."))
  }
}

/// Whether this is a part of something of another origin that a page has not asked a part of
/// ([Fetch §4.1](https://fetch.spec.whatwg.org/#main-fetch)): what it takes for the whole would tell it
/// about the rest.
private func isUnaskedPart(_ response: FetchResponse, of request: FetchRequest) -> Bool {
  response.type == .opaque && response.status == 206 && !request.headers.contains("Range")
}

/// Whether a page comes of a response with this status: not of a redirect, nor of a response that a
/// browser stays for where it is.
private func makesClient(_ status: Int) -> Bool {
  !(300...399).contains(status) && status != 204 && status != 205
}
