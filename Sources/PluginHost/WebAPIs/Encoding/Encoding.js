// TextEncoder and TextDecoder (https://encoding.spec.whatwg.org/), atob and btoa.
(function (internal) {
  'use strict';
  const { native, requireArguments, toDictionary, isBufferSource, bytesOf } = internal;
  const {
    Uint8Array, getOwnPropertyDescriptor, getPrototypeOf, isView, setBytes, setPrototypeOf, slice,
    sliceBytes, uncurry, viewByteLength, viewTag, wellFormed,
  } = internal.primordials;
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
      const size = viewByteLength(destination);
      // No more code units than bytes can be read.
      const result = native.encodeUTF8Prefix(wellFormed(slice(string, 0, size)), size);
      const bytes = result[0], read = result[1];
      // A detached buffer takes nothing, and would throw.
      if (bytes.length > 0) setBytes(destination, bytes);
      return { read, written: bytes.length };
    }
  }
  internal.defineInterface('TextEncoder', TextEncoder);

  const FATAL = 1, IGNORE_BOM = 2, STREAM = 4;

  // What TextDecoder and TextDecoderStream decode with.
  class Decoder {
    encoding;
    flags;
    // What an earlier chunk left: the bytes of an unfinished character or the state of the native
    // decoder, and whether the byte order mark has been passed.
    pending = null;
    bomSeen = false;

    constructor(label, options, where) {
      const string = `${label}`;
      const { fatal, ignoreBOM } = toDictionary(options, where);
      this.encoding = internal.encodingOf(string);
      if (this.encoding === undefined) {
        throw new RangeError(`${where}: the encoding '${string}' is not supported.`);
      }
      this.flags = (fatal ? FATAL : 0) | (ignoreBOM ? IGNORE_BOM : 0);
    }
    get name() { return internal.encodingName(this.encoding); }
    get fatal() { return (this.flags & FATAL) !== 0; }
    get ignoreBOM() { return (this.flags & IGNORE_BOM) !== 0; }

    // `bytes` are a copy: the engine pins the memory of what native code has looked at.
    decode(bytes, streams) {
      const { bomSeen } = this;
      const flags = this.flags | (streams ? STREAM : 0) | (bomSeen ? IGNORE_BOM : 0);
      // [text, what is left for the next chunk, whether a byte order mark can no longer come]
      const result = native.decode(this.encoding, flags, bytes, this.pending);
      this.pending = null;
      this.bomSeen = false;
      if (result === undefined) {
        throw new TypeError(`The encoded data was not valid ${this.name} data.`);
      }
      if (streams) {
        this.pending = result[1];
        this.bomSeen = bomSeen || result[2];
      }
      return result[0];
    }
  }
  setPrototypeOf(Decoder.prototype, null);
  internal.createDecoder = (label, options, where) => new Decoder(label, options, where);

  // The length of a SharedArrayBuffer, which has no name in the global; a WebAssembly.Memory has one.
  const { Memory } = globalThis.WebAssembly ?? {};
  let sharedByteLength = null;
  function isShared(value) {
    if (!internal.isObject(value) || Memory === undefined) return false;
    try {
      if (sharedByteLength === null) {
        const { buffer } = new Memory({ __proto__: null, shared: true, initial: 0, maximum: 0 });
        const prototype = getPrototypeOf(buffer);
        sharedByteLength = uncurry(getOwnPropertyDescriptor(prototype, 'byteLength').get);
      }
      sharedByteLength(value);
      return true;
    } catch {
      return false;
    }
  }

  // An argument of type AllowSharedBufferSource.
  internal.checkDecodable = function (input, where) {
    if (!isView(input) && !isBufferSource(input) && !isShared(input)) {
      throw new TypeError(`${where}: the input is no BufferSource.`);
    }
  };

  class TextDecoder {
    #decoder;
    constructor(label = 'utf-8', options = {}) {
      this.#decoder = new Decoder(label, options, 'TextDecoder');
    }
    get encoding() { return this.#decoder.name; }
    get fatal() { return this.#decoder.fatal; }
    get ignoreBOM() { return this.#decoder.ignoreBOM; }

    decode(input = undefined, options = {}) {
      const decoder = this.#decoder;
      if (input !== undefined) internal.checkDecodable(input, 'TextDecoder.decode');
      const { stream } = toDictionary(options, 'TextDecoder.decode');
      const bytes = input === undefined ? new Uint8Array(0) : sliceBytes(bytesOf(input));
      return decoder.decode(bytes, !!stream);
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
