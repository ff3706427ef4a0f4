import Testing

@testable import Valor

@Suite struct JSONParserTests {
  static func parse(_ text: String) throws -> JSONNode { try JSONParser.parse(text.utf8) }

  /// The error of a text, as `LINE:COLUMN reason`.
  static func error(_ bytes: some Sequence<UInt8>) -> String {
    do throws(JSONSyntaxError) {
      _ = try JSONParser.parse(bytes)
      return "none"
    } catch {
      return "\(error.position) \(error.reason)"
    }
  }

  @Test func values() throws {
    let root = try Self.parse(
      #" { "a" : [ 1 , -0.5e+10 , true , false , null , "x" , {} , [] ] } "#)
    guard case .object(let members) = root.value, case .array(let elements) = members[0].value.value
    else { throw JSONSyntaxError(position: root.position, reason: "no object with an array") }
    #expect(members[0].key == "a")
    #expect(
      elements.map(\.value) == [
        .number("1"), .number("-0.5e+10"), .bool(true), .bool(false), .null, .string("x"),
        .object([]), .array([]),
      ])
    #expect(root.text.hasPrefix(#"{ "a""#) && root.text.hasSuffix("] }"))
  }

  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
    (#""\ud83d\ude00""#, "😀"), (#""é😀""#, "é😀"), (#""\u0000""#, "\0"), (#""""#, ""),
  ])
  func strings(text: String, value: String) throws {
    #expect(try Self.parse(text).value == .string(value))
  }

  @Test func positionsCountLinesAndScalars() throws {
    let root = try Self.parse("{\n  \"é\": 1,\r\n\t\"b\": [\n  true]}")
    guard case .object(let members) = root.value, case .array(let elements) = members[1].value.value
    else { throw JSONSyntaxError(position: root.position, reason: "no object") }
    #expect(members[0].keyPosition == JSONPosition(line: 2, column: 3))
    #expect(members[0].value.position == JSONPosition(line: 2, column: 8))
    #expect(members[1].keyPosition == JSONPosition(line: 3, column: 2))
    #expect(elements[0].position == JSONPosition(line: 4, column: 3))
  }

  @Test func aByteOrderMarkIsSkipped() throws {
    #expect(try JSONParser.parse([0xEF, 0xBB, 0xBF] + "1".utf8).value == .number("1"))
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
    "{'a':1}", "01", "-", "1.", ".5", "1e", "+1", "0x10", "NaN", "Infinity", "tru", "truest", "nul",
    "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
    "\"\\udc00\"", "\"a\nb\"", "\"\u{1}\"", "1 2", "[] []", "// comment\n1", "[1] // comment", "1,",
  ])
  func whatIsNoJSON(text: String) { #expect(Self.error(text.utf8) != "none", "\(text)") }

  @Test func theErrorsPlace() {
    #expect(Self.error("{\n  \"a\": 1\n  \"b\": 2\n}".utf8) == "3:3 a comma or } has to be here")
    #expect(Self.error("[1, 2".utf8) == "1:6 a comma or ] has to be here")
    #expect(Self.error("{\"a\": 1, \"a\": 2}".utf8) == "1:10 the key \"a\" stands here twice")
    #expect(Self.error([0x22, 0x61, 0xFF, 0x22]) == "1:3 this is no UTF-8")
    #expect(Self.error("\"\\ud800\"".utf8) == "1:2 this is half of a surrogate pair")
  }

  @Test func nestingIsBounded() throws {
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    _ = try Self.parse(deep)
    #expect(Self.error("[\(deep)]".utf8).hasSuffix("this is nested too deeply"))
    let million = String(repeating: "[", count: 1_000_000)
    #expect(Self.error(million.utf8).hasSuffix("this is nested too deeply"))
  }

  @Test func outputIsReadBack() throws {
    let strings = ["", "plain", "\"\\\n\r\t\u{0}\u{1F}\u{7F}", "é😀\u{2028}\u{2029}"]
    for string in strings {
      #expect(try Self.parse(quoteJSON(string)).value == .string(string))
    }
    let output: JSONOutput = ["a": .array([.int(1), .null, .bool(true)]), "b": .raw("{ }")]
    #expect(output.text == #"{"a":[1,null,true],"b":{ }}"#)
    #expect(quoteJSON("\u{2028}\u{1}") == #""\u2028\u0001""#)
  }

  @Test func changedBytesNeverTrap() {
    let text = Array(#"{"plugins":[{"name":"é\ud83d\ude00","n":[1.5e3,true,null]}]}"#.utf8)
    var seed: UInt32 = 1
    for _ in 0..<5_000 {
      var bytes = text
      for _ in 0..<3 {
        seed = seed &* 1_664_525 &+ 1_013_904_223
        bytes[Int(seed >> 8) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 16)
      }
      _ = Self.error(bytes.prefix(Int(seed >> 4) % (bytes.count + 1)))
    }
  }
}
