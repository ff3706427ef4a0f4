/// Why a fetch gave no response: what kind of failure, whose it is, and the cause in words.
public struct FetchError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure, named as the error types of the `Proxy-Status` field
  /// ([RFC 9209 §2.3](https://www.rfc-editor.org/rfc/rfc9209#section-2.3)); the raw value is the
  /// token that goes into it.
  public enum Code: String, Sendable {
    case dnsTimeout = "dns_timeout"
    case dnsError = "dns_error"
    case destinationNotFound = "destination_not_found"
    case destinationUnavailable = "destination_unavailable"
    case destinationIPProhibited = "destination_ip_prohibited"
    case destinationIPUnroutable = "destination_ip_unroutable"
    case connectionRefused = "connection_refused"
    case connectionTerminated = "connection_terminated"
    case connectionTimeout = "connection_timeout"
    case connectionReadTimeout = "connection_read_timeout"
    case connectionWriteTimeout = "connection_write_timeout"
    case connectionLimitReached = "connection_limit_reached"
    case tlsProtocolError = "tls_protocol_error"
    case tlsCertificateError = "tls_certificate_error"
    case tlsAlertReceived = "tls_alert_received"
    case httpRequestError = "http_request_error"
    case httpRequestDenied = "http_request_denied"
    case httpResponseIncomplete = "http_response_incomplete"
    case httpProtocolError = "http_protocol_error"
    case httpResponseTimeout = "http_response_timeout"
    case proxyInternalError = "proxy_internal_error"
    case proxyConfigurationError = "proxy_configuration_error"
    case proxyLoopDetected = "proxy_loop_detected"
    /// The one who asked left before there was an answer. Never put on the wire.
    case aborted = "aborted"
    /// A plugin failed, was killed or answered with a network error. Never put on the wire.
    case pluginFailed = "plugin_failed"
  }

  /// Whose failure it is.
  public enum Source: String, Sendable { case client, upstream, plugin, proxy }

  public var code: Code
  public var source: Source
  /// One sentence that names the cause, for a person; no secrets.
  public var message: String
  /// Whether the same request may be sent again on a fresh connection: nothing of it was processed.
  public var isRetryable: Bool

  public init(_ code: Code, _ source: Source, _ message: String, isRetryable: Bool = false) {
    self.code = code
    self.source = source
    self.message = message
    self.isRetryable = isRetryable
  }

  public var description: String {
    "\(self.code.rawValue) (\(self.source.rawValue)): \(self.message)"
  }
}
