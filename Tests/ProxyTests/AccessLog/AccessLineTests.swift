import FetchModel
import Foundation
import NIOCore
import Testing

@testable import Proxy

@Suite struct AccessLineTests {
  static let example: AccessRecord = {
    var record = AccessRecord()
    record.time = 1_763_883_123_007
    record.client = "192.0.2.7"
    record.clientPort = 50_123
    record.method = ByteBuffer(string: "GET")
    record.url = ByteBuffer(string: "http://example.com/a?b=c")
    record.minorVersion = 1
    record.status = 200
    record.bytesReceived = 3
    record.bytesSent = 4096
    record.duration = .nanoseconds(12_345_678)
    record.firstByte = .nanoseconds(1_000_999)
    record.upstream = "198.51.100.1:80"
    record.userAgent = ByteBuffer(string: "curl/8.0")
    return record
  }()

  static func line(_ record: AccessRecord, _ format: AccessLogFormat) -> String {
    var out = ByteBuffer()
    format.write(record, into: &out)
    return String(buffer: out)
  }

  static func members(_ line: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
    return try #require(object as? [String: Any])
  }

  @Test func json() {
    #expect(
      Self.line(Self.example, .json)
        == #"{"time":"2025-11-23T07:32:03.007Z","client":"192.0.2.7","client_port":50123,"#
        + #""method":"GET","url":"http://example.com/a?b=c","version":"HTTP/1.1","status":200,"#
        + #""bytes_received":3,"bytes_sent":4096,"duration_ms":12.345,"first_byte_ms":1.000,"#
        + #""outcome":"relay","plugin":null,"error":null,"tls":null,"#
        + #""upstream":"198.51.100.1:80","user_agent":"curl/8.0"}"# + "\n")
  }

