import FetchModel
import Interceptor
import NIOCore

/// How many responses a worker may hold, those of caches included.
private let maximumResponses = 16_384

/// The longest body that goes to the worker with its response's head, in bytes. Most cached responses
/// are handed on untouched, so others stay here until they are read.
private let cachedInlineLimit = 1_024

extension SupervisorCore {
  /// Answers a call about caches. Returns `false` where it makes no sense.
  func cacheCalled(_ call: UInt32, _ payload: ByteBuffer) -> Bool {
    guard let operation = CacheCall(payload) else { return false }
    guard let caches = self.workerCaches() else {
      self.fail(call, "SecurityError", "There is no storage for this origin.")
      return true
    }
    if case .abort(let put) = operation {
      caches.puts[put]?.abort()
      self.answer(call)
      return true
    }
    guard caches.pendingCalls < WorkerCaches.maximumCalls else {
      self.fail(call, "QuotaExceededError", "Too many operations on caches are under way.")
      return true
    }
    return self.perform(operation, call, caches)
  }

  private func workerCaches() -> WorkerCaches? {
    if let caches = self.caches { return caches }
    guard let store = self.cacheStore,
      let origin = WebURL(self.configuration.scriptURL)?.origin, origin != "null"
    else { return nil }
    let caches = WorkerCaches(store: store, origin: origin)
    self.caches = caches
    return caches
  }

  private func perform(_ operation: CacheCall, _ call: UInt32, _ caches: WorkerCaches) -> Bool {
    let origin = caches.origin
    switch operation {
    case .names:
      self.answer(call) { store throws(StorageError) in
        try store.names(origin).map { $0.text }.joined(separator: "\n") + "\n"
      }
    case .has(let name):
      self.answer(call) { store throws(StorageError) in
        try store.has(origin, name) ? "1" : "0"
      }
    case .delete(let name):
      self.answer(call) { store throws(StorageError) in
        try store.delete(origin, name) ? "1" : "0"
      }
    case .open(let name): self.openCache(call, origin, name)
    case .match(.storage(let name), let query):
      self.match(call, in: .origin(origin, name), query, limit: 1)
    case .match(.cache(let number), let query):
      return self.with(number) { self.match(call, in: .cache($0), query, limit: 1) }
    case .matchAll(let number, let query):
      return self.with(number) { self.match(call, in: .cache($0), query, limit: .max) }
    case .requests(let number, let query):
      return self.with(number) { cache in
        self.answer(call) { store throws(StorageError) in
          cacheAnswer(try store.requests(in: cache, matching: query))
        }
      }
    case .remove(let number, let query):
      return self.with(number) { cache in
        self.answer(call) { store throws(StorageError) in
          try store.remove(from: cache, origin, matching: query) ? "1" : "0"
        }
      }
    case .put(let number, let isBatch, let put):
      return self.with(number) { self.put(call, put, in: $0, isBatch: isBatch) }
    case .commit(let number, let staged):
      guard let entries = caches.takeStaged(staged) else { return false }
      return self.with(number) { self.commit(call, entries, in: $0) }
    case .discard(let staged):
      guard let entries = caches.takeStaged(staged) else { return false }
      caches.discard(entries)
      self.answer(call)
    case .release(let number):
      caches.release(number)
      self.answer(call)
    case .abort: break
    }
    return true
  }

  /// Calls `body` with a cache that the worker has opened; `false` where it has not.
  private func with(_ number: UInt32, _ body: (CacheStore.CacheID) -> Void) -> Bool {
    guard let id = self.caches?.cache(number) else { return false }
    body(id)
    return true
  }

  // MARK: Operations

  private func openCache(_ call: UInt32, _ origin: String, _ name: CacheName) {
    self.run { store throws(StorageError) in
      try store.open(origin, name)
    } done: { core, result in
      core.settle(call, result) { id in core.caches.map { "\($0.add(id))" } ?? "" }
    } late: { store, result in
      if case .success(let id) = result { store.releaseLogged(id) }
    }
  }

  private func match(
    _ call: UInt32, in place: CacheStore.Place, _ query: CacheQuery?, limit: Int
  ) {
    self.run { store throws(StorageError) in
      try store.entries(in: place, matching: query, limit: limit)
    } done: { core, result in
      switch result {
      case .success(let entries): core.deliver(entries, call)
      case .failure(let error): core.fail(call, error)
      }
    }
  }

