import CJavaScriptCore
import FetchModel
import NIOCore

extension JavaScriptPlugin {
  /// Conversions between strings and bytes.
  var textNatives: [Native] {
    [
      (
        "encodeUTF8",
        { [unowned self] in
          self.context.bytes(self.utf8($0[0]))
        }
      ),
      ("encodeUTF8Prefix", { [unowned self] in self.encodePrefix($0) }),
      ("decode", { [unowned self] in self.decode($0) }),
      (
        "encodeBase64",
        { [unowned self] arguments in
          guard let latin1 = self.latin1(arguments[0]) else { return nil }
          return Base64.encode(latin1).withUnsafeBytes { self.context.string(utf8: $0) }
        }
      ),
      (
        "decodeBase64",
        { [unowned self] arguments in
          guard let string = CopiedString(arguments[0], self.context),
            let bytes = string.withCharacters({ Base64.decode($0) })
          else { return nil }
          return self.context.string(utf16: bytes.map { UInt16($0) })
        }
      ),
      (
        "percentDecode",
        { [unowned self] arguments in
          let decoded = arguments.text(0).percentDecoded()
          return self.context.string(String(decoding: decoded, as: UTF8.self))
        }
      ),
    ]
  }

  private func utf8(_ value: JSValue) -> [UInt8] {
    guard let string = CopiedString(value, self.context) else { return [] }
    var bytes: [UInt8] = []
    _ = string.append(to: &bytes)
    return bytes
  }

  private func latin1(_ value: JSValue) -> [UInt8]? {
    guard let string = CopiedString(value, self.context) else { return nil }
    return string.withCharacters { characters in
      characters.allSatisfy { $0 < 256 } ? characters.map { UInt8($0) } : nil
    }
  }

  /// `(string, room)` → `[the UTF-8 of as many whole characters as have room, code units read]`
  private func encodePrefix(_ arguments: NativeArguments) -> JSValue? {
    let room = Int(arguments.uint32(1))
    var bytes: [UInt8] = []
    var read = 0
    for scalar in arguments.text(0).unicodeScalars {
      guard bytes.count + UTF8.width(scalar) <= room else { break }
      bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      read += UTF16.width(scalar)
    }
    return self.context.array(
      self.context.bytes(bytes), self.context.number(Double(read)), self.context.undefined)
  }

  /// `(encoding, options, bytes, rest or state of an earlier call or null)` →
  /// `[text, rest or null, whether the byte order mark has been passed]`; `undefined` where the
  /// bytes are not valid and have to be.
  private func decode(_ arguments: NativeArguments) -> JSValue? {
    let encoding = TextEncoding(rawValue: arguments.uint32(0)) ?? .utf8
    let options = TextDecoding.Options(rawValue: arguments.uint32(1))
    guard encoding.isUnicode else { return self.decodeLegacy(arguments, encoding, options) }
    if arguments.isNull(3) {
      return self.context.withBytes(arguments[2]) { self.decode($0, encoding, options) }
    }
    let whole =
      self.context.withBytes(arguments[3]) { Array($0) }
      + self.context.withBytes(arguments[2]) { Array($0) }
    return whole.withUnsafeBytes { self.decode($0, encoding, options) }
  }

  /// Decodes with a decoder whose state is what an earlier call has left.
  private func decodeLegacy(
    _ arguments: NativeArguments, _ encoding: TextEncoding, _ options: TextDecoding.Options
  ) -> JSValue? {
    let state = arguments.isNull(3) ? [] : self.context.withBytes(arguments[3]) { Array($0) }
    let decoded = self.context.withBytes(arguments[2]) {
      LegacyDecoding($0, as: encoding, options: options, state: state)
    }
    guard let decoded else { return nil }
    return self.context.array(
      self.context.string(utf16: decoded.text),
      decoded.state.isEmpty ? self.context.null : self.context.bytes(decoded.state),
      self.context.bool(true))
  }

  private func decode(
    _ bytes: UnsafeRawBufferPointer, _ encoding: TextEncoding,
    _ options: TextDecoding.Options
  ) -> JSValue? {
    if encoding == .utf8, let text = self.wholeUTF8(bytes, options) {
      return self.context.array(text, self.context.null, self.context.bool(!bytes.isEmpty))
    }
    guard let decoded = TextDecoding(bytes, as: encoding, options: options) else { return nil }
    let text = self.context.string(utf16: decoded.text)
    let rest = decoded.rest.isEmpty ? self.context.null : self.context.bytes(decoded.rest)
    return self.context.array(text, rest, self.context.bool(decoded.hasBegun))
  }

  /// The text of bytes that are valid UTF-8, by the fastest way; `nil` where they are not.
  private func wholeUTF8(
    _ bytes: UnsafeRawBufferPointer, _ options: TextDecoding.Options
  ) -> JSValue? {
    var bytes = bytes
    if !options.contains(.ignoreBOM), bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      bytes = UnsafeRawBufferPointer(rebasing: bytes[3...])
    }
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    return self.context.string(utf8: bytes)
  }
}
