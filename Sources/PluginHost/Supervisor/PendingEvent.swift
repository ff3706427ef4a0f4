import FetchModel
import Interceptor
import NIOCore

/// The events of a worker's life.
enum LifecycleEventKind: Sendable { case install, activate }

/// An event that has not been answered: it waits for the worker, or the worker has it.
final class PendingEvent {
  enum Kind {
    case lifecycle(LifecycleEventKind, @Sendable (Result<Void, PluginError>) -> Void)
    case fetch(PendingFetchEvent)
  }

  let number: UInt32
  let kind: Kind
  /// When it came, to the precision of a tick.
  let startedAt: NIODeadline
  /// Where its frame ends in the bytes sent to this worker; `nil` where it was not sent.
  var sentUpTo: Int?
  /// The worker has said something about it, so it is past doubt that it was seen.
  var isAcknowledged = false
  /// The worker has made a fetch from its request, so that the network may have got it already.
  var wasFetched = false
  /// It was sent a second time after it may have been seen.
  var wasRetried = false
  /// How many workers died before it was sent.
  var failedStarts = 0

  init(number: UInt32, kind: Kind, startedAt: NIODeadline) {
    self.number = number
    self.kind = kind
    self.startedAt = startedAt
  }

  var fetch: PendingFetchEvent? {
    if case .fetch(let fetch) = self.kind { fetch } else { nil }
  }

  /// Whether it may be sent again although it may have been seen.
  var isRepeatable: Bool { !self.isAcknowledged && !self.wasRetried && self.isIdempotent }

  /// Whether its request may go to the network although the worker has failed over it.
  var mayGoToTheNetwork: Bool { !self.wasFetched || self.isIdempotent }

  private var isIdempotent: Bool {
    self.fetch.map { idempotentMethods.contains($0.request.method) } ?? false
  }
}

/// RFC 9110 §9.2.2.
private let idempotentMethods: Set<String> = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]

/// What a fetch event has beyond an event.
final class PendingFetchEvent {
  let event: FetchEventInit
  /// `nil` once it was called: the client has left, and the worker's answer is of no interest.
  private var completion: (@Sendable (FetchDispatchResult) -> Void)?
  private var body: Body
  /// The fetch that is made beside the event.
  var parallel: EventFetch?

  private enum Body {
    case whole(FetchBody)
    case sending(BodySender)
    case gone
  }

  init(
    _ event: FetchEventInit, completion: @escaping @Sendable (FetchDispatchResult) -> Void
  ) {
    self.body = .whole(event.request.body)
    self.event = event
    self.completion = completion
  }

  var request: FetchRequest { self.event.request }
  var hidden: HeaderList { self.event.hidden }

  /// Whether somebody still waits for the answer.
  var isAwaited: Bool { self.completion != nil }

  func complete(_ result: FetchDispatchResult) {
    let completion = self.completion
    self.completion = nil
    completion?(result)
  }

  /// The body goes to the worker by this sender.
  func setSender(_ sender: BodySender) { self.body = .sending(sender) }

  /// How the body goes to the worker: in the event's frame or as a stream.
  var bodyToSend: FetchBody { if case .whole(let body) = self.body { body } else { .none } }

  /// Takes the body out for good: whole, with what the worker was sent of it put back in front.
  /// `nil` where that is not possible any more. A body at hand can be taken more than once.
  func takeBody() -> FetchBody? {
    switch self.body {
    case .whole(.stream(let pipe)):
      self.body = .gone
      return .stream(pipe)
    case .whole(let body): return body
    case .sending(let sender):
      self.body = .gone
      return sender.takeBack().map { .stream($0) }
    case .gone: return nil
    }
  }

  /// Takes the body for a relay, where nothing of it went into the worker.
  func takeUntouchedBody() -> FetchBody? {
    if case .sending(let sender) = self.body, sender.isTouched { return nil }
    return self.takeBody()
  }

  /// Takes the body back so that the event can be sent again. Returns whether it is whole.
  func rewind() -> Bool {
    guard let body = self.takeBody() else { return false }
    self.body = .whole(body)
    return true
  }

  /// Nobody needs the body any more.
  func dropBody() { self.takeBody()?.cancel() }

  /// The worker has answered. It may go on reading the body where it has begun to; else the client
  /// need not send it.
  func answered() {
    if case .sending(let sender) = self.body, sender.isTouched {
      sender.stopKeepingReplay()
    } else {
      self.dropBody()
    }
  }
}