  /// Sends the worker responses, then the answer with their numbers.
  private func deliver(_ entries: [CacheEntry], _ call: UInt32) {
    guard self.fetches.count + entries.count <= maximumResponses,
      UInt32.max - self.lastCachedResponse >= entries.count
    else {
      return self.fail(call, "QuotaExceededError", "The plugin holds too many responses.")
    }
    var numbers: [String] = []
    for entry in entries {
      self.lastCachedResponse += 1
      let number = self.lastCachedResponse
      guard self.sendCached(entry, number) else {
        return self.fail(call, "QuotaExceededError", "The response's head is too long.")
      }
      numbers.append("\(number)")
    }
    self.answer(call, numbers.joined(separator: "\n"))
  }

  private func sendCached(_ entry: CacheEntry, _ number: UInt32) -> Bool {
    let response = entry.response
    let stream = StreamID(kind: .fetchResponse, number: number)
    let (body, sender) = outgoingBody(
      response.type.isOpaque ? .none : response.body, stream, inlineUpTo: cachedInlineLimit)
    let fetch = PluginFetch(
      signal: FetchSignal(), credentials: requestAttributes(entry.requestAttributes).credentials,
      isFromNetwork: entry.isFromNetwork)
    fetch.answered(response, sender: sender)
    self.fetches[number] = fetch
    self.senders[stream] = sender
    let (head, coding) = fetch.head(of: response)
    let isSent = self.send(
      .cachedResponse(fetch: number, type: entry.type, head, coding: coding, body: body))
    if !isSent { self.forgetFetch(number) }
    return isSent
  }

  // MARK: Storing

  private func put(
    _ call: UInt32, _ put: CacheCall.Put, in cache: CacheStore.CacheID, isBatch: Bool
  ) {
    guard let (head, body, fetch) = self.source(of: put, call) else {
      return self.fail(call, "TypeError", "The response is gone.")
    }
    let operation = CachePut(body, signal: fetch?.signal)
    guard
      let entry = CacheEntry(
        request: put.request, response: head, type: put.type,
        isFromNetwork: fetch?.isFromNetwork ?? false)
    else {
      operation.abort()
      return self.fail(call, "TypeError", "The request or the response cannot be stored.")
    }
    self.caches?.begin(operation, call)
    let origin = self.caches?.origin ?? ""
    self.run { store throws(StorageError) in
      let budget = try store.budget(origin)
      let bodies = try store.bodies
      try budget.charge(entry.headSize)
      return (budget, bodies)
    } done: { core, result in
      switch result {
      case .success((let budget, let bodies)):
        core.store(call, entry, budget, bodies) { staged in
          core.stored(call, staged, in: cache, isBatch: isBatch)
        }
      case .failure(let error):
        core.caches?.puts[call]?.abort()
        core.caches?.end(call)
        core.fail(call, error)
      }
    } late: { _, result in
      if case .success((let budget, _)) = result { budget.refund(entry.headSize) }
    }
  }

  /// Where the response comes from; `nil` where a fetch's response is not there, or was touched.
  private func source(
    of put: CacheCall.Put, _ call: UInt32
  ) -> (ResponseHead, FetchBody, PluginFetch?)? {
    switch put.body {
    case .none: return (put.response, .none, nil)
    case .inline(let bytes): return (put.response, .bytes(bytes), nil)
    case .stream(let length):
      let stream = StreamID(kind: .call, number: call)
      return (put.response, self.receiveBody(.stream(length: length), stream), nil)
    case .fetch(let number):
      guard let fetch = self.takeFetch(number) else { return nil }
      guard let response = fetch.takeResponse() else {
        fetch.abandon()
        return nil
      }
      return (ResponseHead(response), response.body, fetch)
    }
  }

