public import Foundation

/// One message head, as a client saw it.
public struct CurlHead: Sendable, Equatable {
  public let status: Int
  /// Name in lower case, value without white space around it.
  public let fields: [Field]

  public struct Field: Sendable, Equatable {
    public let name: String
    public let value: String
  }

  /// The first value of this field, compared without case.
  public func first(_ name: String) -> String? {
    self.fields.first { $0.name == name.lowercased() }?.value
  }
}

/// What one run of curl for one URL saw.
public struct CurlResult: Sendable {
  /// curl's own exit code.
  public let exitCode: Int32
  /// What curl said about an error.
  public let errorText: String
  /// All heads that came, with interim ones and the answers to CONNECT.
  public let heads: [CurlHead]
  /// The bytes of the last answer's body.
  public let body: [UInt8]

  /// The last answer's status; 0 where there was none.
  public var status: Int { self.heads.last?.status ?? 0 }
  /// The body as text.
  public var text: String { String(decoding: self.body, as: UTF8.self) }
  /// The first value of this field in the last answer.
  public func first(_ name: String) -> String? { self.heads.last?.first(name) }

  /// What has to be the same with and without a proxy: exit code, status, body and the fields but
  /// those that a proxy may change (`Via`, `Date`) or that belong to one connection only.
  public var comparable: Comparable {
    let own: Set<String> = [
      "via", "date", "connection", "keep-alive", "proxy-connection", "transfer-encoding",
    ]
    return Comparable(
      exitCode: self.exitCode, status: self.status,
      fields: self.heads.last?.fields.filter { !own.contains($0.name) } ?? [],
      body: Data(self.body))
  }

  /// See ``CurlResult/comparable``.
  public struct Comparable: Sendable, Equatable {
    public let exitCode: Int32
    public let status: Int
    public let fields: [CurlHead.Field]
    /// As bytes: under test, each byte that is no UTF-8 costs a decoder a backtrace, and a body of a
    /// megabyte keeps a thread for a minute.
    public let body: Data
  }
}

/// Runs curl for one URL, without the machine's settings for it.
///
/// - Parameters:
///   - arguments: curl's arguments, with the URL.
///   - proxy: the proxy's URL; `nil` goes directly.
///   - inputFile: what `-T -` or `-d @-` reads.
public func curl(
  _ arguments: [String], proxy: String? = nil, inputFile: String = "/dev/null",
  seconds: Double = 120
) async throws -> CurlResult {
  let folder = try TemporaryFolder()
  let route = proxy.map { ["--noproxy", "", "--proxy", $0] } ?? ["--noproxy", "*"]
  let files = ["-D", folder.file("heads"), "-o", folder.file("body")]
  let result = try await run(
    "curl", ["-q", "-sS"] + route + files + arguments, inputFile: inputFile, seconds: seconds)
  guard case .code(let code) = result.status else {
    throw CommandFailure(description: "curl ended by \(result.status)")
  }
  func bytes(_ file: String) -> Data {
    (try? Data(contentsOf: URL(fileURLWithPath: folder.file(file)))) ?? Data()
  }
  // With -I curl writes the heads where the body would go.
  return CurlResult(
    exitCode: code, errorText: result.errorText, heads: CurlHead.parse(bytes("heads")),
    body: arguments.contains("-I") ? [] : [UInt8](bytes("body")))
}

extension CurlHead {
  /// Parses the heads in what `curl -D` writes.
  static func parse(_ bytes: Data) -> [CurlHead] {
    String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n").compactMap { block in
      var lines = block.components(separatedBy: "\r\n")
      guard lines.count > 0, lines[0].hasPrefix("HTTP/") else { return nil }
      let words = lines.removeFirst().split(separator: " ")
      return CurlHead(
        status: words.count > 1 ? Int(words[1]) ?? 0 : 0,
        fields: lines.compactMap(Field.init(line:)))
    }
  }
}

extension CurlHead.Field {
  init?(line: String) {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    self.name = line[..<colon].lowercased()
    self.value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
  }
}
