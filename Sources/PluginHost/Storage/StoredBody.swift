import FetchModel
import NIOCore

/// A body as it is stored: short ones in their row of the database, others in a file.
enum StoredBody: Sendable {
  /// The longest body in the database, in bytes: as long as reading a file would take longer.
  static let inlineLimit = 16_384

  case none
  case inline(ByteBuffer)
  case file(BodyFiles.Lease, length: Int)

  var length: Int {
    switch self {
    case .none: 0
    case .inline(let bytes): bytes.readableBytes
    case .file(_, let length): length
    }
  }

  /// The body for a response. Nothing of a file is read, and no file opened, before somebody reads.
  var fetchBody: FetchBody {
    switch self {
    case .none: .none
    case .inline(let bytes): .bytes(bytes)
    case .file(let lease, let length): .stream(StoredBodyReader.pipe(lease, length: length))
    }
  }
}