  /// Stores the body of an entry whose head the budget was charged for.
  private func store(
    _ call: UInt32, _ entry: CacheEntry, _ budget: OriginBudget, _ bodies: BodyFiles,
    then: @escaping @Sendable (StagedEntry) -> Void
  ) {
    let generation = self.connection.generation
    guard let caches = self.caches, let put = caches.puts[call] else { return }
    caches.pendingCalls += 1
    let store = caches.store
    put.store(in: bodies, budget) { result in
      self.eventLoop.execute {
        let isCurrent = generation == self.connection.generation && self.caches === caches
        let isAborted = caches.puts[call]?.isAborted ?? true
        caches.pendingCalls -= 1
        caches.end(call)
        switch result {
        case .failure(let error):
          budget.refund(entry.headSize)
          if isCurrent { self.fail(call, isAborted ? CachePut.aborted : error) }
        case .success(let body):
          var entry = entry
          entry.body = body
          let staged = StagedEntry(entry: entry, budget: budget, charged: entry.size)
          if isCurrent, !isAborted { return then(staged) }
          store.perform { $0.discard([staged]) }
          if isCurrent { self.fail(call, CachePut.aborted) }
        }
      }
    }
  }

  private func stored(
    _ call: UInt32, _ entry: StagedEntry, in cache: CacheStore.CacheID, isBatch: Bool
  ) {
    guard isBatch else { return self.commit(call, [entry], in: cache) }
    guard let number = self.caches?.stage(entry) else {
      self.caches?.discard([entry])
      return self.fail(call, "QuotaExceededError", "Too many responses are about to be stored.")
    }
    self.answer(call, "\(number)")
  }

  private func commit(_ call: UInt32, _ entries: [StagedEntry], in cache: CacheStore.CacheID) {
    let origin = self.caches?.origin ?? ""
    self.run { store throws(StorageError) in
      try store.commit(entries, in: cache, origin)
    } done: { core, result in
      switch result {
      case .success(true): core.answer(call)
      case .success(false):
        core.fail(call, "InvalidStateError", "Two of the requests are the same.")
      case .failure(let error): core.fail(call, error)
      }
    }
  }

  // MARK: Answers

  /// Does work with the store off the event loop, and goes on with its result here.
  ///
  /// - Parameter late: is called instead of `done` where the worker is gone by then.
  private func run<Value: Sendable>(
    _ work: @escaping @Sendable (CacheStore) throws(StorageError) -> Value,
    done: @escaping @Sendable (SupervisorCore, Result<Value, StorageError>) -> Void,
    late: @escaping @Sendable (CacheStore, Result<Value, StorageError>) -> Void = { _, _ in }
  ) {
    guard let caches = self.caches else { return }
    caches.pendingCalls += 1
    caches.store.perform { store in
      let result: Result<Value, StorageError>
      do throws(StorageError) {
        result = .success(try work(store))
      } catch { result = .failure(error) }
      self.eventLoop.execute {
        guard self.caches === caches, self.connection.isOpen else {
          return store.perform { late($0, result) }
        }
        caches.pendingCalls -= 1
        done(self, result)
      }
    }
  }

  private func answer(
    _ call: UInt32, _ work: @escaping @Sendable (CacheStore) throws(StorageError) -> String
  ) {
    self.run(work) { core, result in core.settle(call, result) { $0 } }
  }

  private func settle<Value>(
    _ call: UInt32, _ result: Result<Value, StorageError>, _ text: (Value) -> String
  ) {
    switch result {
    case .success(let value): self.answer(call, text(value))
    case .failure(let error): self.fail(call, error)
    }
  }

  private func answer(_ call: UInt32, _ text: String = "") {
    self.answer(
      call, generation: self.connection.generation, .success(ByteBuffer(string: text)))
  }

  private func fail(_ call: UInt32, _ error: StorageError) {
    self.fail(call, error.exceptionName, error.message)
  }

  private func fail(_ call: UInt32, _ name: String, _ message: String) {
    self.answer(
      call, generation: self.connection.generation,
      .failure(PluginError(name: name, message: message)))
  }
}

/// The requests for a script: the head and the headers of each, NUL behind each.
private func cacheAnswer(_ requests: [RequestHead]) -> String {
  var text = ""
  for request in requests {
    let attributes = request.attributes
    text += [
      request.method, request.url, attributes.mode, attributes.destination, attributes.credentials,
      attributes.cache, attributes.redirect, attributes.referrer, attributes.referrerPolicy,
      attributes.isReload ? "1" : "0",
    ].joined(separator: "\n")
    text += "\0"
    text += (0..<request.headers.count)
      .map { request.headers.name(at: $0) + "\n" + request.headers.value(at: $0) }
      .joined(separator: "\n")
    text += "\0"
  }
  return text
}
