import Foundation

/// What the origin does with a request: some steps, in this order.
public struct OriginAnswer: Sendable {
  /// One thing to do on the connection.
  enum Step: Sendable {
    /// Writes these bytes.
    case send([UInt8])
    /// Writes these bytes so many times, unless the request was HEAD.
    case sendBody([UInt8], times: Int)
    /// Waits that long.
    case pause(seconds: Double)
    /// Waits until the test opens the latch.
    case wait(Latch)
    /// Closes the connection in order.
    case close
    /// Closes the connection with a reset, so that the client sees an error.
    case reset
  }

  var steps: [Step]

  /// A response with a Content-Length, except where its status allows no body.
  public static func response(
    _ status: Int = 200, fields: [(String, String)] = [], body: [UInt8] = []
  ) -> OriginAnswer {
    let hasBody = status != 204 && status != 304
    let length = hasBody ? [("Content-Length", "\(body.count)")] : []
    let head = Self.head(status, fields + length)
    return OriginAnswer(steps: [.send(head)] + (hasBody ? [.sendBody(body, times: 1)] : []))
  }

  /// A response of text.
  public static func text(
    _ text: String, status: Int = 200, fields: [(String, String)] = []
  ) -> OriginAnswer {
    .response(status, fields: [("Content-Type", "text/plain")] + fields, body: Array(text.utf8))
  }

  /// What was received, as text: the head byte for byte and then the body.
  public static func echo(_ request: OriginRequest) -> OriginAnswer {
    let head = request.rawHead.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    return .response(fields: [("Content-Type", "text/plain")], body: head + request.body)
  }

  /// A chunked response, a chunk for each text, then these trailer fields.
  public static func chunked(
    _ chunks: [String], fields: [(String, String)] = [], trailers: [(String, String)] = []
  ) -> OriginAnswer {
    var body = ""
    for chunk in chunks { body += String(chunk.utf8.count, radix: 16) + "\r\n\(chunk)\r\n" }
    body += "0\r\n" + trailers.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
    return OriginAnswer(steps: [
      .send(Self.head(200, fields + [("Transfer-Encoding", "chunked")])),
      .sendBody(Array(body.utf8), times: 1),
    ])
  }

  /// A response that ends where the connection ends.
  public static func closeDelimited(
    _ text: String, fields: [(String, String)] = []
  ) -> OriginAnswer {
    OriginAnswer(steps: [
      .send(Self.head(200, fields)), .sendBody(Array(text.utf8), times: 1), .close,
    ])
  }

  /// A response of `count` bytes that is never in memory whole.
  ///
  /// - Parameter count: a multiple of 65,536.
  public static func large(count: Int) -> OriginAnswer {
    let block = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let head = Self.head(200, [("Content-Length", "\(count / block.count * block.count)")])
    return OriginAnswer(steps: [.send(head), .sendBody(block, times: count / block.count)])
  }

  /// Exactly these bytes; the connection stays open.
  public static func raw(_ text: String) -> OriginAnswer {
    OriginAnswer(steps: [.send(Array(text.utf8))])
  }

  /// Promises a body of `promised` bytes, sends `sent` and resets the connection.
  public static func dropMidBody(promised: Int = 1000, sent: String = "part") -> OriginAnswer {
    OriginAnswer(steps: [
      .send(Self.head(200, [("Content-Length", "\(promised)")]) + sent.utf8),
      .pause(seconds: 0.05), .reset,
    ])
  }

  /// Closes the connection without a word.
  public static let closesWithoutAnswer = OriginAnswer(steps: [.close])

  /// Half of the text, then nothing until the latch opens, then the rest.
  public static func halves(_ text: String, latch: Latch) -> OriginAnswer {
    let bytes = Array(text.utf8)
    let middle = bytes.count / 2
    return OriginAnswer(steps: [
      .send(Self.head(200, [("Content-Length", "\(bytes.count)")])),
      .sendBody(Array(bytes[..<middle]), times: 1), .wait(latch),
      .sendBody(Array(bytes[middle...]), times: 1),
    ])
  }

  /// An interim response (1xx) and then this answer.
  public func after(interim status: Int, fields: [(String, String)] = []) -> OriginAnswer {
    OriginAnswer(steps: [.send(Self.head(status, fields))] + self.steps)
  }

  /// This answer, not before the latch opens.
  public func after(_ latch: Latch) -> OriginAnswer {
    OriginAnswer(steps: [.wait(latch)] + self.steps)
  }

  /// This answer after a pause.
  public func after(seconds: Double) -> OriginAnswer {
    OriginAnswer(steps: [.pause(seconds: seconds)] + self.steps)
  }

  /// This answer, and then the end of the connection.
  public var thenClose: OriginAnswer { OriginAnswer(steps: self.steps + [.close]) }

  private static func head(_ status: Int, _ fields: [(String, String)]) -> [UInt8] {
    let lines = fields.map { "\($0): \($1)\r\n" }.joined()
    return Array("HTTP/1.1 \(status) \(Self.reason(status))\r\n\(lines)\r\n".utf8)
  }

  private static func reason(_ status: Int) -> String {
    let phrases = [
      100: "Continue", 103: "Early Hints", 200: "OK", 201: "Created", 204: "No Content",
      302: "Found", 304: "Not Modified", 404: "Not Found", 500: "Internal Server Error",
    ]
    return phrases[status] ?? "Status \(status)"
  }
}

/// Something that the origin waits for until a test opens it.
public final class Latch: @unchecked Sendable {
  private let condition = NSCondition()
  private var isOpen = false

  public init() {}

  /// Lets everybody through, now and later.
  public func open() {
    self.condition.withLock {
      self.isOpen = true
      self.condition.broadcast()
    }
  }

  /// Waits at most that long. Returns whether it is open.
  func wait(seconds: Double) -> Bool {
    let limit = Date(timeIntervalSinceNow: seconds)
    return self.condition.withLock {
      while !self.isOpen { if !self.condition.wait(until: limit) { break } }
      return self.isOpen
    }
  }
}
