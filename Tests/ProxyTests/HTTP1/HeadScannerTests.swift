import NIOCore
import Testing

@testable import Proxy

@Suite struct HeadScannerTests {
  private static func scan(_ pieces: [String], limit: Int = 1000) -> HeadScanner.Result {
    var scanner = HeadScanner()
    var all: [UInt8] = []
    var result = HeadScanner.Result.incomplete
    for piece in pieces where result == .incomplete {
      all += bytes(piece)
      result = scanner.scan(all.span, limit: limit)
    }
    return result
  }

  @Test func findsTheEmptyLine() {
    #expect(Self.scan([""]) == .incomplete)
    #expect(Self.scan(["A\r\n"]) == .incomplete)
    #expect(Self.scan(["A\r\n\r"]) == .incomplete)
    #expect(Self.scan(["A\r\n\r\nbody\n\n"]) == .complete(5))
    #expect(Self.scan(["A\r", "\n", "\r", "\n"]) == .complete(5))
    #expect(Self.scan(["\r\n"]) == .complete(2))
  }

  @Test(arguments: ["\n", "A\n", "A\r\n\n", "A\r\nB\n", "A\n\r\n"])
  func aLoneLF(_ text: String) {
    #expect(Self.scan([text]) == .refused(.bareLF))
    #expect(Self.scan(text.unicodeScalars.map { String($0) }) == .refused(.bareLF))
  }

  @Test func theLimitIsOfTheWholeHead() {
    #expect(Self.scan(["ABC\r\n\r\n"], limit: 7) == .complete(7))
    #expect(Self.scan(["ABC\r\n\r\n"], limit: 6) == .refused(.headTooLarge))
    #expect(Self.scan(["ABCDEFG"], limit: 7) == .incomplete)
    #expect(Self.scan(["ABCDEFGH"], limit: 7) == .refused(.headTooLarge))
    #expect(Self.scan(["A\r\n\r\nlong after the head"], limit: 5) == .complete(5))
  }

  /// What stands behind the limit does not count, however much of it has come.
  @Test func whatIsBehindTheLimitSaysNothing() {
    let text = "ABCDEFGH\n"
    #expect(Self.scan([text], limit: 4) == .refused(.headTooLarge))
    #expect(Self.scan(text.map { String($0) }, limit: 4) == .refused(.headTooLarge))
  }
}

@Suite struct FieldSectionTests {
  private static func parse(_ text: String, limit: Int = 100) throws(Refusal) -> [String] {
    let buffer = ByteBuffer(bytes: bytes(text))
    return fieldTexts(
      try FieldSection(buffer.readableBytesUInt8Span, from: 0, limit: limit), buffer)
  }

  @Test func lines() throws {
    #expect(try Self.parse("\r\n") == [])
    #expect(try Self.parse("A:1\r\nb:\t \r\nA: :2:\r\n\r\n") == ["A: 1", "b: ", "A: :2:"])
  }

  @Test func theLimitIsOfLines() throws {
    #expect(try Self.parse("A:1\r\nB:2\r\n\r\n", limit: 2).count == 2)
    #expect(throws: Refusal.tooManyFields) { try Self.parse("A:1\r\nB:2\r\n\r\n", limit: 1) }
  }

  @Test(arguments: [
    ("A:1\r\n b\r\n\r\n", Refusal.foldedField), ("\tA:1\r\n\r\n", .foldedField),
    ("A :1\r\n\r\n", .badFieldName), ("A\r\n\r\n", .badFieldName), (":1\r\n\r\n", .badFieldName),
    ("\u{0}:1\r\n\r\n", .badFieldName), ("A:\u{0}\r\n\r\n", .badFieldValue),
    ("A:\u{7f}\r\n\r\n", .badFieldValue), ("A:1\rB:2\r\n\r\n", .bareCR), ("\rA:1\r\n\r\n", .bareCR),
    ("A:1\r\r\n\r\n", .bareCR),
  ])
  func refusals(_ text: String, _ refusal: Refusal) {
    #expect(throws: refusal) { try Self.parse(text) }
  }

  @Test(arguments: 0...255)
  func everyByteInNamesAndValues(_ value: Int) {
    let byte = UInt8(value)
    let tokens = Set("!#$%&'*+-.^_`|~0123456789".utf8)
    let isToken =
      tokens.contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    #expect(HTTP1Syntax.isToken(byte) == isToken)
    let isValue = byte == 9 || (byte >= 32 && byte != 127)
    #expect(HTTP1Syntax.isFieldValue(byte) == isValue)
    let scalar = String(Unicode.Scalar(byte))
    if byte != 58 { #expect(((try? Self.parse("X\(scalar)X:1\r\n\r\n")) != nil) == isToken) }
    #expect(((try? Self.parse("X:a\(scalar)a\r\n\r\n")) != nil) == isValue)
    #expect(HTTP1Syntax.hexValue(byte).map(Int.init) == Character(scalar).asciiHex)
  }

  @Test(arguments: [
    ("close", [true, false, false, false]), ("Keep-Alive,CLOSE", [true, true, false, false]),
    (" , upgrade ,\t", [false, false, true, false]), ("x", [false, false, false, true]),
    ("", [false, false, false, false]), ("closed", [false, false, false, true]),
    ("close x", [false, false, false, true]),
  ])
  func connectionOptions(_ value: String, _ expected: [Bool]) throws {
    let head = ByteBuffer(bytes: bytes("Connection:\(value)\r\n\r\n"))
    let span = head.readableBytesUInt8Span
    var options = ConnectionOptions()
    for line in try FieldSection(span, from: 0, limit: 1).lines { options.add(span, line) }
    #expect(
      [options.close, options.keepAlive, options.upgrade, options.namesFields] == expected)
  }
}

extension Character {
  fileprivate var asciiHex: Int? { self.isASCII ? self.hexDigitValue : nil }
}
