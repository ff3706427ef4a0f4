// TextEncoder and TextDecoder (https://encoding.spec.whatwg.org/), atob and btoa.
(function (internal) {
  'use strict';
  const { native, requireArguments, toDictionary, isBufferSource, bytesOf } = internal;
  const { SafeMap, lowerCase, viewTag, isView, Uint8Array } = internal.primordials;
  const { DOMException } = internal;

  class TextEncoder {
    #brand;
    get encoding() { this.#brand; return 'utf-8'; }
    encode(input = '') {
      this.#brand;
      return native.encodeUTF8(internal.toUSVString(input));
    }
    encodeInto(source, destination) {
      this.#brand;
      requireArguments(arguments.length, 2, 'TextEncoder.encodeInto');
      const string = `${source}`;
      if (!isView(destination) || viewTag(destination) !== 'Uint8Array') {
        throw new TypeError('TextEncoder.encodeInto: the destination is not a Uint8Array.');
      }
      const size = internal.primordials.viewByteLength(destination);
      const [bytes, read] = native.encodeUTF8Prefix(internal.toUSVString(string), size);
      internal.primordials.setBytes(destination, bytes);
      return { read, written: bytes.length };
    }
  }
  internal.defineInterface('TextEncoder', TextEncoder);

  const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'];
  const labels = new SafeMap();
  const labelsOf = [
    ['unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'utf-8', 'utf8', 'x-unicode20utf8'],
    ['csunicode', 'iso-10646-ucs-2', 'ucs-2', 'unicode', 'unicodefeff', 'utf-16', 'utf-16le'],
    ['unicodefffe', 'utf-16be'],
    ['ansi_x3.4-1968', 'ascii', 'cp1252', 'cp819', 'csisolatin1', 'ibm819', 'iso-8859-1',
      'iso-ir-100', 'iso8859-1', 'iso88591', 'iso_8859-1', 'iso_8859-1:1987', 'l1', 'latin1',
      'us-ascii', 'windows-1252', 'x-cp1252'],
  ];
  for (let i = 0; i < labelsOf.length; i++) for (const label of labelsOf[i]) labels.set(label, i);

  const FATAL = 1, IGNORE_BOM = 2, STREAM = 4;

  class TextDecoder {
    #encoding;
    #flags;
    // What an earlier chunk with `stream` left: the bytes of an unfinished character, and whether
    // the byte order mark has been passed.
    #pending = null;
    #bomSeen = false;

    constructor(label = 'utf-8', options = {}) {
      const encoding = labels.get(lowerCase(internal.asciiWhitespaceTrim(`${label}`)));
      const { fatal, ignoreBOM } = toDictionary(options, 'TextDecoder');
      if (encoding === undefined) {
        throw new RangeError(`TextDecoder: the encoding '${label}' is not supported.`);
      }
      this.#encoding = encoding;
      this.#flags = (fatal ? FATAL : 0) | (ignoreBOM ? IGNORE_BOM : 0);
    }
    get encoding() { return encodings[this.#encoding]; }
    get fatal() { return (this.#flags & FATAL) !== 0; }
    get ignoreBOM() { return (this.#flags & IGNORE_BOM) !== 0; }

    decode(input = undefined, options = {}) {
      this.#encoding;
      if (input !== undefined && !isBufferSource(input)) {
        throw new TypeError('TextDecoder.decode: the input is no BufferSource.');
      }
      const { stream } = toDictionary(options, 'TextDecoder.decode');
      // A copy: the engine pins the memory of what native code has looked at.
      const bytes = input === undefined
        ? new Uint8Array(0) : internal.primordials.sliceBytes(bytesOf(input));
      const bomSeen = this.#bomSeen;
      const flags = this.#flags | (stream ? STREAM : 0) | (bomSeen ? IGNORE_BOM : 0);
      // [text, what is left for the next chunk, whether a byte order mark can no longer come]
      const result = native.decode(this.#encoding, flags, bytes, this.#pending);
      this.#pending = null;
      this.#bomSeen = false;
      if (result === undefined) {
        throw new TypeError(`The encoded data was not valid ${this.encoding} data.`);
      }
      if (stream) {
        this.#pending = result[1];
        this.#bomSeen = bomSeen || result[2];
      }
      return result[0];
    }
  }
  internal.defineInterface('TextDecoder', TextDecoder);

  // "UTF-8 decode" of the Encoding standard: the byte order mark is dropped, errors are replaced.
  internal.decodeUTF8 = (bytes) => native.decode(0, 0, bytes, null)[0];

  internal.defineGlobal('atob', function atob(data) {
    requireArguments(arguments.length, 1, 'atob');
    const result = native.decodeBase64(`${data}`);
    if (result === undefined) {
      throw new DOMException('The string is not correctly encoded.', 'InvalidCharacterError');
    }
    return result;
  }, true);

  internal.defineGlobal('btoa', function btoa(data) {
    requireArguments(arguments.length, 1, 'btoa');
    const result = native.encodeBase64(`${data}`);
    if (result === undefined) {
      throw new DOMException(
        'The string contains characters outside of the Latin1 range.', 'InvalidCharacterError');
    }
    return result;
  }, true);
})
