import Foundation

/// Sockets of 127.0.0.1 with a port that the system chose.
enum Loopback {
  /// Makes a bound TCP socket that does not listen yet and never blocks.
  static func bind() throws -> (descriptor: Int32, port: Int) {
    let flags = SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | flags), 0)
    guard descriptor >= 0 else { throw SystemCallError("socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard bound else {
      defer { close(descriptor) }
      throw SystemCallError("bind")
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Held while a socket has no close-on-exec flag yet and while a child starts, so that no child
  /// gets the socket: Swift does not see `accept4`.
  static let inheritance = NSLock()

  /// Accepts a connection that is waiting; the result is negative where there is none.
  static func accept(_ listener: Int32) -> Int32 {
    self.inheritance.withLock {
      let descriptor = Foundation.accept(listener, nil, nil)
      if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      return descriptor
    }
  }
}

/// A port of 127.0.0.1 that refuses every connection and that nobody else gets meanwhile: bound, but
/// nobody listens.
public final class RefusingPort: Sendable {
  public let port: Int
  private let descriptor: Int32

  public init() throws { (self.descriptor, self.port) = try Loopback.bind() }

  deinit { close(self.descriptor) }
}
