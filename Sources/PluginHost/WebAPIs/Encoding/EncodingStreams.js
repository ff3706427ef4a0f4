// TextEncoderStream and TextDecoderStream: https://encoding.spec.whatwg.org/#interface-textencoderstream
(function (internal) {
  'use strict';
  const { native, bytesOf, createTransform } = internal;
  const { Uint8Array, charCodeAt, slice, sliceBytes } = internal.primordials;

  const isLead = (unit) => unit >= 0xd800 && unit <= 0xdbff;

  class TextEncoderStream {
    #streams;
    constructor() {
      // The first half of a pair at the end of a chunk.
      let lead = '';
      this.#streams = createTransform({
        __proto__: null,
        transform(chunk, controller) {
          let string = lead + `${chunk}`;
          lead = '';
          const { length } = string;
          if (length > 0 && isLead(charCodeAt(string, length - 1))) {
            lead = string[length - 1];
            string = slice(string, 0, length - 1);
          }
          if (string.length > 0) {
            controller.enqueue(native.encodeUTF8(internal.toUSVString(string)));
          }
        },
        flush(controller) {
          if (lead !== '') controller.enqueue(native.encodeUTF8('\ufffd'));
        },
      });
    }
    get encoding() { this.#streams; return 'utf-8'; }
    get readable() { return this.#streams.readable; }
    get writable() { return this.#streams.writable; }
  }
  internal.defineInterface('TextEncoderStream', TextEncoderStream);

  class TextDecoderStream {
    #decoder;
    #streams;
    constructor(label = 'utf-8', options = {}) {
      const decoder = this.#decoder = internal.createDecoder(label, options, 'TextDecoderStream');
      this.#streams = createTransform({
        __proto__: null,
        transform(chunk, controller) {
          internal.checkDecodable(chunk, 'TextDecoderStream');
          const text = decoder.decode(sliceBytes(bytesOf(chunk)), true);
          if (text !== '') controller.enqueue(text);
        },
        flush(controller) {
          const text = decoder.decode(new Uint8Array(0), false);
          if (text !== '') controller.enqueue(text);
        },
      });
    }
    get encoding() { return this.#decoder.name; }
    get fatal() { return this.#decoder.fatal; }
    get ignoreBOM() { return this.#decoder.ignoreBOM; }
    get readable() { return this.#streams.readable; }
    get writable() { return this.#streams.writable; }
  }
  internal.defineInterface('TextDecoderStream', TextDecoderStream);
})
