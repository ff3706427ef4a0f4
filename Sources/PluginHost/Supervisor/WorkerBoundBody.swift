import FetchModel
import NIOCore

/// Bodies up to this many bytes go in their head's frame.
private let inlineLimit = 65_536

/// A body at hand as a stream.
func pipe(of bytes: ByteBuffer) -> BodyPipe {
  let pipe = BodyPipe(length: bytes.readableBytes)
  pipe.write(bytes)
  pipe.finish()
  return pipe
}

/// How a body goes to the worker, and its sender where it goes as a stream.
///
/// - Parameter limit: bodies at hand of up to this many bytes go in their head's frame.
func outgoingBody(
  _ body: FetchBody, _ stream: StreamID, keepsReplay: Bool = false,
  inlineUpTo limit: Int = inlineLimit
) -> (BodyKind, BodySender?) {
  switch body {
  case .none: return (.none, nil)
  case .bytes(let bytes) where bytes.readableBytes <= limit: return (.inline(bytes), nil)
  case .bytes(let bytes):
    // The bytes stay with whoever sends them, so nothing needs to be kept beside.
    let sender = BodySender(stream: stream, pipe: pipe(of: bytes), keepsReplay: false)
    return (.stream(length: UInt64(bytes.readableBytes)), sender)
  case .stream(let pipe):
    let sender = BodySender(stream: stream, pipe: pipe, keepsReplay: keepsReplay)
    return (.stream(length: pipe.length.map { UInt64($0) }), sender)
  }
}
