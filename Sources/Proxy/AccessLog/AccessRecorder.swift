import FetchModel
import NIOCore

/// Collects what the access log says of a client connection's exchanges, one after the other.
///
/// A connection has one only where there is a log. It lives on the connection's event loop.
final class AccessRecorder {
  private let log: AccessLog
  private var record = AccessRecord()
  private var head: RequestHead?
  private var startTime = NIODeadline.uptimeNanoseconds(0)
  private var isOpen = false
  private var line = ByteBuffer()
  private var client: (address: String, port: Int?)?
  /// The version of TLS with the client inside an opened tunnel, for all records that follow.
  private var tlsVersion: String?

  init(_ log: AccessLog) { self.log = log }

  // MARK: The beginning

  /// A request begins.
  ///
  /// - Parameters:
  ///   - head: `nil` where none could be read.
  ///   - channel: the client's.
  func open(_ head: RequestHead?, _ channel: (any Channel)?) {
    if self.client == nil, let address = channel?.remoteAddress {
      self.client = (address.ipAddress ?? "", address.port)
    }
    var url = self.record.url
    self.record = AccessRecord()
    url.clear()
    self.record.url = url
    self.record.time = AccessLog.now
    self.record.client = self.client?.address ?? ""
    self.record.clientPort = self.client?.port
    self.record.tlsVersion = self.tlsVersion
    self.startTime = .now()
    self.isOpen = true
    self.head = head
    guard let head else { return }
    self.record.minorVersion = head.minorVersion
    self.record.method = head.bytes.getSlice(at: 0, length: head.methodLength) ?? ByteBuffer()
    self.record.userAgent = head.userAgent
  }

  /// It is known where the request goes.
  func routed(_ route: RequestRoute) {
    guard let head else { return }
    self.record.url.clear()
    route.writeURL(of: head, into: &self.record.url)
  }

  // MARK: On the way

  func claimed(by plugin: String) {
    self.record.plugin = plugin
    self.record.outcome = .plugin
  }

  /// The proxy answers what no plugin claims: there is no network behind it.
  func hasNoNetwork() { if self.record.outcome == .relay { self.record.outcome = .gateway } }

  func fellBack() { self.record.outcome = .pluginFallback }

  /// The request goes to this address.
  func connected(to address: SocketAddress?) {
    guard let address, let host = address.ipAddress, let port = address.port else { return }
    self.record.upstream = Authority(host: host, port: port).serialized(defaultPort: 0)
  }

  func received(_ count: Int) { self.record.bytesReceived += count }

  func sent(_ count: Int) { self.record.bytesSent += count }

  /// A response's head was sent.
  func responded(_ status: Int) {
    self.record.status = status
    self.record.firstByte = .now() - self.startTime
  }

  /// A blind tunnel stands.
  func tunnels(to address: SocketAddress?) {
    self.record.outcome = .tunnel
    self.connected(to: address)
  }

  /// What follows failed; ``close()`` ends the record.
  func failed(_ code: FetchError.Code) {
    self.record.outcome = .error
    self.record.error = code
  }

  // MARK: The end

  /// An answer of the proxy's own ended the request, or the attempt at one.
  func answered(_ answer: ErrorResponse, isHead: Bool, _ channel: (any Channel)?) {
    if !self.isOpen { self.open(nil, channel) }
    self.responded(answer.status)
    if !isHead { self.sent(answer.body.utf8.count) }
    if let code = answer.code { self.failed(code) } else { self.record.outcome = .refused }
    self.close()
  }

  /// A page of the proxy's own was sent.
  func answeredItself(_ status: Int, bodyBytes: Int) {
    self.responded(status)
    self.sent(bodyBytes)
    self.record.outcome = .gateway
    self.close()
  }

  /// A CONNECT was opened.
  ///
  /// - Parameter tlsVersion: `nil` where requests are in the clear inside.
  func opened(tlsVersion: String?) {
    self.tlsVersion = tlsVersion
    self.record.tlsVersion = tlsVersion
    self.record.outcome = .opened
    self.close()
  }

  /// The client's connection is gone.
  func connectionClosed() {
    let isTunnel = self.record.outcome == .tunnel || self.record.status == 101
    if !isTunnel, self.record.outcome != .error { self.record.outcome = .aborted }
    self.close()
  }

  /// The exchange is over: its record goes to the log.
  func close() {
    guard self.isOpen else { return }
    self.isOpen = false
    self.record.duration = .now() - self.startTime
    if self.record.url.readableBytes == 0, let head { self.record.url = head.loggedTarget }
    self.head = nil
    self.line.clear()
    self.log.format.write(self.record, into: &self.line)
    self.log.append(self.line)
  }
}
