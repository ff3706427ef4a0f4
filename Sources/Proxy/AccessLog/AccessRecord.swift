import FetchModel
import NIOCore

/// What the access log says of one exchange, or of one CONNECT tunnel.
struct AccessRecord {
  /// What became of a request; the raw value is what the log says.
  enum Outcome: String {
    /// The origin's response was passed on.
    case relay
    /// A plugin answered.
    case plugin
    /// A plugin claimed the request and left it to the network.
    case pluginFallback = "plugin-fallback"
    /// A page of the proxy's own.
    case gateway
    /// A CONNECT whose bytes were passed on unread.
    case tunnel
    /// A CONNECT that was opened: the exchanges inside have records of their own.
    case opened
    /// The request broke a rule.
    case refused
    /// The client's connection ended before the response did.
    case aborted
    /// The request could not be fetched, or its response broke off.
    case error
  }

  /// When the request's head was complete, in milliseconds since 1970.
  var time: Int64 = 0
  /// The client's IP address; empty where it is not known any more.
  var client = ""
  var clientPort: Int?
  /// The method as it was sent; empty where no head could be read, as are the next two.
  var method = ByteBuffer()
  /// The URL; for CONNECT `host:port`, for a request to the proxy itself its target. Empty where
  /// the target's authority is malformed, which it is with user information in it.
  var url = ByteBuffer()
  /// The minor version of HTTP/1.
  var minorVersion: UInt8?
  /// The response's status; `nil` where none was sent.
  var status: Int?
  /// Bytes of the request's body, or from the client in a tunnel.
  var bytesReceived = 0
  /// Bytes of the response's body, or to the client in a tunnel.
  var bytesSent = 0
  /// From ``time`` to the end.
  var duration = TimeAmount.zero
  /// From ``time`` to the response's head.
  var firstByte: TimeAmount?
  var outcome = Outcome.relay
  /// The plugin that claimed the request.
  var plugin: String?
  /// Why there was no response or no complete one.
  var error: FetchError.Code?
  /// The version of TLS with the client inside an opened tunnel.
  var tlsVersion: String?
  /// The IP address and port of the origin, or of what stands before it.
  var upstream: String?
  var userAgent: ByteBuffer?
}

extension RequestHead {
  /// The target as the log may have it: as it was sent, but nothing where its authority is not one,
  /// since what stands there may be a password.
  var loggedTarget: ByteBuffer {
    let bytes = self.bytes.readableBytesUInt8Span
    let isSafe =
      switch self.target {
      case .origin, .asterisk: true
      case .authority(let start, let length): Authority(bytes, start, length) != nil
      case .absolute(_, let start, let length, _, _): Authority(bytes, start, length) != nil
      }
    guard isSafe else { return ByteBuffer() }
    return self.bytes.getSlice(at: self.targetStart, length: self.targetLength) ?? ByteBuffer()
  }

  /// The `User-Agent` field's value.
  var userAgent: ByteBuffer? {
    let bytes = self.bytes.readableBytesUInt8Span
    for line in self.fields.lines where line.known == .other && line.nameLength == 10 {
      let start = Int(line.nameStart)
      guard HTTP1Syntax.equals(bytes, start, 10, "user-agent") else { continue }
      return self.bytes.getSlice(at: Int(line.valueStart), length: Int(line.valueLength))
    }
    return nil
  }
}
