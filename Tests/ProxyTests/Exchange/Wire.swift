import COpenSSL
import Foundation
import TestSupport

/// One end of a test's TCP connection, in the clear or inside TLS, with calls that wait. It shares no
/// code with the proxy. Used by one thread at a time.
final class Wire: @unchecked Sendable {
  private let descriptor: Int32
  private var tls: OpaquePointer?
  private var context: OpaquePointer?
  private var buffer: ArraySlice<UInt8> = []
  private var isOpen = true
  /// What TLS has begun to send; nothing else may be sent before the rest of it.
  private var begun: ArraySlice<UInt8> = []
  /// How long a call waits before the test fails, in seconds.
  static let patience = 30

  /// Takes a connected socket.
  init(takingOwnership descriptor: Int32) {
    self.descriptor = descriptor
    self.setTimeout(SO_RCVTIMEO, milliseconds: Self.patience * 1000)
    self.setTimeout(SO_SNDTIMEO, milliseconds: Self.patience * 1000)
    var isOn: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, 4)
  }

  /// Connects to a port of 127.0.0.1.
  ///
  /// - Parameter receiveBuffer: how many bytes the system keeps for the reader; 0 for its default.
  convenience init(to port: Int, receiveBuffer: Int32 = 0) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TestFailure(message: "socket: \(errno)") }
    if receiveBuffer > 0 {
      var size = receiveBuffer
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
    }
    var address = sockaddr_in.loopback(port)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      Foundation.close(descriptor)
      throw TestFailure(message: "connect: \(errno)")
    }
    self.init(takingOwnership: descriptor)
  }

  deinit {
    self.close()
    SSL_free(self.tls)
    SSL_CTX_free(self.context)
  }

  private func setTimeout(_ option: Int32, milliseconds: Int) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(
      self.descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  // MARK: TLS

  /// Lets a write be repeated from another place in memory.
  private func prepare(_ tls: OpaquePointer) {
    _ = SSL_ctrl(tls, SSL_CTRL_MODE, Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER), nil)
  }

  /// Shakes hands as a client that trusts this file only.
  func startTLS(to host: String, trusting file: String) throws {
    guard let context = SSL_CTX_new(TLS_client_method()),
      SSL_CTX_load_verify_locations(context, file, nil) == 1, let tls = SSL_new(context)
    else { throw TestFailure(message: "no TLS client") }
    (self.context, self.tls) = (context, tls)
    self.prepare(tls)
    SSL_set_verify(tls, SSL_VERIFY_PEER, nil)
    if host.contains(where: \.isLetter) { _ = valor_SSL_set_tlsext_host_name(tls, host) }
    guard SSL_set_fd(tls, self.descriptor) == 1, SSL_connect(tls) == 1 else {
      throw TestFailure(message: "TLS handshake as a client: \(SSL_get_verify_result(tls))")
    }
  }

  /// Shakes hands as a server with this certificate.
  func startTLS(as certificate: TestCertificate) throws {
    guard let context = SSL_CTX_new(TLS_server_method()),
      SSL_CTX_use_certificate_chain_file(context, certificate.chainFile) == 1,
      SSL_CTX_use_PrivateKey_file(context, certificate.keyFile, SSL_FILETYPE_PEM) == 1,
      let tls = SSL_new(context)
    else { throw TestFailure(message: "no TLS server") }
    (self.context, self.tls) = (context, tls)
    self.prepare(tls)
    guard SSL_set_fd(tls, self.descriptor) == 1, SSL_accept(tls) == 1 else {
      throw TestFailure(message: "TLS handshake as a server")
    }
  }

  // MARK: Sending

  /// Sends the text's bytes, each scalar being one.
  func send(_ text: String) throws { try self.send(bytes(text)) }

  func send(_ bytes: [UInt8]) throws {
    for part in [self.begun, bytes[...]] {
      var rest = part
      while !rest.isEmpty {
        let count = self.write(rest)
        guard count > 0 else { throw TestFailure(message: "cannot send: \(errno)") }
        rest = rest.dropFirst(count)
      }
      self.begun = []
    }
  }

  /// Sends copies of the block for as long as they are taken at once, or after a short while.
  ///
  /// - Returns: how many bytes were taken, or will be before anything else is sent; at least `limit`
  ///   where there was no end.
  func sendUntilBlocked(_ block: [UInt8], limit: Int) -> Int {
    var total = 0
    var rest = self.begun.isEmpty ? block[...] : self.begun
    self.setTimeout(SO_SNDTIMEO, milliseconds: 1500)
    defer { self.setTimeout(SO_SNDTIMEO, milliseconds: Self.patience * 1000) }
    while total < limit {
      let count = self.write(rest)
      guard count > 0 else { break }
      total += count
      rest = rest.count > count ? rest.dropFirst(count) : block[...]
    }
    guard self.tls != nil, total < limit else { return total }
    self.begun = rest
    return total + rest.count
  }

  private func write(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes { bytes in
      self.tls.map { Int(SSL_write($0, bytes.baseAddress, Int32(bytes.count))) }
        ?? Foundation.send(self.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
  }

  // MARK: Receiving

  /// Receives up to and with an empty line.
  func receiveHead() throws -> String {
    var head: [UInt8] = []
    let end = Array("\r\n\r\n".utf8)
    while head.suffix(4) != end[...] {
      guard let byte = try self.next() else {
        throw TestFailure(message: "the end came within a head: \(latin1(head))")
      }
      head.append(byte)
    }
    return latin1(head)
  }

  /// Receives exactly so many bytes.
  func receive(_ count: Int) throws -> String { latin1(try self.receiveBytes(count)) }

  func receiveBytes(_ count: Int) throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count, try self.fill() {
      let part = self.buffer.prefix(count - all.count)
      self.buffer = self.buffer.dropFirst(part.count)
      all += part
    }
    guard all.count == count else {
      throw TestFailure(message: "the end came after \(all.count) of \(count) bytes")
    }
    return all
  }

  /// Receives everything until the other side ends its own properly.
  func receiveToEnd() throws -> String {
    var all: [UInt8] = []
    while try self.fill() {
      all += self.buffer
      self.buffer = []
    }
    return latin1(all)
  }

  /// Receives until the connection ends, in whichever way.
  func receiveUntilGone() -> String {
    var all: [UInt8] = []
    while (try? self.fill()) == true {
      all += self.buffer
      self.buffer = []
    }
    return latin1(all)
  }

  /// Receives a response's head and its body by the length that it says.
  func receiveResponse(toHead: Bool = false) throws -> WireResponse {
    let head = try self.receiveHead()
    var response = WireResponse(head: head, body: "")
    if response.field("Transfer-Encoding") == "chunked", !toHead {
      response.body = try self.receiveChunks()
    } else if let length = response.field("Content-Length").flatMap({ Int($0) }), !toHead {
      response.body = try self.receive(length)
    }
    return response
  }

  /// Receives chunks up to and with the last one, and returns their data; trailers follow it.
  func receiveChunks() throws -> String {
    var data = ""
    while true {
      let size = try self.receiveLine()
      guard let count = Int(size, radix: 16) else { throw TestFailure(message: "size \(size)") }
      if count == 0 { break }
      data += try self.receive(count)
      guard try self.receiveLine().isEmpty else { throw TestFailure(message: "no line end") }
    }
    while true {
      let line = try self.receiveLine()
      if line.isEmpty { return data }
      data += "[\(line)]"
    }
  }

  private func receiveLine() throws -> String {
    var line: [UInt8] = []
    while line.suffix(2) != [13, 10] {
      guard let byte = try self.next() else { throw TestFailure(message: "no line") }
      line.append(byte)
    }
    return latin1(line.dropLast(2))
  }

  private func next() throws -> UInt8? { try self.fill() ? self.buffer.popFirst() : nil }

  /// Receives something where nothing is left; `false` at the end.
  private func fill() throws -> Bool {
    guard self.buffer.isEmpty else { return true }
    errno = 0
    var isEnd = false
    var problem: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { storage, count in
      if let tls = self.tls {
        ERR_clear_error()
        let result = SSL_read(tls, storage.baseAddress, 65536)
        problem = result <= 0 ? SSL_get_error(tls, result) : 0
        isEnd = problem == SSL_ERROR_ZERO_RETURN
        count = max(0, Int(result))
      } else {
        let result = recv(self.descriptor, storage.baseAddress, 65536, 0)
        isEnd = result == 0
        count = max(0, result)
      }
    }
    self.buffer = bytes[...]
    if bytes.isEmpty, !isEnd {
      throw TestFailure(message: "cannot receive: \(errno), TLS \(problem)")
    }
    return !isEnd
  }

  // MARK: Ends

  /// Ends this side; receiving goes on.
  func endSending() {
    try? self.send([UInt8]())
    if let tls = self.tls { SSL_shutdown(tls) }
    shutdown(self.descriptor, Int32(SHUT_WR))
  }

  func close() {
    guard self.isOpen else { return }
    self.isOpen = false
    Foundation.close(self.descriptor)
  }

  /// Closes so that the other side sees an error.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      self.descriptor, SOL_SOCKET, SO_LINGER, &linger,
      socklen_t(MemoryLayout.size(ofValue: linger)))
    self.close()
  }
}