  @Test func common() {
    #expect(
      Self.line(Self.example, .common)
        == #"192.0.2.7 - - [23/Nov/2025:07:32:03 +0000] "GET http://example.com/a?b=c HTTP/1.1" "#
        + "200 4096\n")
  }

  @Test func nothingKnown() throws {
    var record = AccessRecord()
    record.outcome = .refused
    #expect(Self.line(record, .common) == "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 000 0\n")
    let members = try Self.members(Self.line(record, .json))
    #expect(members.count == 17)
    for name in ["client", "method", "url", "version", "status", "first_byte_ms", "user_agent"] {
      #expect(members[name] is NSNull, "\(name)")
    }
  }

  @Test func otherFacts() throws {
    var record = Self.example
    record.minorVersion = 0
    record.outcome = .pluginFallback
    record.plugin = "he said \"hi\"\n"
    record.error = .connectionRefused
    record.tlsVersion = "TLSv1.3"
    let members = try Self.members(Self.line(record, .json))
    #expect(members["version"] as? String == "HTTP/1.0")
    #expect(members["outcome"] as? String == "plugin-fallback")
    #expect(members["plugin"] as? String == "he said \"hi\"\n")
    #expect(members["error"] as? String == "connection_refused")
    #expect(members["tls"] as? String == "TLSv1.3")
    #expect(Self.line(record, .common).contains(" HTTP/1.0\" "))
  }

  /// Bytes that an attacker would like to see in a log as they are, and what they become.
  @Test(arguments: [
    ([UInt8]("a\"b".utf8), #""a\"b""#, #"a\"b"#),
    ([UInt8](#"a\b\"#.utf8), #""a\\b\\""#, #"a\\b\\"#),
    (
      [UInt8]("x\",\"status\":200}\n{\"".utf8), #""x\",\"status\":200}\u000a{\"""#,
      #"x\",\"status\":200}\x0a{\""#
    ),
    (
      [0x00, 0x07, 0x1B, 0x5B, 0x33, 0x31, 0x6D, 0x7F], #""\u0000\u0007\u001b[31m\u007f""#,
      #"\x00\x07\x1b[31m\x7f"#
    ),
    ([UInt8]("grüße 🦉".utf8), #""grüße 🦉""#, #"gr\xc3\xbc\xc3\x9fe \xf0\x9f\xa6\x89"#),
    // C1 controls, line separators, marks that turn the direction.
    (
      [UInt8]("\u{85}\u{9B}\u{2028}\u{2029}\u{202E}".utf8), #""\u0085\u009b\u2028\u2029\u202e""#,
      #"\xc2\x85\xc2\x9b\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae"#
    ),
    // Latin-1, a lone continuation, an overlong slash, a surrogate, a sequence that is cut off.
    ([0xFC, 0x62], #""\ufffdb""#, #"\xfcb"#),
    ([0x80], #""\ufffd""#, #"\x80"#),
    ([0xC0, 0xAF], #""\ufffd\ufffd""#, #"\xc0\xaf"#),
    ([0xED, 0xA0, 0x80, 0x22], #""\ufffd\ufffd\ufffd\"""#, #"\xed\xa0\x80\""#),
    ([0x61, 0xE2, 0x82], #""a\ufffd""#, #"a\xe2\x82"#),
    ([0xF4, 0x90, 0x80, 0x80], #""\ufffd\ufffd\ufffd\ufffd""#, #"\xf4\x90\x80\x80"#),
  ])
  func hostileBytes(bytes: [UInt8], json: String, common: String) throws {
    var record = Self.example
    record.url = ByteBuffer(bytes: bytes)
    record.userAgent = ByteBuffer(bytes: bytes)
    let object = Self.line(record, .json)
    #expect(object.contains("\"url\":\(json),"))
    #expect(object.hasSuffix("\"user_agent\":\(json)}\n"))
    #expect(try Self.members(object)["status"] as? Int == 200)
    let line = Self.line(record, .common)
    #expect(line.contains("\"GET \(common) HTTP/1.1\" 200"))
    for text in [object, line] { #expect(text.utf8.filter { $0 < 32 } == [10]) }
  }

  @Test func everyByteStaysWithinItsString() throws {
    var record = Self.example
    for first in 0...255 {
      for second in [0x00, 0x0A, 0x22, 0x5C, 0x7F, 0x80, 0xBF, 0xC2, 0xE2, 0xF0, 0xFF] {
        record.url = ByteBuffer(bytes: [UInt8(first), UInt8(second), 0x22])
        let line = Self.line(record, .json)
        #expect(try Self.members(line)["outcome"] as? String == "relay", "\(first) \(second)")
        #expect(line.utf8.filter { $0 < 32 || $0 == 127 } == [10], "\(first) \(second)")
      }
    }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000"), (951_782_400_000, "2000-02-29T00:00:00.000"),
    (1_709_251_199_999, "2024-02-29T23:59:59.999"), (1_709_251_200_000, "2024-03-01T00:00:00.000"),
    (4_107_542_399_001, "2100-02-28T23:59:59.001"), (4_107_542_400_000, "2100-03-01T00:00:00.000"),
    (-1, "1969-12-31T23:59:59.999"), (1_735_689_599_000, "2024-12-31T23:59:59.000"),
  ])
  func times(milliseconds: Int64, text: String) {
    var record = Self.example
    record.time = milliseconds
    #expect(Self.line(record, .json).hasPrefix("{\"time\":\"\(text)Z\","))
  }

  /// Against the C library, a day and a bit at a time over two centuries.
  @Test func calendar() {
    for step in 0..<80_000 {
      var seconds = time_t(step) * 90_061
      var parts = tm()
      gmtime_r(&seconds, &parts)
      let time = CalendarTime(milliseconds: Int64(seconds) * 1000)
      #expect(
        [time.year, time.month, time.day, time.hour, time.minute, time.second]
          == [
            parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
            parts.tm_sec,
          ].map(Int.init))
    }
  }

  @Test(arguments: [
    ("GET http://user:secret@example.com/ HTTP/1.1", ""),
    ("GET http://secret@example.com:80/ HTTP/1.1", ""),
    ("GET http://user:secret/word@example.com/ HTTP/1.1", ""),
    ("CONNECT user:secret@example.com:443 HTTP/1.1", ""),
    ("CONNECT example.com:443 HTTP/1.1", "example.com:443"),
    ("GET http://example.com/?q=kept HTTP/1.1", "http://example.com/?q=kept"),
    ("GET /page HTTP/1.1", "/page"), ("OPTIONS * HTTP/1.1", "*"),
  ])
  func targetsWithoutRoute(line: String, logged: String) throws {
    let head = try RequestHead(
      ByteBuffer(string: line + "\r\nHost: example.com\r\nUser-AGENT:  me \r\n\r\n"),
      limits: HeadLimits(headBytes: 1000, fieldCount: 10, targetBytes: 1000))
    #expect(String(buffer: head.loggedTarget) == logged)
    #expect(head.userAgent.map { String(buffer: $0) } == "me")
  }
}
