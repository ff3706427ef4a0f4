import NIOCore

/// The payload of the answer to ``CallKind/importScript``.
struct ImportedScript: Equatable {
  /// What messages call the script: a path or a URL.
  var name: String
  /// The script's bytes, in whatever encoding they came.
  var source: ByteBuffer
  /// *Muted errors*: whether the script is of another origin, so that what it throws is not shown to
  /// the script that imports it.
  var isMuted: Bool

  init(name: String, source: ByteBuffer, isMuted: Bool) {
    self.name = name
    self.source = source
    self.isMuted = isMuted
  }

  /// Reads a payload; `nil` where it is none.
  init?(_ frame: ByteBuffer) {
    var frame = frame
    guard let flag = frame.readInteger(as: UInt8.self), flag <= 1,
      let name = frame.readLengthPrefixedSlice(endianness: .little, as: UInt32.self)
    else { return nil }
    self.init(name: String(buffer: name), source: frame, isMuted: flag == 1)
  }

  var frame: ByteBuffer {
    var frame = ByteBuffer()
    frame.writeInteger(UInt8(self.isMuted ? 1 : 0))
    frame.writeInteger(UInt32(self.name.utf8.count), endianness: .little)
    frame.writeString(self.name)
    frame.writeImmutableBuffer(self.source)
    return frame
  }
}
