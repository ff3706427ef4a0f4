import FetchModel
import Interceptor

/// A fetch that the worker asked for: under way, or answered and its response still of use. A
/// response out of a cache is one too.
final class PluginFetch {
  /// Aborts it; where a clone has been taken, nothing any more, since the other one is of use.
  private(set) var signal: FetchSignal
  /// The credentials mode of its request.
  let credentials: String
  /// Whether the head is as it came from the network; a script has made it otherwise.
  let isFromNetwork: Bool
  private(set) var state = State.pending
  /// How many times the response will be taken beside the last time.
  private var clones = 0
  private static let maximumClones = 1_000

  enum State {
    case pending
    /// The worker has the head. The body is here until the worker reads it or hands it on.
    case answered(FetchResponse, BodySender?)
  }

  init(signal: FetchSignal, credentials: String, isFromNetwork: Bool = true) {
    self.signal = signal
    self.credentials = credentials
    self.isFromNetwork = isFromNetwork
  }

  /// What the worker gets of a response: its head filtered, and the coding of its body.
  func head(of response: FetchResponse) -> (ResponseHead, coding: String) {
    guard self.isFromNetwork || response.type.isOpaque else { return (ResponseHead(response), "") }
    let coding = response.type.isOpaque ? nil : response.headers.first("Content-Encoding")
    return (ResponseHead(response.filtered(credentials: self.credentials)), coding ?? "")
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

  /// The script cloned the response. Returns `false` where that is none whose body is here only.
  func clone() -> Bool {
    guard case .answered(let response, _) = self.state, response.type.isOpaque,
      self.clones < Self.maximumClones
    else { return false }
    self.clones += 1
    return true
  }

  /// A clone of the response, where there is one; the body goes to both.
  ///
  /// - Parameter lead: how many bytes the clone may be ahead of what stays here, which nobody may read for
  ///   some time. Beyond that the other one's body fails.
  func takeClone(lead: Int) -> PluginFetch? {
    guard self.clones > 0, case .answered(var response, let sender) = self.state else { return nil }
    self.clones -= 1
    let clone = PluginFetch(
      signal: FetchSignal(), credentials: self.credentials, isFromNetwork: self.isFromNetwork)
    let (first, second) = response.body.tee(limit: lead)
    response.body = first
    clone.answered(response, sender: nil)
    response.body = second
    self.state = .answered(response, sender)
    self.signal = FetchSignal()
    return clone
  }

  /// The worker is gone, or does not want the response any more.
  func abandon() {
    self.signal.abort()
    guard case .answered(let response, let sender) = self.state else { return }
    // Of an opaque response the worker gets no body.
    if let sender { sender.cancel() } else { response.body.cancel() }
  }
}

extension ResponseHead {
  init(_ response: FetchResponse) {
    self.init(
      status: UInt16(clamping: response.status), statusText: response.statusText,
      headers: response.headers, urlList: response.urlList)
  }
}
