import FetchModel
import Interceptor
import Logging
import NIOCore

extension SupervisorCore {
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
      return
    }
    // Answered already: the rest of the answer is not wanted.
    let stream = StreamID(kind: .eventResponse, number: number)
    guard let receiver = self.receivers.removeValue(forKey: stream) else { return }
    self.send(.abortEvent(event: number))
    self.send(.bodyCancel(stream))
    receiver.failed("The client has left.")
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

  /// Promises that do not settle keep a worker no longer than an event may take after the last one.
  func limitExtendedEvents() {
    guard self.connection.hasExtendedEvents else { return }
    if self.connection.eventsWhenExtended != self.fetchEventCount { return self.extendTime() }
    guard let until = self.connection.extendedUntil, self.now >= until else { return }
    self.connection.extendedUntil = nil
    let limit = self.configuration.eventTime.nanoseconds / 1_000_000_000
    self.logger.warning(
      "Promises given to waitUntil() did not settle within \(limit) s: the worker counts as idle.")
  }

  func failAllEvents(_ reason: String) {
    self.queue = []
    for event in self.events.values { self.fail(event, reason) }
  }

  /// Ends an event as failed by the worker.
  func fail(_ event: PendingEvent, _ reason: String) {
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
      fetch.parallel?.abandon()
      guard fetch.isAwaited else { return }
      self.errorCount += 1
      // A request that is not idempotent and may have been made is not made again.
      let body = event.mayGoToTheNetwork ? fetch.takeBody() : nil
      if body == nil { fetch.dropBody() }
      fetch.complete(.workerFailed(self.failure(reason), body: body))
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
