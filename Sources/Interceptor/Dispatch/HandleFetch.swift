import FetchModel
import Synchronization

extension ServiceWorkerRegistration {
  /// *Handle Fetch* for a claimed URL.
  func handleFetch(
    _ request: FetchRequest, completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    let facts = RequestFacts(request.headers)
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
  /// | fall back | the request is none that service workers see; the script listens for no `fetch`; no listener called `respondWith()`; the plugin is not active; the worker failed and the policy is fail-open |
  /// | network error | `respondWith()` got a rejection or no response; `preventDefault()` without `respondWith()`; no response, but the request's body was read; an answer that is not valid; a redirected response for a request that does not follow redirects; the worker failed otherwise; the client left |
  /// | respond | anything else |
  func handleFetch(
    _ request: FetchRequest, _ facts: RequestFacts, _ client: FetchClient,
    completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    guard let active = self.active, !Self.bypasses(request, facts) else {
      return completion(.fallBack(request.body))
    }
    let finish = self.finishing(request, facts, client, completion)
    guard active.listensForFetch else { return finish(.fallBack(request.body)) }
    self.whenActivated { worker in
      guard let worker else { return finish(.fallBack(request.body)) }
      self.createFetchEventAndDispatch(request, facts, client, to: worker, completion: finish)
    }
  }

  /// What is done behind every outcome: the client that the response makes is there.
  private func finishing(
    _ request: FetchRequest, _ facts: RequestFacts, _ client: FetchClient,
    _ completion: @escaping @Sendable (FetchOutcome) -> Void
  ) -> @Sendable (FetchOutcome) -> Void {
    guard let reserved = client.reserved else { return completion }
    return { outcome in
      switch outcome {
      case .respond(let response) where !makesClient(response.status): break
      case .networkError: break
      case .respond, .fallBack: self.registry?.clientLoaded(reserved, registration: self)
      }
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
    if request.method == "OPTIONS", facts.requestsMethod { return true }
    return facts.isForcedReload
  }

  private func createFetchEventAndDispatch(
    _ request: FetchRequest, _ facts: RequestFacts, _ client: FetchClient,
    to worker: ServiceWorker, completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    let event = EventRequest(request, facts: facts)
    // A client without fetch metadata is no browser that would refuse a redirected response.
    let refusesRedirected = facts.fetchMode == "navigate"
    let method = request.method
    worker.worker.dispatchFetch(
      FetchEventInit(
        request: event.request, hidden: event.hidden, clientID: client.id,
        resultingClientID: client.resultingID)
    ) { result in
      completion(
        self.outcome(of: result, method: method, refusesRedirected: refusesRedirected))
    }
  }

  private func outcome(
    of result: FetchDispatchResult, method: String, refusesRedirected: Bool
  ) -> FetchOutcome {
    switch result {
    case .relayed(let response), .response(let response):
      guard !refusesRedirected || response.urlList.count < 2 else {
        response.body.cancel()
        return self.networkError("it answered a navigation with a redirected response")
      }
      if case .relayed = result { return .respond(response) }
      switch validate(response, method: method) {
      case .success(let response): return .respond(response)
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

  private func networkError(_ reason: String) -> FetchOutcome {
    .networkError(FetchError(.pluginFailed, .plugin, "The plugin \(self.pluginName): \(reason)."))
  }
}

/// Whether a page comes of a response with this status: not of a redirect, nor of a response that a
/// browser stays for where it is.
private func makesClient(_ status: Int) -> Bool {
  !(300...399).contains(status) && status != 204 && status != 205
}
