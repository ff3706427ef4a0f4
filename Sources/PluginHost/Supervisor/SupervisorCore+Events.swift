import FetchModel
import Interceptor
import NIOCore

extension SupervisorCore {
  // MARK: New events

  func dispatch(
    _ kind: LifecycleEventKind,
    completion: @escaping @Sendable (Result<Void, PluginError>) -> Void
  ) {
    guard self.life.state != .terminated else {
      return completion(.failure(PluginError(name: "AbortError", message: "It was terminated.")))
    }
    self.add(.lifecycle(kind, completion))
  }

  func dispatchFetch(
    _ fetchEvent: FetchEventInit, completion: @escaping @Sendable (FetchDispatchResult) -> Void
  ) {
    let request = fetchEvent.request
    self.fetchEventCount += 1
    guard self.life.state != .terminated else {
      self.errorCount += 1
      let error = self.failure("it was terminated")
      return completion(.workerFailed(error, body: request.body))
    }
    let fetch = PendingFetchEvent(fetchEvent, completion: completion)
    let number = self.add(.fetch(fetch))
    self.beginParallelFetch(number, fetch)
    request.signal.onAbort { self.eventLoop.execute { self.clientLeft(event: number) } }
  }

  @discardableResult
  private func add(_ kind: PendingEvent.Kind) -> UInt32 {
    if !self.isTicking { self.now = self.clock.now() }
    // 0 stands for no event.
    self.lastEvent = self.lastEvent == .max ? 1 : self.lastEvent + 1
    let event = PendingEvent(number: self.lastEvent, kind: kind, startedAt: self.now)
    self.events[event.number] = event
    // A process that is gone is still running here until all that it sent has been read.
    if self.life.isRunning, self.connection.isOpen {
      self.sendEvent(event)
    } else {
      self.queue.append(event)
      self.demand()
    }
    return event.number
  }

  /// Sends what waited for the worker.
  func sendQueue() {
    let queue = self.queue
    self.queue = []
    for event in queue { self.sendEvent(event) }
  }

  private func sendEvent(_ event: PendingEvent) {
    let isSent =
      switch event.kind {
      case .lifecycle(.install, _): self.send(.install(event: event.number))
      case .lifecycle(.activate, _): self.send(.activate(event: event.number))
      case .fetch(let fetch): self.sendFetchEvent(event.number, fetch)
      }
    event.sentUpTo = self.connection.writtenBytes
    if !isSent { self.fail(event, "the request is too long for a frame") }
  }

  private func sendFetchEvent(_ number: UInt32, _ fetch: PendingFetchEvent) -> Bool {
    let request = fetch.request
    let head = RequestHead(
      method: request.method, url: request.url, headers: request.headers,
      attributes: request.attributes)
    let stream = StreamID(kind: .eventRequest, number: number)
    let details = FetchEventDetails(
      clientID: fetch.event.clientID, resultingClientID: fetch.event.resultingClientID,
      replacesClientID: fetch.event.replacesClientID,
      hasPreload: fetch.event.parallelFetch.isNavigationPreload)
    if details != FetchEventDetails() {
      self.send(.fetchEventDetails(event: number, details))
    }
    let body = fetch.bodyToSend
    let (kind, sender) = outgoingBody(body, stream, keepsReplay: true)
    if let sender {
      self.senders[stream] = sender
      if case .stream = body { fetch.setSender(sender) }
    }
    return self.send(.fetchEvent(event: number, head, body: kind))
  }

  // MARK: Answers

  /// Takes the event that the worker answers; `nil` where it has no such event.
  func takeAnswered(_ number: UInt32) -> PendingFetchEvent? {
    guard let event = self.events[number], event.sentUpTo != nil, let fetch = event.fetch else {
      return nil
    }
    self.events[number] = nil
    self.recentEvents.note(number, fetch)
    if !fetch.event.parallelFetch.isRace { fetch.parallel?.abandon() }
    return fetch
  }

  func responded(_ number: UInt32, _ head: ResponseHead, _ kind: BodyKind) -> Bool {
    guard let fetch = self.takeAnswered(number) else { return false }
    let stream = StreamID(kind: .eventResponse, number: number)
    fetch.parallel?.abandon()
    guard fetch.isAwaited else {
      if case .stream = kind { self.send(.bodyCancel(stream)) }
      return true
    }
    let response = FetchResponse(
      status: Int(head.status), statusText: head.statusText, headers: head.headers,
      body: self.receiveBody(kind, stream), urlList: head.urlList)
    self.settleRequestBody(number, fetch)
    fetch.complete(.response(response))
    return true
  }

