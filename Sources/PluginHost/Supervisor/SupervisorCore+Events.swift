import FetchModel
import Interceptor
import NIOCore

/// Bodies up to this many bytes go in their head's frame.
private let inlineLimit = 65_536

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
    _ request: FetchRequest, hidden: HeaderList,
    completion: @escaping @Sendable (FetchDispatchResult) -> Void
  ) {
    self.fetchEventCount += 1
    guard self.life.state != .terminated else {
      self.errorCount += 1
      let error = self.failure("it was terminated")
      return completion(.workerFailed(error, body: request.body))
    }
    let fetch = PendingFetchEvent(request: request, hidden: hidden, completion: completion)
    let number = self.add(.fetch(fetch))
    request.signal.onAbort { self.eventLoop.execute { self.clientLeft(event: number) } }
  }

  @discardableResult
  private func add(_ kind: PendingEvent.Kind) -> UInt32 {
    if !self.isTicking { self.now = .now() }
    // 0 stands for no event.
    self.lastEvent = self.lastEvent == .max ? 1 : self.lastEvent + 1
    let event = PendingEvent(number: self.lastEvent, kind: kind, startedAt: self.now)
    self.events[event.number] = event
    if self.life.isRunning {
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
    if !isSent { self.fail(event, "the request is too long for a frame", isLost: true) }
  }

  private func sendFetchEvent(_ number: UInt32, _ fetch: PendingFetchEvent) -> Bool {
    let request = fetch.request
    let head = RequestHead(
      method: request.method, url: request.url, headers: request.headers,
      attributes: request.attributes)
    let stream = StreamID(kind: .eventRequest, number: number)
    let body: BodyKind
    switch fetch.bodyToSend {
    case .none: body = .none
    case .bytes(let bytes) where bytes.readableBytes <= inlineLimit: body = .inline(bytes)
    case .bytes(let bytes):
      // The bytes stay with the event, so nothing needs to be kept beside.
      self.senders[stream] = BodySender(stream: stream, pipe: pipe(of: bytes), keepsReplay: false)
      body = .stream(length: UInt64(bytes.readableBytes))
    case .stream(let pipe):
      let sender = BodySender(stream: stream, pipe: pipe, keepsReplay: true)
      self.senders[stream] = sender
      fetch.setSender(sender)
      body = .stream(length: pipe.length.map { UInt64($0) })
    }
    return self.send(.fetchEvent(event: number, head, body: body))
  }

  // MARK: Answers

  /// Takes the event that the worker answers; `nil` where it has no such event.
  func takeAnswered(_ number: UInt32) -> PendingFetchEvent? {
    guard let event = self.events[number], event.sentUpTo != nil, let fetch = event.fetch else {
      return nil
    }
    self.events[number] = nil
    self.recentEvents.note(number, fetch)
    return fetch
  }

  func responded(_ number: UInt32, _ head: ResponseHead, _ kind: BodyKind) -> Bool {
    guard let fetch = self.takeAnswered(number) else { return false }
    let stream = StreamID(kind: .eventResponse, number: number)
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
    guard fetchNumber <= self.lastFetch, let event = self.takeAnswered(number) else {
      return false
    }
    self.settleRequestBody(number, event)
    // A fetch that was aborted meanwhile is no fault of the worker's.
    guard let plugin = self.fetches.removeValue(forKey: fetchNumber) else {
      self.errorCount += 1
      event.complete(.failed(self.failure("the response that it passed on was aborted")))
      return true
    }
    self.senders[StreamID(kind: .fetchResponse, number: fetchNumber)] = nil
    guard let response = plugin.takeResponse() else {
      plugin.abandon()
      self.errorCount += 1
      event.complete(.workerFailed(self.failure("it passed on a response it had read"), body: nil))
      return false
    }
    if event.isAwaited { event.complete(.relayed(response)) } else { response.body.cancel() }
    return true
  }

  func notResponded(_ number: UInt32, defaultPrevented: Bool, bodyUsed: Bool) -> Bool {
    guard let fetch = self.takeAnswered(number) else { return false }
    self.senders[StreamID(kind: .eventRequest, number: number)] = nil
    guard fetch.isAwaited else { return true }
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

  /// The worker has answered: it may read the request's body on only where it has begun to.
  private func settleRequestBody(_ number: UInt32, _ fetch: PendingFetchEvent) {
    let stream = StreamID(kind: .eventRequest, number: number)
    fetch.answered()
    if let sender = self.senders[stream], !sender.isTouched || sender.isClosed {
      sender.cancel()
      self.senders[stream] = nil
    }
  }

  // MARK: Failures

  /// The client has left.
  func clientLeft(event number: UInt32) {
    if let event = self.events[number], let fetch = event.fetch {
      guard fetch.isAwaited else { return }
      let stream = StreamID(kind: .eventRequest, number: number)
      if self.senders.removeValue(forKey: stream) != nil {
        self.send(.bodyFailed(stream, message: "The client has left."))
      }
      fetch.dropBody()
      fetch.complete(.failed(FetchError(.aborted, .client, "The client has left.")))
      if event.sentUpTo == nil {
        self.events[number] = nil
        self.queue.removeAll { $0 === event }
      } else {
        // It stays in the table until the worker's answer.
        self.send(.abortEvent(event: number))
      }
    } else if self.receivers[StreamID(kind: .eventResponse, number: number)] != nil {
      self.send(.abortEvent(event: number))
    }
  }

  /// Fails the events whose time is over. A worker that had one of them is killed.
  func failLateEvents() {
    let limit = self.configuration.eventTime
    let late = self.events.values.filter { self.now - $0.startedAt >= limit }
    guard !late.isEmpty else { return }
    let reason = "an event was not settled within \(limit.nanoseconds / 1_000_000_000) s"
    let hadOne = late.contains { $0.sentUpTo != nil }
    for event in late {
      self.queue.removeAll { $0 === event }
      self.fail(event, reason)
    }
    if hadOne { self.condemn(reason) }
  }

  func failAllEvents(_ reason: String) {
    self.queue = []
    for event in self.events.values { self.fail(event, reason) }
  }

  /// Ends an event as failed by the worker.
  ///
  /// - Parameter isLost: whether the body may have gone with it.
  private func fail(_ event: PendingEvent, _ reason: String, isLost: Bool = false) {
    self.events[event.number] = nil
    self.senders[StreamID(kind: .eventRequest, number: event.number)] = nil
    switch event.kind {
    case .lifecycle(_, let completion):
      completion(
        .failure(
          PluginError(
            name: "AbortError",
            message: "The worker of the plugin \(self.configuration.name) failed: \(reason).")))
    case .fetch(let fetch):
      guard fetch.isAwaited else { return }
      self.errorCount += 1
      fetch.complete(.workerFailed(self.failure(reason), body: fetch.takeBody()))
    }
  }

  /// Sends the events of a dead worker again that had not reached it, and fails the others; the
  /// rules are at ``WorkerSupervisor``.
  func settleEventsOfDeadWorker(_ reason: String) {
    let read = self.connection.readBytes
    let diedByItself = self.life.diedByItself
    var again: [PendingEvent] = []
    for event in self.events.values.sorted(by: { $0.number < $1.number }) {
      let hadReached = event.sentUpTo.map { $0 <= read } ?? false
      if event.sentUpTo == nil, !self.connection.wasReady { event.failedStarts += 1 }
      let isAwaited = event.fetch?.isAwaited ?? true
      let mayGoAgain = !hadReached || (diedByItself && event.isRepeatable)
      guard isAwaited, mayGoAgain, event.failedStarts < 3, event.fetch?.rewind() ?? true else {
        self.fail(event, reason)
        continue
      }
      if hadReached { event.wasRetried = true }
      event.sentUpTo = nil
      again.append(event)
    }
    self.queue = again
  }

  func failure(_ reason: String) -> FetchError {
    FetchError(
      .pluginFailed, .plugin, "The plugin \(self.configuration.name) did not answer: \(reason).")
  }
}

/// A body at hand as a stream.
func pipe(of bytes: ByteBuffer) -> BodyPipe {
  let pipe = BodyPipe(length: bytes.readableBytes)
  pipe.write(bytes)
  pipe.finish()
  return pipe
}

extension SupervisorCore {
  /// The body of a head that goes to the worker, and its sender where it goes as a stream.
  func outgoingBody(_ body: FetchBody, _ stream: StreamID) -> (BodyKind, BodySender?) {
    switch body {
    case .none: return (.none, nil)
    case .bytes(let bytes) where bytes.readableBytes <= inlineLimit: return (.inline(bytes), nil)
    case .bytes(let bytes):
      let sender = BodySender(stream: stream, pipe: pipe(of: bytes), keepsReplay: false)
      return (.stream(length: UInt64(bytes.readableBytes)), sender)
    case .stream(let pipe):
      let sender = BodySender(stream: stream, pipe: pipe, keepsReplay: false)
      return (.stream(length: pipe.length.map { UInt64($0) }), sender)
    }
  }
}

/// The last events that were answered: a fetch made from one of their requests may come later.
struct RecentEvents {
  struct Entry {
    var number: UInt32
    var url: String
    var hidden: HeaderList
  }

  private var entries = [Entry?](repeating: nil, count: 64)

  mutating func note(_ number: UInt32, _ fetch: PendingFetchEvent) {
    self.entries[Int(number % 64)] = Entry(
      number: number, url: fetch.request.url, hidden: fetch.hidden)
  }

  func entry(_ number: UInt32) -> Entry? {
    self.entries[Int(number % 64)].flatMap { $0.number == number ? $0 : nil }
  }
}