/// A response as it came.
struct WireResponse: Equatable {
  var head: String
  var body: String

  var status: Int? { Int(self.head.split(separator: " ").dropFirst().first ?? "") }

  /// The value of the only field of that name.
  func field(_ name: String) -> String? {
    let values = fieldValues(name, in: self.head)
    return values.count == 1 ? values[0] : nil
  }
}

/// The values of all fields of that name in a head.
func fieldValues(_ name: String, in head: String) -> [String] {
  head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
    guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased()
    else { return nil }
    return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
  }
}

func latin1(_ bytes: some Sequence<UInt8>) -> String {
  String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}

/// A port of 127.0.0.1 whose connections the test serves itself.
final class WireListener: @unchecked Sendable {
  let port: Int
  private let descriptor: Int32

  /// - Parameter receiveBuffer: how many bytes the system keeps for a reader; 0 for its default.
  init(receiveBuffer: Int32 = 0) throws {
    self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if receiveBuffer > 0 {
      var size = receiveBuffer
      setsockopt(self.descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
    }
    var address = sockaddr_in.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = self.descriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    self.port = Int(UInt16(bigEndian: address.sin_port))
    guard isBound, listen(self.descriptor, 128) == 0 else {
      throw TestFailure(message: "cannot listen: \(errno)")
    }
  }

  deinit { close(self.descriptor) }

  /// Whether a connection comes within that time.
  func isWaiting(seconds: Double = 0) -> Bool {
    var event = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&event, 1, Int32(seconds * 1000)) > 0
  }

  /// Takes the next connection.
  func accept() throws -> Wire {
    guard self.isWaiting(seconds: Double(Wire.patience)) else {
      throw TestFailure(message: "nobody connected")
    }
    let descriptor = Foundation.accept(self.descriptor, nil, nil)
    guard descriptor >= 0 else { throw TestFailure(message: "accept: \(errno)") }
    return Wire(takingOwnership: descriptor)
  }
}

extension sockaddr_in {
  fileprivate static func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    return address
  }
}
