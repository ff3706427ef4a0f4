import FetchModel
import NIOCore

/// Whoever uses an upstream connection for one exchange.
///
/// All calls come on the connection's event loop. After `ended` or `failed` no further call comes.
protocol UpstreamConsumer: AnyObject {
  /// An interim response (1xx) other than 101.
  func upstream(_ connection: UpstreamConnection, informational head: ResponseHead)
  /// The final response's head; or 101, behind which raw bytes come.
  func upstream(_ connection: UpstreamConnection, head: ResponseHead)
  /// A piece of the body, or raw bytes after an upgrade or in a tunnel.
  func upstream(_ connection: UpstreamConnection, body: ByteBuffer)
  /// The response is complete. With raw bytes: the origin has ended its side.
  func upstream(_ connection: UpstreamConnection, endedWith trailers: ByteBuffer?)
  /// The exchange failed; the connection is gone.
  func upstream(_ connection: UpstreamConnection, failed error: FetchError)
  /// More can be written, or cannot.
  func upstreamWritabilityChanged(_ connection: UpstreamConnection)
  /// A batch of reads is over: a good time to flush what was made of it.
  func upstreamReadComplete(_ connection: UpstreamConnection)
}
