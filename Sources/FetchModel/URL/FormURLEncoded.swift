/// The `application/x-www-form-urlencoded` format
/// ([URL §5](https://url.spec.whatwg.org/#application/x-www-form-urlencoded)), in UTF-8.
public enum FormURLEncoded {
  /// One name and its value.
  public struct Pair: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The pairs in a body or query, in their order; bytes that are no UTF-8 become U+FFFD. No input
  /// is wrong.
  ///
  /// A leading `?` is part of the first name: `URLSearchParams` removes it, this does not.
  public static func parse(_ input: String) -> [Pair] {
    var input = input
    return input.withUTF8 { parse($0.span) }
  }

  /// The pairs in the bytes of a body.
  public static func parse(_ input: Span<UInt8>) -> [Pair] {
    var pairs: [Pair] = []
    var start = 0
    while start < input.count {
      let end = input.firstIndex(from: start) { $0 == UInt8(ascii: "&") }
      if end > start {
        let equals = input.firstIndex(from: start) {
          $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "&")
        }
        let valueStart = min(end, equals + 1)
        pairs.append(
          Pair(
            decode(input.extracting(start..<equals)), decode(input.extracting(valueStart..<end))))
      }
      start = end + 1
    }
    return pairs
  }

  /// The text of the pairs: `a=1&b=x+y`.
  public static func serialize(_ pairs: some Sequence<Pair>) -> String {
    var output: [UInt8] = []
    var isFirst = true
    for pair in pairs {
      if !isFirst { output.append(UInt8(ascii: "&")) }
      isFirst = false
      encode(pair.name, into: &output)
      output.append(UInt8(ascii: "="))
      encode(pair.value, into: &output)
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func encode(_ text: String, into output: inout [UInt8]) {
    var text = text
    text.withUTF8 {
      output.appendPercentEncoded($0.span, .formURLEncoded, spaceAsPlus: true)
    }
  }

  private static func decode(_ input: Span<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.append(input)
    for index in bytes.indices where bytes[index] == UInt8(ascii: "+") {
      bytes[index] = UInt8(ascii: " ")
    }
    // A leading byte order mark stays, as the standard's "UTF-8 decode without BOM" wants it.
    return String(decoding: percentDecode(bytes.span), as: UTF8.self)
  }
}
