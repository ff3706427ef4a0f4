import FetchModel
import NIOCore

@testable import Proxy

/// What has to hold for any bytes. Each check returns what is wrong, `nil` where nothing is.
struct ParserProperties {
  let direction: TranscriptReader.Direction
  let limits: HeadLimits

  /// - Parameter cuts: where the input is split for a second reading, in ascending order.
  func check(_ input: [UInt8], cuts: [Int]) -> String? {
    let whole = TranscriptReader.read([input[...]], self.direction, limits: self.limits)
    if whole.fed != input.count || whole.taken + whole.unread != whole.fed {
      return "\(whole.taken) taken and \(whole.unread) left of \(input.count) bytes"
    }
    var pieces: [ArraySlice<UInt8>] = []
    for (start, end) in zip([0] + cuts, cuts + [input.count]) { pieces.append(input[start..<end]) }
    for (name, pieces) in [
      ("split", pieces), ("byte by byte", input.indices.map { input[$0...$0] }),
    ] {
      let other = TranscriptReader.read(pieces, self.direction, limits: self.limits)
      if other.parts != whole.parts { return "\(name): \(other.parts) instead of \(whole.parts)" }
      if other.refusal == nil, other.unread != whole.unread {
        return "\(name): \(other.unread) left"
      }
    }
    for head in whole.requests { if let problem = self.check(head) { return problem } }
    for head in whole.responses { if let problem = self.check(head) { return problem } }
    return self.checkBodies(whole.parts)
  }

  // MARK: Heads

  /// What goes on of a request is read as the same request.
  private func check(_ head: RequestHead) -> String? {
    if let problem = NaiveHead(head.bytes).problem(
      fields: fieldTexts(head.fields, head.bytes), isRequest: true)
    {
      return problem
    }
    guard head.method != .connect, let route = Self.route(head) else { return nil }
    var out = ByteBuffer()
    HeadWriter.relay(
      head,
      to: HeadWriter.Destination(
        authority: route.authority, pathStart: route.pathStart, pathLength: route.pathLength),
      identity: ProxyIdentity(pseudonym: "me"), keepExpect: true, into: &out)
    let reader = TranscriptReader.read([out.readableBytesView], .requests)
    guard let again = reader.requests.first, reader.requests.count == 1, reader.unread == 0 else {
      return "what was written is not one request: \(text(out))"
    }
    if let problem = NaiveHead(again.bytes).problem(
      fields: fieldTexts(again.fields, again.bytes), isRequest: true)
    {
      return problem
    }
    if again.framing != head.framing { return "framing \(again.framing) for \(head.framing)" }
    if again.methodName != head.methodName { return "method \(again.methodName)" }
    if again.hostAuthority?.host != Self.authority(of: head)?.host { return "host: \(text(out))" }
    if again.asksForUpgrade != head.asksForUpgrade { return "upgrade: \(text(out))" }
    return Self.compare(head.fields, head.bytes, again.fields, again.bytes)
  }

  /// What goes on of a response is read as the same response.
  private func check(_ head: ResponseHead) -> String? {
    if let problem = NaiveHead(head.bytes).problem(
      fields: fieldTexts(head.fields, head.bytes), isRequest: false)
    {
      return problem
    }
    var out = ByteBuffer()
    let isChunked = head.framing == .chunked
    HeadWriter.relay(
      head, framing: isChunked ? .chunked : .asDeclared, connection: "",
      identity: ProxyIdentity(pseudonym: "me"), into: &out)
    let reader = TranscriptReader.read([out.readableBytesView], self.direction)
    guard let again = reader.responses.first, reader.responses.count == 1, reader.unread == 0 else {
      return "what was written is not one response: \(text(out))"
    }
    if again.framing != head.framing { return "framing \(again.framing) for \(head.framing)" }
    if again.status != head.status || again.reason != head.reason { return "status: \(text(out))" }
    return Self.compare(head.fields, head.bytes, again.fields, again.bytes)
  }

  private static func authority(of head: RequestHead) -> Authority? {
    guard case .absolute(_, let start, let length, _, _) = head.target else {
      return head.hostAuthority
    }
    return Authority(head.bytes.readableBytesUInt8Span, start, length)
  }

  /// The route, as if the request had come through a tunnel to its own host where it has to.
  private static func route(_ head: RequestHead) -> RequestRoute? {
    guard let authority = head.hostAuthority else { return try? RequestRoute(head, tunnel: nil) }
    if case .absolute = head.target { return try? RequestRoute(head, tunnel: nil) }
    let tunnel = TunnelOrigin(
      authority: authority, port: authority.port ?? 80, isSecure: false, serverName: nil)
    return try? RequestRoute(head, tunnel: tunnel)
  }

