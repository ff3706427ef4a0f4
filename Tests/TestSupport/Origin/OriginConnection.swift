import Foundation

/// One connection of the origin: reads requests one after another and performs their answers.
/// Lives on one thread.
struct OriginConnection {
  /// How a connection ends.
  enum End { case inOrder, withReset }

  let origin: TestOrigin
  let descriptor: Int32
  let number: Int
  let stream: OriginStream

  /// Serves until one side closes.
  ///
  /// - Throws: ``OriginProblem`` for whatever a correct client does not do.
  func serve() throws -> End {
    while let head = try self.stream.readHead() {
      var request = try OriginRequest(
        head: head, connection: self.number, serverName: self.stream.serverName)
      request.isResumed = self.stream.isResumed
      if request.first("Expect")?.lowercased() == "100-continue" {
        try self.stream.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
      }
      try self.readBody(of: &request)
      let answer = self.origin.answer(to: request)
      if let end = try self.perform(answer, for: request) { return end }
      guard request.first("Connection")?.lowercased() != "close" else { break }
    }
    self.stream.finish()
    return .inOrder
  }

  private func readBody(of request: inout OriginRequest) throws {
    let codings = request.all("Transfer-Encoding")
    let lengths = request.all("Content-Length")
    guard codings.isEmpty || lengths.isEmpty else {
      throw OriginProblem("both Transfer-Encoding and Content-Length")
    }
    if let coding = codings.last {
      guard coding.lowercased() == "chunked" else { throw OriginProblem("coding \(coding)") }
      try self.readChunks(of: &request)
    } else if let length = lengths.first {
      guard lengths.count == 1, let count = Int(length) else {
        throw OriginProblem("Content-Length \(lengths)")
      }
      try self.read(count: count, of: &request)
    }
  }

  private func readChunks(of request: inout OriginRequest) throws {
    while true {
      let line = try self.stream.readLine()
      guard let count = Int(line.prefix { $0 != ";" }, radix: 16) else {
        throw OriginProblem("chunk size \(line)")
      }
      if count == 0 { break }
      try self.read(count: count, of: &request)
      guard try self.stream.readLine().isEmpty else { throw OriginProblem("end of a chunk") }
    }
    while try !self.stream.readLine().isEmpty {}
  }

  private func read(count: Int, of request: inout OriginRequest) throws {
    try self.stream.read(count: count) { piece in
      request.body += piece.prefix(OriginRequest.keptBodyBytes - request.body.count)
      request.bodyLength += piece.count
    }
  }

  /// Performs the steps. Returns how the connection ends, `nil` where it stays open.
  private func perform(_ answer: OriginAnswer, for request: OriginRequest) throws -> End? {
    for step in answer.steps {
      switch step {
      case .send(let bytes): try self.stream.write(bytes)
      case .sendBody(let bytes, let times):
        guard request.method != "HEAD" else { continue }
        for _ in 0..<times { try self.stream.write(bytes) }
      case .pause(let seconds): Thread.sleep(forTimeInterval: seconds)
      case .wait(let latch): guard self.origin.wait(for: latch) else { return .inOrder }
      case .close:
        self.stream.finish()
        return .inOrder
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          self.descriptor, SOL_SOCKET, SO_LINGER, &linger,
          socklen_t(MemoryLayout.size(ofValue: linger)))
        return .withReset
      }
    }
    return nil
  }
}
