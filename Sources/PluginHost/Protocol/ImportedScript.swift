import NIOCore

/// The payload of the answer to ``CallKind/importScript`` and ``CallKind/importModule``.
struct ImportedScript: Equatable {
  /// What messages call the script: a path or a URL.
  var name: String
  /// Where it is after redirects, empty for the URL that was asked for.
  var url = ""
  /// The script's bytes, in whatever encoding they came.
  var source: ByteBuffer
  /// *Muted errors*: whether the script is of another origin, so that what it throws is not shown to
  /// the script that imports it.
  var isMuted: Bool

  init(name: String, url: String = "", source: ByteBuffer, isMuted: Bool) {
    self.name = name
    self.url = url
    self.source = source
    self.isMuted = isMuted
  }

  /// Reads a payload; `nil` where it is none.
  init?(_ frame: ByteBuffer) {
    var frame = frame
    guard let flag = frame.readInteger(as: UInt8.self), flag <= 1,
      let name = frame.readLengthPrefixedSlice(endianness: .little, as: UInt32.self),
      let url = frame.readLengthPrefixedSlice(endianness: .little, as: UInt32.self)
    else { return nil }
    self.init(
      name: String(buffer: name), url: String(buffer: url), source: frame, isMuted: flag == 1)
  }

  var frame: ByteBuffer {
    var frame = ByteBuffer()
    frame.writeInteger(UInt8(self.isMuted ? 1 : 0))
    for text in [self.name, self.url] {
      frame.writeInteger(UInt32(text.utf8.count), endianness: .little)
      frame.writeString(text)
    }
    frame.writeImmutableBuffer(self.source)
    return frame
  }
}
