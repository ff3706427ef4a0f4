import FetchModel
import NIOCore

/// Bytes between a client and an origin that nobody looks into: a blind CONNECT tunnel, or what
/// follows a 101.
final class Tunnel: UpstreamConsumer {
  private weak var client: ClientConnection?
  private let upstream: UpstreamConnection
  private var clientHasEnded = false
  private var upstreamHasEnded = false
  /// Whether what was written last is on its way and both sides close behind it.
  private var isClosing = false

  init(client: ClientConnection, upstream: UpstreamConnection) {
    self.client = client
    self.upstream = upstream
  }

  // MARK: From the client

  var wantsInput: Bool { self.upstream.isWritable && !self.clientHasEnded }

  func clientSent(_ bytes: ByteBuffer) {
    self.client?.touch()
    self.upstream.writeRaw(bytes)
  }

  func clientReadComplete() { self.upstream.flush() }

  func clientEnded() {
    guard !self.clientHasEnded else { return }
    self.clientHasEnded = true
    self.upstream.flush()
    if self.upstreamHasEnded { return self.closeBoth() }
    self.upstream.endRaw()
  }

  func clientGone() {
    guard !self.isClosing else { return }
    // Where our side was closed before, its own end is all that a client's leaving means.
    if self.upstreamHasEnded { self.upstream.finishRaw() } else { self.upstream.cancel() }
  }

  func clientWritabilityChanged(_ isWritable: Bool) {
    if isWritable { self.upstream.resumeReading() } else { self.upstream.pauseReading() }
  }

  // MARK: From the origin

  func upstream(_ connection: UpstreamConnection, body: ByteBuffer) {
    guard let client = self.client else { return connection.cancel() }
    client.touch()
    client.access?.sent(body.readableBytes)
    client.write(body)
    if !client.isWritable { connection.pauseReading() }
  }

  func upstream(_ connection: UpstreamConnection, endedWith trailers: ByteBuffer?) {
    guard !self.upstreamHasEnded else { return }
    self.upstreamHasEnded = true
    self.client?.flush()
    if self.clientHasEnded { return self.closeBoth() }
    self.client?.endRaw()
  }

  func upstream(_ connection: UpstreamConnection, failed error: FetchError) { self.closeBoth() }

  func upstreamWritabilityChanged(_ connection: UpstreamConnection) {
    if connection.isWritable { self.client?.readIfWanted() }
  }

  func upstreamReadComplete(_ connection: UpstreamConnection) { self.client?.flush() }

  func upstream(_ connection: UpstreamConnection, informational head: ResponseHead) {}

  func upstream(_ connection: UpstreamConnection, head: ResponseHead) {}

  private func closeBoth() {
    self.isClosing = true
    self.upstream.finishRaw()
    self.client?.finishRaw()
  }
}
