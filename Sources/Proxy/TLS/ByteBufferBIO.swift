import COpenSSL
import NIOCore

/// The memory BIO that a TLS session reads ciphertext from and writes ciphertext to.
///
/// OpenSSL's own memory BIO copies what goes in, and keeps its largest size for as long as the
/// connection lives. This one reads from the buffer that came from the socket and writes to the
/// buffer that goes to it, and holds no memory while both are empty.
final class ByteBufferBIO {
  /// Ciphertext from the peer that OpenSSL has not read yet.
  private(set) var inbound = ByteBuffer()
  /// Ciphertext for the peer that nobody has taken yet.
  private(set) var outbound = ByteBuffer()

  /// Consumed bytes in front of the waiting ones are given back from this size on.
  private static let discardThreshold = 65_536

  /// Adds ciphertext from the peer; without a copy where all earlier bytes have been read.
  func receive(_ bytes: ByteBuffer) {
    guard self.inbound.readableBytes > 0 else {
      self.inbound = bytes
      return
    }
    if self.inbound.readerIndex >= Self.discardThreshold { self.inbound.discardReadBytes() }
    self.inbound.writeImmutableBuffer(bytes)
  }

  /// Whether there is ciphertext for the peer.
  var hasOutbound: Bool { self.outbound.readableBytes > 0 }

  /// Takes the ciphertext for the peer; `nil` where there is none.
  func takeOutbound() -> ByteBuffer? {
    guard self.outbound.readableBytes > 0 else { return nil }
    let taken = self.outbound
    self.outbound = ByteBuffer()
    return taken
  }

  /// Makes room, so that the records of one write are not copied while the buffer grows.
  func reserveOutbound(_ bytes: Int) {
    self.outbound.reserveCapacity(minimumWritableBytes: bytes)
  }

  /// Makes a BIO over this object, which has to outlive it; `nil` where memory has run out.
  func makeBIO() -> OpaquePointer? {
    guard let method = bioMethod, let bio = BIO_new(method) else { return nil }
    BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  fileprivate func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    let count = self.inbound.readWithUnsafeReadableBytes { bytes in
      let count = min(bytes.count, target.count)
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      return count
    }
    // The buffer came from the socket's allocator; an idle connection should not hold it.
    if self.inbound.readableBytes == 0 { self.inbound = ByteBuffer() }
    return count
  }

  fileprivate func write(_ bytes: UnsafeRawBufferPointer) {
    self.outbound.writeBytes(bytes)
  }
}

/// The BIO's method table, made once and kept for the life of the process. It is only read.
private nonisolated(unsafe) let bioMethod: OpaquePointer? = {
  guard
    let method = BIO_meth_new(BIO_get_new_index() | Int32(BIO_TYPE_SOURCE_SINK), "ByteBuffer")
  else { return nil }
  BIO_meth_set_read(method, readFromBIO)
  BIO_meth_set_write(method, writeToBIO)
  BIO_meth_set_ctrl(method, controlBIO)
  return method
}()

private func owner(of bio: OpaquePointer?) -> ByteBufferBIO? {
  BIO_get_data(bio).map { Unmanaged<ByteBufferBIO>.fromOpaque($0).takeUnretainedValue() }
}

private func readFromBIO(
  _ bio: OpaquePointer?, _ target: UnsafeMutablePointer<CChar>?, _ length: Int32
) -> Int32 {
  BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
  guard let owner = owner(of: bio), let target, length > 0 else { return 0 }
  let count = owner.read(
    into: UnsafeMutableRawBufferPointer(start: target, count: Int(length)))
  if count > 0 { return Int32(count) }
  BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
  return -1
}

private func writeToBIO(
  _ bio: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ length: Int32
) -> Int32 {
  BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
  guard let owner = owner(of: bio), let source, length > 0 else { return 0 }
  owner.write(UnsafeRawBufferPointer(start: source, count: Int(length)))
  return length
}

private func controlBIO(
  _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
  switch command {
  // Everything is "flushed" once it is in the buffer.
  case BIO_CTRL_FLUSH: 1
  case BIO_CTRL_PENDING: owner(of: bio)?.inbound.readableBytes ?? 0
  case BIO_CTRL_WPENDING: owner(of: bio)?.outbound.readableBytes ?? 0
  default: 0
  }
}
