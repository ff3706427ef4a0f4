import FetchModel
import Interceptor
import NIOCore

/// How many fetches a worker may have open, those included whose response it still holds.
private let maximumFetches = 8_192

extension SupervisorCore {
  // MARK: A plugin's own fetches

  /// The script called `fetch()`. Returns `false` where the frame makes no sense.
  func fetchAsked(
    _ number: UInt32, _ head: RequestHead, derivedFrom event: UInt32, _ source: FetchBodySource
  ) -> Bool {
    guard number > self.lastFetch, number < firstCachedResponse, event <= self.lastEvent else {
      return false
    }
    self.lastFetch = number
    // A preload is taken before any listener runs.
    if case .parallelFetch = source {} else { self.events[event]?.isAcknowledged = true }
    self.events[event]?.wasFetched = true
    var body = FetchBody.none
    switch source {
    case .body(let kind):
      body = self.receiveBody(kind, StreamID(kind: .fetchRequest, number: number))
    case .relayEvent(let event):
      guard event <= self.lastEvent else { return false }
      guard let relayed = self.takeRequestBody(ofEvent: event) else {
        self.send(.fetchFailed(fetch: number, message: "The request's body is gone."))
        return true
      }
      body = relayed
    case .parallelFetch:
      guard !self.takeParallelFetch(number, ofEvent: event) else { return true }
      self.send(.fetchFailed(fetch: number, message: "The event is over."))
      return true
    }
    if case .none = body, self.takeRaceResponse(number, head, event: event) { return true }
    switch self.networkRequest(head, body, derivedFrom: event) {
    case .success(var request):
      // Only a script's stream has no length.
      if case .body(.stream(length: nil)) = source { request.client?.usesCORSPreflight = true }
      self.fetch(number, request)
    case .failure(let error):
      body.cancel()
      self.send(.fetchFailed(fetch: number, message: error.message))
    }
    return true
  }

  private func takeRequestBody(ofEvent number: UInt32) -> FetchBody? {
    guard let event = self.events[number], let body = event.fetch?.takeUntouchedBody() else {
      return nil
    }
    event.isAcknowledged = true
    event.wasFetched = true
    self.senders[StreamID(kind: .eventRequest, number: number)] = nil
    return body
  }

  /// The request as it goes to the network; refused where it could not be sent as HTTP.
  func networkRequest(
    _ head: RequestHead, _ body: FetchBody, derivedFrom event: UInt32
  ) -> Result<FetchRequest, FetchError> {
    guard self.fetches.count < maximumFetches else {
      return .failure(FetchError(.httpRequestDenied, .plugin, "Too many fetches are open."))
    }
    guard let url = WebURL(head.url) else {
      return .failure(
        FetchError(.httpRequestError, .plugin, "\(head.url.prefix(200)) is no URL."))
    }
    guard !head.method.isEmpty, head.method.utf8.allSatisfy(isTokenByte),
      firstInvalidField(head.headers) == nil
    else {
      return .failure(
        FetchError(.httpRequestError, .plugin, "The request's method or a field is not valid."))
    }
    var request = FetchRequest(
      method: head.method, url: url.href, headers: head.headers, body: body,
      attributes: head.attributes)
    let derived = self.derivation(from: event)
    request.client = RequestClient(
      origin: self.origin(ofFetchOf: url, derived), url: self.configuration.scriptURL)
    return .success(
      restoreHiddenFields(of: derived?.hidden, derivedFrom: derived?.url ?? "", to: request))
  }

  /// The event from whose request a fetch is made; `nil` where it is too old, or there is none.
  private func derivation(from event: UInt32) -> RecentEvents.Entry? {
    self.events[event]?.fetch.map { RecentEvents.Entry(event, $0) }
      ?? self.recentEvents.entry(event)
  }

  /// The origin of a fetch: that of the event's request where it is made from one; else the script's,
  /// or that of the URL where the plugin claims URLs of that origin.
  private func origin(ofFetchOf url: WebURL, _ derived: RecentEvents.Entry?) -> String {
    let origin = url.origin
    let own = self.configuration.scriptOrigin
    if let derived, WebURL(derived.url)?.origin == origin { return derived.origin ?? own }
    return self.configuration.homeOrigins.contains(origin) ? origin : own
  }

