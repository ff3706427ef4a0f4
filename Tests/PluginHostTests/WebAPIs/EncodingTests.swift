import Testing

@testable import PluginHost

/// The legacy encodings of TextDecoder, and the streams of text.
@Suite struct EncodingTests {
  @Test(arguments: [
    ScriptCase(decode("ibm866", "0xA1, 0xC3, 0xE9, 0xFE"), "б├щ■"),
    ScriptCase(decode("latin2", "0xA1, 0xC3, 0xE9, 0xFE"), "ĄĂéţ"),
    ScriptCase(decode("iso-8859-16", "0xA1, 0xC3, 0xE9, 0xFE"), "ĄĂéț"),
    ScriptCase(decode("koi8-r", "0xA1, 0xC3, 0xE9, 0xFE"), "║цИЧ"),
    ScriptCase(decode("koi8-ru", "0xA4, 0xAE, 0xBE"), "єўЎ"),
    ScriptCase(decode("mac", "0xA1, 0xC3, 0xE9, 0xFE"), "°√È˛"),
    ScriptCase(decode("tis-620", "0xA1, 0xC3, 0xE9"), "กร้"),
    ScriptCase(decode("windows-1251", "0xA1, 0xC3, 0xE9, 0xFE"), "ЎГйю"),
    ScriptCase(decode("windows-1253", "0xA1, 0xC3, 0xE9, 0xD2"), "΅Γι\u{FFFD}"),
    ScriptCase(decode("x-user-defined", "0x41, 0x80, 0xFF"), "A\u{F780}\u{F7FF}"),
  ])
  func singleBytes(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(decode("gb2312", "0xD6, 0xD0, 0xCE, 0xC4, 0x80"), "中文€"),
    ScriptCase(decode("gb18030", "0xA2, 0xE3, 0x94, 0x39, 0xFC, 0x36, 0xA8, 0xBC"), "€😀ḿ"),
    ScriptCase(decode("gb18030", "0x81, 0x30, 0x81, 0x41, 0xFF"), "\u{FFFD}0丄\u{FFFD}"),
    ScriptCase(decode("big5", "0xA4, 0xA4, 0xA4, 0xE5, 0x88, 0x62"), "中文Ê̄"),
    ScriptCase(decode("big5", "0x80, 0xA4, 0x41, 0x88"), "\u{FFFD}乙\u{FFFD}"),
    ScriptCase(decode("euc-jp", "0xC6, 0xFC, 0xCB, 0xDC, 0x8E, 0xB1, 0x8F, 0xB0, 0xA1"), "日本ｱ丂"),
    ScriptCase(
      decode(
        "iso-2022-jp", "0x61, 0x1B, 0x24, 0x42, 0x24, 0x22, 0x34, 0x41, 0x1B, 0x28, 0x42, 0x62"),
      "aあ漢b"),
    ScriptCase(
      decode("iso-2022-jp", "0x1B, 0x28, 0x4A, 0x5C, 0x7E, 0x1B, 0x28, 0x49, 0x31"), "¥‾ｱ"),
    ScriptCase(decode("sjis", "0x93, 0xFA, 0x96, 0x7B, 0xB1, 0x80"), "日本ｱ\u{80}"),
    ScriptCase(decode("ks_c_5601-1987", "0xC7, 0xD1, 0xB1, 0xB9"), "한국"),
    ScriptCase(
      "const o = {stream: true}; return ['shift_jis', 'euc-jp', 'gb18030'].map(l => { const d = new TextDecoder(l); return d.decode(new Uint8Array([0x93]), o).length + '|' + d.decode(new Uint8Array([0xFA]), o) + '|' + d.decode().length; })",
      "0|日|0,1||1,0|擔|0"),
    ScriptCase(
      "const d = new TextDecoder('iso-2022-jp'), o = {stream: true}; let s = ''; for (const b of [0x1B, 0x24, 0x42, 0x24, 0x22]) s += d.decode(new Uint8Array([b]), o); return s + d.decode(new Uint8Array([0x24, 0x22])) + d.decode(new Uint8Array([0x24, 0x22]))",
      "ああ$\""),
  ])
  func multipleBytes(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "return ['gbk', 'big5', 'euc-jp', 'iso-2022-jp', 'shift_jis', 'euc-kr', 'gb18030', 'windows-1253'].map(l => thrown(() => new TextDecoder(l, {fatal: true}).decode(new Uint8Array([0xD2, 0xFF]))))",
      Array(repeating: "TypeError", count: 8).joined(separator: ",")),
    ScriptCase(
      "return ['replacement', 'csiso2022kr', 'hz-gb-2312', 'utf-7', 'utf-32', '', 'gbk\\u00a0', 'K'].map(l => thrown(() => new TextDecoder(l)))",
      Array(repeating: "RangeError", count: 8).joined(separator: ",")),
    ScriptCase(
      "return ['\\tLATIN1 ', 'Chinese', 'x-sjis', 'visual', 'logical', 'unicode', 'cp1254', 'x-x-big5'].map(l => new TextDecoder(l).encoding)",
      "windows-1252,gbk,shift_jis,iso-8859-8,iso-8859-8-i,utf-16le,windows-1254,big5"),
    ScriptCase(
      "const b = new Uint8Array([97, 98]); b.buffer.transfer(); return [new TextDecoder().decode(b), thrown(() => new TextDecoder().decode('x')), thrown(() => new TextDecoder().decode(null))]",
      ",TypeError,TypeError"),
  ])
  func labelsAndErrors(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      through("new TextEncoderStream()", #"['a', '\ud83d', '\ude00', 'é', '\ud800']"#),
      "97,240,159,152,128,195,169,239,191,189"),
    ScriptCase(
      "const s = new TextEncoderStream(); return [s.encoding, s.readable instanceof ReadableStream, s.writable instanceof WritableStream, thrown(() => Object.getOwnPropertyDescriptor(TextEncoderStream.prototype, 'readable').get.call({}))]",
      "utf-8,true,true,TypeError"),
    ScriptCase(
      through(
        "new TextDecoderStream()",
        "[[0xEF, 0xBB], [0xBF, 0xE2], [], [0x82, 0xAC], [0xE2]].map(b => new Uint8Array(b))"),
      "€\u{FFFD}"),
    ScriptCase(
      through(
        "new TextDecoderStream('shift_jis')",
        "[new Uint8Array([0x93]).buffer, new DataView(new Uint8Array([0, 0xFA, 0]).buffer, 1, 1)]"),
      "日"),
    ScriptCase(
      "return [await rejected((async () => { \(through("new TextDecoderStream('utf-8', {fatal: true})", "[new Uint8Array([0xE2])]")) })()), await rejected((async () => { \(through("new TextDecoderStream()", "['x']")) })()), thrown(() => new TextDecoderStream('x'))]",
      "TypeError,TypeError,RangeError"),
    ScriptCase(
      "const s = new TextDecoderStream('latin1', {fatal: 1, ignoreBOM: 1}); return [s.encoding, s.fatal, s.ignoreBOM]",
      "windows-1252,true,true"),
  ])
  func streams(_ test: ScriptCase) throws { try test.check() }
}

private func decode(_ label: String, _ bytes: String) -> String {
  "return new TextDecoder('\(label)').decode(new Uint8Array([\(bytes)]))"
}

/// What comes out of a transform stream, put together.
private func through(_ stream: String, _ chunks: String) -> String {
  "const l = []; for await (const c of ReadableStream.from(\(chunks)).pipeThrough(\(stream))) l.push(typeof c === 'string' ? c : [...c]); return typeof l[0] === 'string' ? l.join('') : l"
}