  /// Fields that are of the end-to-end kind have to be the same ones in the same order.
  private static func compare(
    _ old: FieldSection, _ oldBytes: ByteBuffer, _ new: FieldSection, _ newBytes: ByteBuffer
  ) -> String? {
    let named = Self.connectionNames(old, oldBytes)
    let expected = Self.endToEnd(old, oldBytes).filter { line in
      !named.contains(String(line.prefix { $0 != ":" }).lowercased())
    }
    let found = Self.endToEnd(new, newBytes)
    return expected == found ? nil : "fields \(found) for \(expected)"
  }

  private static func endToEnd(_ fields: FieldSection, _ head: ByteBuffer) -> [String] {
    zip(fields.lines, fieldTexts(fields, head)).filter { $0.0.known == .other }.map(\.1)
  }

  private static func connectionNames(_ fields: FieldSection, _ head: ByteBuffer) -> Set<String> {
    var names: Set<String> = []
    for (line, text) in zip(fields.lines, fieldTexts(fields, head)) where line.known == .connection
    {
      for name in text.dropFirst("connection: ".count).split(separator: ",") {
        names.insert(name.trimmingPrefix { $0 == " " || $0 == "\t" }.lowercased().trimmed)
      }
    }
    return names
  }

  // MARK: Bodies

  /// A body that is written in chunks of any kind is read as the same body.
  private func checkBodies(_ parts: [Part]) -> String? {
    for case .body(let body) in parts {
      let writer = BodyWriter(isChunked: true)
      var wire: [UInt8] = []
      let all = bytes(body)
      for start in stride(from: 0, to: all.count, by: 7) {
        let piece = ByteBuffer(bytes: all[start..<min(start + 7, all.count)])
        writer.piece(piece) { wire += $0.readableBytesView }
      }
      writer.end(trailers: nil) { wire += $0.readableBytesView }
      let reader = TranscriptReader.read([wire], .chunks)
      if reader.parts != [.body(body), .end(trailers: [])] {
        return "rewritten body: \(reader.parts)"
      }
    }
    return nil
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return String(text)
  }
}

/// A head as the simplest reader would take it: lines, and names before a colon. What it sees in a
/// good head has to be what the parser saw.
struct NaiveHead {
  private let lines: [[UInt8]]
  private let isWhole: Bool

  init(_ head: ByteBuffer) {
    var lines: [[UInt8]] = []
    var line: [UInt8] = []
    var previous: UInt8 = 0
    for byte in head.readableBytesView {
      if previous == 13, byte == 10 {
        lines.append(Array(line.dropLast()))
        line = []
      } else {
        line.append(byte)
      }
      previous = byte
    }
    self.lines = lines
    self.isWhole = line.isEmpty && lines.last == []
  }

  /// - Parameter fields: what the parser found.
  func problem(fields: [String], isRequest: Bool) -> String? {
    let body = self.lines.dropLast()
    guard self.isWhole, body.allSatisfy({ !$0.isEmpty }) else { return "not one head" }
    for line in self.lines where line.contains(where: { $0 < 32 && $0 != 9 || $0 == 127 }) {
      return "a control byte in \(latin1(line))"
    }
    var seen: [String] = []
    for line in body.dropFirst() {
      guard let colon = line.firstIndex(of: 58), colon > 0, line[0] != 32, line[0] != 9,
        line[colon - 1] != 32, line[colon - 1] != 9
      else { return "a bad field line \(latin1(line))" }
      let value = latin1(line[(colon + 1)...]).drop { $0 == " " || $0 == "\t" }
      seen.append(latin1(line[..<colon]) + ": " + String(value).trimmed)
    }
    if seen != fields { return "fields \(fields) for \(seen)" }
    return self.framingProblem(seen.map { $0.lowercased() }, isRequest: isRequest)
  }

  private func framingProblem(_ fields: [String], isRequest: Bool) -> String? {
    let lengths = fields.filter { $0.hasPrefix("content-length: ") }
    let codings = fields.filter { $0.hasPrefix("transfer-encoding: ") }
    let hosts = fields.filter { $0.hasPrefix("host: ") }
    if lengths.count + codings.count > 1 { return "framed twice: \(fields)" }
    if codings.contains(where: { $0 != "transfer-encoding: chunked" }) {
      return "coding \(codings)"
    }
    if lengths.contains(where: { !$0.dropFirst(16).allSatisfy { "0123456789".contains($0) } }) {
      return "length \(lengths)"
    }
    if isRequest, hosts.count > 1 { return "hosts \(hosts)" }
    return nil
  }
}
