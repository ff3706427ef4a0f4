import FetchModel
import Interceptor
import NIOCore

extension SupervisorCore {
  /// Begins the fetch that is made beside the event: at once, whatever the worker is doing.
  func beginParallelFetch(_ number: UInt32, _ fetch: PendingFetchEvent) {
    guard let request = self.parallelRequest(number, fetch) else { return }
    let parallel = EventFetch(signal: request.signal)
    fetch.parallel = parallel
    // A client that leaves does not want it, unless the worker has it by then.
    fetch.request.signal.onAbort { self.eventLoop.execute { parallel.abandon() } }
    self.network.fetch(request) { result in
      self.eventLoop.execute { self.parallelFetchEnded(number, parallel, result) }
    }
  }

  private func parallelRequest(_ number: UInt32, _ fetch: PendingFetchEvent) -> FetchRequest? {
    let request = fetch.request
    var head = RequestHead(
      method: request.method, url: request.url, headers: request.headers,
      attributes: request.attributes)
    switch fetch.event.parallelFetch {
    case .none: return nil
    case .race: break
    case .navigationPreload(let value):
      head.headers.append(name: "Service-Worker-Navigation-Preload", value: value)
    }
    return try? self.networkRequest(head, .none, derivedFrom: number).get()
  }

  private func parallelFetchEnded(
    _ number: UInt32, _ parallel: EventFetch, _ result: Result<FetchResponse, FetchError>
  ) {
    guard let fetch = self.events[number]?.fetch, fetch.event.parallelFetch.isRace,
      fetch.isAwaited, !parallel.signal.isAborted,
      case .success(var response) = result, (200...299).contains(response.status)
    else { return parallel.ended(result) }
    // The network wins. The script's own fetch of the request gets the same response.
    let body: FetchBody
    (body, response.body) = response.body.tee()
    parallel.ended(.success(response))
    response.body = body
    fetch.dropBody()
    fetch.complete(.relayed(response))
  }

  /// The script's fetch is the one that is made beside its event. Returns `false` where the event has
  /// none.
  func takeParallelFetch(_ number: UInt32, ofEvent event: UInt32) -> Bool {
    guard let fetch = self.events[event]?.fetch else { return false }
    // A worker that is gone had taken it.
    if fetch.parallel?.isTaken != false { self.beginParallelFetch(event, fetch) }
    guard let parallel = fetch.parallel else { return false }
    self.adopt(parallel, of: event, as: number, signal: parallel.signal)
    return true
  }

  /// *Lookup Race Response*: whether the script's fetch is of the request that the network races for.
  func takeRaceResponse(_ number: UInt32, _ head: RequestHead, event: UInt32) -> Bool {
    guard let fetch = self.events[event]?.fetch, case .race = fetch.event.parallelFetch,
      let parallel = fetch.parallel, !parallel.isTaken,
      head.method == fetch.request.method, head.url == fetch.request.url,
      head.attributes == fetch.request.attributes, isEqual(head.headers, fetch.request.headers)
    else { return false }
    // The script's abort does not end the race.
    self.adopt(parallel, of: event, as: number, signal: FetchSignal())
    return true
  }

  private func adopt(
    _ parallel: EventFetch, of event: UInt32, as number: UInt32, signal: FetchSignal
  ) {
    let credentials = self.events[event]?.fetch?.request.attributes.credentials ?? "include"
    self.fetches[number] = PluginFetch(signal: signal, credentials: credentials)
    let generation = self.connection.generation
    parallel.take { self.fetchEnded(number, $0, generation: generation) }
  }

  /// No listener has called `respondWith()`: where the network races for the request, its response is
  /// the answer, whatever it is. Returns whether that is so.
  func awaitsNetwork(_ fetch: PendingFetchEvent) -> Bool {
    guard case .race = fetch.event.parallelFetch, let parallel = fetch.parallel, !parallel.isTaken
    else { return false }
    parallel.take { result in
      switch result {
      case .success(let response): fetch.complete(.relayed(response))
      case .failure:
        // The proxy tries itself, and says what is wrong.
        fetch.complete(.noResponse(defaultPrevented: false, bodyUsed: false, body: .none))
      }
    }
    fetch.request.signal.onAbort { parallel.signal.abort() }
    return true
  }
}

private func isEqual(_ one: HeaderList, _ other: HeaderList) -> Bool {
  one.count == other.count
    && (0..<one.count).allSatisfy {
      one.name(at: $0).lowercased() == other.name(at: $0).lowercased()
        && one.value(at: $0) == other.value(at: $0)
    }
}
