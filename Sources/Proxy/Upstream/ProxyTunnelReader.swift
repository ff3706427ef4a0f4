import FetchModel
import NIOCore

/// Asks an upstream proxy for a tunnel, and reads its answer
/// ([RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).
struct ProxyTunnelReader {
  enum Event: Equatable {
    case needMore
    /// The tunnel stands; what is left of the input comes from the origin.
    case established
    case failed(FetchError)
  }

  private let proxy: String
  private let target: String
  private var reader: HeadReader
  private var interims = 0

  /// How many interim responses are skipped.
  private static let mostInterims = 16

  /// - Parameters:
  ///   - proxy: the proxy's host and port.
  ///   - target: the origin's host and port.
  init(proxy: String, target: String, limits: HeadLimits) {
    self.proxy = proxy
    self.target = target
    self.reader = HeadReader(limits: limits)
  }

  /// The request for a tunnel.
  static func request(
    to target: String, through proxy: UpstreamProxy, identity: ProxyIdentity
  ) -> ByteBuffer {
    var out = ByteBuffer(string: "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n")
    out.writeImmutableBuffer(proxy.authorizationLine)
    out.writeImmutableBuffer(identity.viaLine)
    out.writeStaticString("\r\n")
    return out
  }

  /// Takes the answer from the proxy's bytes.
  mutating func next(_ input: inout ByteBuffer) -> Event {
    while true {
      switch self.reader.nextResponse(&input, to: .connect) {
      case .needMore: return .needMore
      case .refused(let refusal):
        return .failed(
          self.error(
            .httpProtocolError,
            "answered CONNECT \(self.target) with a malformed response: \(refusal.reason)"))
      case .head(let head) where head.status < 200 && head.status != 101:
        self.interims += 1
        guard self.interims <= Self.mostInterims else {
          return .failed(self.error(.httpProtocolError, "sends interim responses without end."))
        }
      case .head(let head) where (200..<300).contains(head.status): return .established
      case .head(let head): return .failed(self.refusal(head))
      }
    }
  }

  /// The proxy closed the connection instead of answering.
  var closedError: FetchError {
    self.error(.connectionTerminated, "closed the connection instead of answering CONNECT.")
  }

  private func refusal(_ head: ResponseHead) -> FetchError {
    if head.status == 407 { return Self.unauthorized(self.proxy) }
    let code: FetchError.Code =
      switch head.status {
      case 401, 403, 451: .httpRequestDenied
      case 408, 504: .connectionTimeout
      default: .destinationUnavailable
      }
    let reason = head.reason.isEmpty ? "" : " \(head.reason)"
    return self.error(code, "answered CONNECT \(self.target) with \(head.status)\(reason).")
  }

  /// What a 407 of an upstream proxy means: the client can do nothing about it.
  ///
  /// - Parameter proxy: the proxy's host and port.
  static func unauthorized(_ proxy: String) -> FetchError {
    FetchError(
      .proxyConfigurationError, .proxy,
      "The upstream proxy \(proxy) asks for credentials (407): there are none in --upstream-proxy, "
        + "or it does not accept them.")
  }

  private func error(_ code: FetchError.Code, _ text: String) -> FetchError {
    FetchError(code, .upstream, "The upstream proxy \(self.proxy) \(text)")
  }
}