  private func fetch(_ number: UInt32, _ request: FetchRequest) {
    self.fetches[number] = PluginFetch(
      signal: request.signal, credentials: request.attributes.credentials)
    let generation = self.connection.generation
    self.network.fetch(request) { result in
      self.eventLoop.execute { self.fetchEnded(number, result, generation: generation) }
    }
  }

  func fetchEnded(
    _ number: UInt32, _ result: Result<FetchResponse, FetchError>, generation: Int
  ) {
    guard generation == self.connection.generation, self.connection.isOpen,
      let fetch = self.fetches[number], fetch.isPending
    else {
      if case .success(let response) = result { response.body.cancel() }
      return
    }
    switch result {
    case .failure(let error):
      self.fetches[number] = nil
      self.send(.fetchFailed(fetch: number, message: error.message))
    case .success(let response): self.fetchAnswered(number, fetch, response)
    }
  }

  private func fetchAnswered(_ number: UInt32, _ fetch: PluginFetch, _ response: FetchResponse) {
    let stream = StreamID(kind: .fetchResponse, number: number)
    // What a script cannot read does not go to it.
    let (body, sender) = outgoingBody(response.type.isOpaque ? .none : response.body, stream)
    let (head, coding) = fetch.head(of: response)
    fetch.answered(response, sender: sender)
    self.senders[stream] = sender
    guard
      !self.send(
        .fetchResult(fetch: number, type: response.type, head, coding: coding, body: body))
    else { return }
    self.forgetFetch(number)
    self.send(.fetchFailed(fetch: number, message: "The response's head is too long."))
  }

  /// The script aborted its fetch or dropped the response. One that is gone may be meant: the two
  /// sides cross.
  func fetchAborted(_ number: UInt32) -> Bool {
    guard self.isPast(StreamID(kind: .fetchResponse, number: number)) else { return false }
    self.forgetFetch(number)
    return true
  }

  /// The script cloned an opaque response. Returns `false` where that is none.
  func fetchCloned(_ number: UInt32) -> Bool {
    guard self.isPast(StreamID(kind: .fetchResponse, number: number)) else { return false }
    return self.fetches[number]?.clone() ?? true
  }

  /// Takes a fetch for its response; a clone of it is there to be taken again.
  func takeFetch(_ number: UInt32) -> PluginFetch? {
    guard let fetch = self.fetches[number] else { return nil }
    if let clone = fetch.takeClone(lead: Self.cloneLead(open: self.fetches.count)) { return clone }
    self.fetches[number] = nil
    self.senders[StreamID(kind: .fetchResponse, number: number)] = nil
    return fetch
  }

  /// The more responses a script holds, the less of each is kept for it: together some 500 MB at most.
  static func cloneLead(open: Int) -> Int {
    switch open {
    case ..<8: 16 << 20
    case ..<64: 2 << 20
    case ..<512: 256 << 10
    default: 16 << 10
    }
  }

  func forgetFetch(_ number: UInt32) {
    self.senders[StreamID(kind: .fetchResponse, number: number)] = nil
    self.fetches.removeValue(forKey: number)?.abandon()
  }

  // MARK: Bodies from the worker

  /// The body that the worker announced; as a stream with the first credit given.
  func receiveBody(_ kind: BodyKind, _ stream: StreamID) -> FetchBody {
    switch kind {
    case .none: return .none
    case .inline(let bytes): return .bytes(bytes)
    case .stream(let length):
      let receiver = BodyReceiver(
        stream: stream, length: length, window: Self.window(open: self.receivers.count))
      self.receivers[stream] = receiver
      self.watch(receiver)
      self.send(.bodyCredit(stream, bytes: receiver.open()))
      return .stream(receiver.pipe)
    }
  }