  func relayed(_ number: UInt32, fetch fetchNumber: UInt32) -> Bool {
    let stream = StreamID(kind: .fetchResponse, number: fetchNumber)
    guard self.isPast(stream), let event = self.takeAnswered(number) else { return false }
    event.parallel?.abandon()
    self.settleRequestBody(number, event)
    // A fetch that was aborted meanwhile is no fault of the worker's.
    guard let plugin = self.takeFetch(fetchNumber) else {
      self.errorCount += 1
      event.complete(.failed(self.failure("the response that it passed on was aborted")))
      return true
    }
    guard let response = plugin.takeResponse() else {
      plugin.abandon()
      self.errorCount += 1
      event.complete(.workerFailed(self.failure("it passed on a response it had read"), body: nil))
      return false
    }
    guard event.isAwaited else {
      response.body.cancel()
      return true
    }
    event.complete(plugin.isFromNetwork ? .relayed(response) : .response(response))
    return true
  }

  func notResponded(_ number: UInt32, defaultPrevented: Bool, bodyUsed: Bool) -> Bool {
    guard let fetch = self.takeAnswered(number) else { return false }
    self.senders[StreamID(kind: .eventRequest, number: number)] = nil
    guard fetch.isAwaited else {
      fetch.parallel?.abandon()
      return true
    }
    if !defaultPrevented, !bodyUsed, self.awaitsNetwork(fetch) { return true }
    fetch.parallel?.abandon()
    if let body = fetch.takeBody() {
      fetch.complete(
        .noResponse(defaultPrevented: defaultPrevented, bodyUsed: bodyUsed, body: body))
    } else if bodyUsed || defaultPrevented {
      // No body is needed to say so.
      fetch.complete(
        .noResponse(defaultPrevented: defaultPrevented, bodyUsed: bodyUsed, body: .none))
    } else {
      self.errorCount += 1
      fetch.complete(.failed(self.failure("it gave back a request whose body it had taken")))
    }
    return true
  }

  func respondFailed(_ number: UInt32, _ message: String) -> Bool {
    guard let fetch = self.takeAnswered(number) else { return false }
    fetch.parallel?.abandon()
    self.errorCount += 1
    self.settleRequestBody(number, fetch)
    fetch.complete(
      .failed(
        FetchError(.pluginFailed, .plugin, "The plugin \(self.configuration.name): \(message)")))
    return true
  }

  func lifetimeSettled(_ number: UInt32, _ failure: String) -> Bool {
    guard let event = self.events[number], event.sentUpTo != nil,
      case .lifecycle(let kind, let completion) = event.kind
    else { return false }
    self.events[number] = nil
    if kind == .install { self.imports.close() }
    guard !failure.isEmpty else {
      completion(.success(()))
      return true
    }
    completion(
      .failure(
        PluginError(
          name: "AbortError",
          message: "The plugin \(self.configuration.name) failed to \(kind): \(failure)")))
    return true
  }

  /// Fetch events that are answered, and forgotten here, keep the worker from being stopped.
  func eventsExtended(_ areThere: Bool) -> Bool {
    guard self.connection.wasReady, self.fetchEventCount > 0,
      areThere != self.connection.hasExtendedEvents
    else { return false }
    self.connection.hasExtendedEvents = areThere
    if areThere { self.extendTime() } else { self.connection.extendedUntil = nil }
    return true
  }

  /// Any event may be one of those that are extended: the time begins anew with each.
  func extendTime() {
    self.connection.eventsWhenExtended = self.fetchEventCount
    self.connection.extendedUntil = self.now + self.configuration.eventTime
  }

  /// The worker has answered: it may read the request's body on only where it has begun to.
  private func settleRequestBody(_ number: UInt32, _ fetch: PendingFetchEvent) {
    let stream = StreamID(kind: .eventRequest, number: number)
    fetch.answered()
    if let sender = self.senders[stream], !sender.isTouched || sender.isClosed {
      sender.cancel()
      self.senders[stream] = nil
    }
  }
}
