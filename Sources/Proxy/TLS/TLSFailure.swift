import COpenSSL
public import FetchModel

/// Why a TLS connection failed, in words for a person.
public struct TLSFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure, which are error types of the `Proxy-Status` field
  /// ([RFC 9209 §2.3](https://www.rfc-editor.org/rfc/rfc9209#section-2.3)).
  public enum Kind: Sendable, Equatable {
    /// The peer's certificate was not accepted.
    case certificate
    /// The peer broke the protocol, or there was no version, cipher or the like in common.
    case protocolError
    /// The peer sent an alert, by its number
    /// ([RFC 8446 §6](https://www.rfc-editor.org/rfc/rfc8446#section-6)).
    case alertReceived(UInt8)
    /// The peer closed the connection in the middle of the handshake.
    case closed
    /// Nothing the peer did: memory or random numbers have run out, or a call came out of order.
    case `internal`
  }

  public var kind: Kind
  /// One sentence without a final dot.
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { self.message }

  /// The error type for the `Proxy-Status` field.
  public var code: FetchError.Code {
    switch self.kind {
    case .certificate: .tlsCertificateError
    case .protocolError: .tlsProtocolError
    case .alertReceived: .tlsAlertReceived
    case .closed: .connectionTerminated
    case .internal: .proxyInternalError
    }
  }

  /// The failure as an error of a fetch.
  ///
  /// - Parameter source: whose connection it was: `.upstream` or `.client`.
  public func fetchError(_ source: FetchError.Source) -> FetchError {
    FetchError(self.code, self.kind == .internal ? .proxy : source, self.message)
  }
}

extension TLSFailure {
  /// Explains an entry of the error queue.
  ///
  /// - Parameters:
  ///   - error: the oldest entry, `nil` where OpenSSL left none.
  ///   - side: which side of the connection this is.
  ///   - firstBytes: the first bytes that the peer sent, which tell what it speaks instead of TLS.
  init(_ error: OpenSSLError?, on side: TLSSide, firstBytes: [UInt8]) {
    guard let error else {
      self.init(.internal, "OpenSSL failed without saying why")
      return
    }
    let alert = error.isFromTLS ? Int(error.reason) - Int(SSL_AD_REASON_OFFSET) : 0
    if let number = UInt8(exactly: alert), alert > 0 {
      self.init(.alertReceived(number), Self.describe(alert: number, on: side))
    } else if let plain = Self.describe(notTLS: firstBytes, on: side) {
      self.init(.protocolError, plain)
    } else {
      self.init(.protocolError, "the TLS handshake or connection failed: \(error.text)")
    }
  }

  private static func describe(alert: UInt8, on side: TLSSide) -> String {
    let name = SSL_alert_desc_string_long(Int32(alert)).map { String(cString: $0) } ?? "unknown"
    let peer = side == .client ? "the server" : "the client"
    let text = "\(peer) ended the TLS connection with the alert \(alert) (\(name))"
    guard side == .server, [42, 46, 48].contains(alert) else { return text }
    return text + "; most likely it does not trust this proxy's certificate authority"
  }

  /// What the peer speaks where its first bytes cannot be TLS; `nil` where they can.
  private static func describe(notTLS bytes: [UInt8], on side: TLSSide) -> String? {
    guard let first = bytes.first else { return nil }
    // A record begins with its type; the first one is a handshake message or an alert.
    if first == 0x16 || first == 0x15 { return nil }
    let peer = side == .client ? "the server" : "the client"
    if bytes.starts(with: "HTTP/".utf8) {
      return "\(peer) does not speak TLS on this port but plain HTTP"
    }
    if side == .server, bytes.count >= 3, bytes.prefix(3).allSatisfy({ (0x41...0x5A) ~= $0 }) {
      return "\(peer) does not speak TLS here but sent a plain HTTP request"
    }
    return "\(peer) does not speak TLS on this port"
  }
}
