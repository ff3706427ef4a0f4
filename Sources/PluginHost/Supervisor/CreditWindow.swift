/// The credit of a body that comes from the worker: what it was allowed to send and has not sent,
/// and what the reader has taken since.
///
/// At most `size` bytes are allowed at any time, so no more than that beyond the pipe's own
/// high-water mark ever wait in the host.
struct CreditWindow: Sendable {
  /// Bytes that may be under way at once.
  let size: Int
  /// Bytes that the worker may still send.
  private(set) var outstanding = 0
  /// Bytes that came and for which no new credit was given yet.
  private var owed = 0
  private var readerIsSlow = false

  init(size: Int = 262_144) { self.size = size }

  /// - Returns: the credit to give when the stream begins.
  mutating func opened() -> Int {
    self.outstanding = self.size
    return self.size
  }

  /// Bytes came.
  ///
  /// - Parameter readerKeepsUp: whether the pipe has room for more.
  /// - Returns: the credit to give now, 0 for none; `nil` where the worker sent more than allowed.
  mutating func received(_ bytes: Int, readerKeepsUp: Bool) -> Int? {
    guard bytes <= self.outstanding else { return nil }
    self.outstanding -= bytes
    self.owed += bytes
    self.readerIsSlow = !readerKeepsUp
    // A credit frame for a quarter of the window: few frames, and the worker never runs dry.
    return self.readerIsSlow || self.owed < self.size / 4 ? 0 : self.settle()
  }

  /// The pipe has room again.
  ///
  /// - Returns: the credit to give now.
  mutating func readerCaughtUp() -> Int {
    self.readerIsSlow = false
    return self.settle()
  }

  private mutating func settle() -> Int {
    defer { self.owed = 0 }
    self.outstanding += self.owed
    return self.owed
  }
}