  /// The credit of one more body: the more are open, the less, so that all of a worker's bodies
  /// together keep some 150 MB of the host's memory at most.
  private static func window(open: Int) -> Int {
    switch open {
    case ..<64: 262_144
    case ..<512: 65_536
    default: 16_384
    }
  }

  private func watch(_ receiver: BodyReceiver) {
    let stream = receiver.stream
    let generation = self.connection.generation
    receiver.pipe.setProducer(
      onWritable: {
        self.eventLoop.execute {
          guard let credit = self.receiver(stream, generation)?.drained() else { return }
          self.send(.bodyCredit(stream, bytes: credit))
        }
      },
      onCancel: {
        self.eventLoop.execute {
          guard self.receiver(stream, generation) != nil else { return }
          self.receivers[stream] = nil
          self.send(.bodyCancel(stream))
        }
      })
  }

  private func receiver(_ stream: StreamID, _ generation: Int) -> BodyReceiver? {
    generation == self.connection.generation ? self.receivers[stream] : nil
  }

  func bodyCame(_ stream: StreamID, _ bytes: ByteBuffer) -> Bool {
    guard let receiver = self.receivers[stream] else { return self.isPast(stream) }
    do throws(BodyReceiver.Violation) {
      let credit = try receiver.received(bytes)
      if let credit { self.send(.bodyCredit(stream, bytes: credit)) }
      return true
    } catch {
      self.violated(error.reason, generation: self.connection.generation)
      return true
    }
  }

  func bodyEnded(_ stream: StreamID, _ end: (BodyReceiver) -> Void) -> Bool {
    guard let receiver = self.receivers.removeValue(forKey: stream) else {
      return self.isPast(stream)
    }
    end(receiver)
    return true
  }

  /// Whether a frame about a stream that is not open is the late rest of one that was: its reader
  /// has left, or its client.
  func isPast(_ stream: StreamID) -> Bool {
    switch stream.kind {
    case .eventResponse, .eventRequest: stream.number <= self.lastEvent
    case .fetchResponse where stream.number >= firstCachedResponse:
      stream.number <= self.lastCachedResponse
    case .fetchRequest, .fetchResponse: stream.number <= self.lastFetch
    case .call: stream.number <= self.lastCall
    }
  }

  // MARK: Bodies to the worker

  func creditCame(_ stream: StreamID, _ bytes: UInt32) -> Bool {
    guard stream.kind == .eventRequest || stream.kind == .fetchResponse else { return false }
    if stream.kind == .eventRequest { self.events[stream.number]?.isAcknowledged = true }
    guard let sender = self.senders[stream] else { return self.isPast(stream) }
    let generation = self.connection.generation
    sender.gotCredit(bytes) {
      self.eventLoop.execute {
        guard generation == self.connection.generation else { return }
        self.pump(stream)
      }
    }
    self.pump(stream)
    return true
  }

  private func pump(_ stream: StreamID) {
    guard let sender = self.senders[stream], sender.pump({ self.send($0) }) else { return }
    self.senders[stream] = nil
    if stream.kind == .fetchResponse { self.fetches[stream.number] = nil }
  }

  func bodyUnwanted(_ stream: StreamID) -> Bool {
    guard stream.kind == .eventRequest || stream.kind == .fetchResponse else { return false }
    guard let sender = self.senders.removeValue(forKey: stream) else { return self.isPast(stream) }
    sender.cancel()
    if stream.kind == .fetchResponse { self.forgetFetch(stream.number) }
    return true
  }

  /// The worker is gone: its bodies end and its fetches are aborted.
  func endStreams(_ reason: String) {
    for receiver in self.receivers.values { receiver.failed(reason) }
    self.receivers = [:]
    for fetch in self.fetches.values { fetch.abandon() }
    self.fetches = [:]
    self.caches?.close()
    self.caches = nil
    // A request's body belongs to its event, which may be sent again; unless it was answered.
    for (stream, sender) in self.senders
    where stream.kind == .eventRequest && self.events[stream.number] == nil {
      sender.cancel()
    }
    self.senders = [:]
  }
}
