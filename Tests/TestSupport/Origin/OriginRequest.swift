import Foundation

/// A request as the origin received it.
public struct OriginRequest: Sendable {
  /// The head byte for byte, with its last empty line, decoded as Latin-1.
  public var rawHead: String
  public var method: String
  /// The request target as it was sent.
  public var target: String
  /// The version as it was sent (`HTTP/1.1`).
  public var version: String
  /// The fields in their order.
  public var fields: [(name: String, value: String)]
  /// The body's bytes without its framing, at most ``keptBodyBytes`` of them.
  public var body: [UInt8] = []
  /// How long the body was.
  public var bodyLength = 0
  /// Which of the origin's connections it came on; the first is 0.
  public var connection: Int
  /// The name the client asked for in its TLS handshake (SNI), where there was one.
  public var serverName: String?
  /// Whether the connection's TLS handshake resumed an earlier session.
  public var isResumed = false

  /// How much of a body is kept.
  public static let keptBodyBytes = 1 << 20

  /// The path and query of the target, also where the target is an absolute URL.
  public var path: String {
    guard let scheme = self.target.range(of: "://") else { return self.target }
    let afterScheme = self.target[scheme.upperBound...]
    return afterScheme.firstIndex(of: "/").map { String(afterScheme[$0...]) } ?? "/"
  }

  /// The values of every field of this name, compared without case.
  public func all(_ name: String) -> [String] {
    self.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  /// The first value of this name.
  public func first(_ name: String) -> String? { self.all(name).first }
}

/// What is wrong with what a client sent. The origin is strict: it is the judge of what a proxy
/// writes.
struct OriginProblem: Error {
  let description: String

  init(_ description: String) { self.description = description }
}

extension OriginRequest {
  /// Parses a head that ends with an empty line.
  ///
  /// - Throws: ``OriginProblem`` for anything that [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)
  ///   does not let a client send.
  init(head: [UInt8], connection: Int, serverName: String?) throws {
    let text = String(String.UnicodeScalarView(head.map { Unicode.Scalar($0) }))
    var lines = text.components(separatedBy: "\r\n")
    guard lines.count >= 3, !text.replacing("\r\n", with: "").contains(where: \.isNewline) else {
      throw OriginProblem("a line that does not end with CR LF")
    }
    let words = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      throw OriginProblem("request line \(words)")
    }
    self.rawHead = text
    (self.method, self.target) = (String(words[0]), String(words[1]))
    self.version = String(words[2])
    self.fields = try lines.dropLast(2).map(Self.field)
    (self.connection, self.serverName) = (connection, serverName)
    guard self.version == "HTTP/1.0" || self.all("host").count == 1 else {
      throw OriginProblem("\(self.all("host").count) Host fields")
    }
  }

  private static func field(_ line: String) throws -> (name: String, value: String) {
    guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
      !line[..<colon].contains(where: \.isWhitespace)
    else { throw OriginProblem("field line \(line)") }
    let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    return (String(line[..<colon]), value)
  }
}
