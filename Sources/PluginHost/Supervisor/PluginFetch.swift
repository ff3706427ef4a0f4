import FetchModel

/// A fetch that the worker asked for: under way, or answered and its response still of use. A
/// response out of a cache is one too.
final class PluginFetch {
  let signal: FetchSignal
  /// Whether the head is as it came from the network; a script has made it otherwise.
  let isFromNetwork: Bool
  private(set) var state = State.pending

  enum State {
    case pending
    /// The worker has the head. The body is here until the worker reads it or hands it on.
    case answered(FetchResponse, BodySender?)
  }

  init(signal: FetchSignal, isFromNetwork: Bool = true) {
    self.signal = signal
    self.isFromNetwork = isFromNetwork
  }

  var isPending: Bool { if case .pending = self.state { true } else { false } }

  var sender: BodySender? { if case .answered(_, let sender) = self.state { sender } else { nil } }

  func answered(_ response: FetchResponse, sender: BodySender?) {
    self.state = .answered(response, sender)
  }

  /// The response for a relay; `nil` where there is none yet or its body was touched.
  func takeResponse() -> FetchResponse? {
    guard case .answered(let response, let sender) = self.state else { return nil }
    if let sender, sender.takeUntouched() == nil { return nil }
    return response
  }

  /// The worker is gone, or does not want the response any more.
  func abandon() {
    self.signal.abort()
    if case .answered(_, let sender) = self.state { sender?.cancel() }
  }
}
