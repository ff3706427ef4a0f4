// https://w3c.github.io/FileAPI/#blob-section
(function (internal) {
  'use strict';
  const { token, isObject, toDictionary, isBufferSource, bytesOf, native } = internal;
  const { Uint8Array, setBytes, sliceBytes, resolved, rejected, lowerCase, execute, replaceAll } =
    internal.primordials;
  const notPrintable = /[^\x20-\x7e]/;

  function typeOf(value) {
    const string = `${value}`;
    return execute(notPrintable, string) === null ? lowerCase(string) : '';
  }

  function partBytes(part, nativeEndings) {
    if (isBufferSource(part)) return sliceBytes(bytesOf(part));
    if (isBlob(part)) return blobBytes(part);
    const string = internal.toUSVString(part);
    return native.encodeUTF8(nativeEndings ? replaceAll(string, '\r\n', '\n') : string);
  }

  class Blob {
    #bytes;
    #type = '';
    constructor(blobParts = undefined, options = {}) {
      if (blobParts === token) {
        this.#bytes = arguments[1];
        this.#type = arguments[2];
        return;
      }
      const chunks = [];
      let length = 0;
      if (blobParts !== undefined && (!isObject(blobParts) || !blobParts[Symbol.iterator])) {
        throw new TypeError('Blob: the parts are not a sequence.');
      }
      const { endings, type } = toDictionary(options, 'Blob');
      const nativeEndings = endings !== undefined &&
        internal.toEnum(endings, ['transparent', 'native'], 'Blob') === 'native';
      if (blobParts !== undefined) {
        for (const part of blobParts) {
          const chunk = partBytes(part, nativeEndings);
          chunks[chunks.length] = chunk;
          length += chunk.length;
        }
      }
      if (type !== undefined) this.#type = typeOf(type);
      this.#bytes = new Uint8Array(length);
      let at = 0;
      for (let i = 0; i < chunks.length; i++) {
        setBytes(this.#bytes, chunks[i], at);
        at += chunks[i].length;
      }
    }
    get size() { return this.#bytes.length; }
    get type() { return this.#type; }
    slice(start = 0, end = undefined, contentType = '') {
      const size = this.#bytes.length;
      const from = position(start, size);
      const to = end === undefined ? size : position(end, size);
      return new Blob(token, sliceBytes(this.#bytes, from, to < from ? from : to),
        typeOf(contentType));
    }
    stream() {
      const bytes = this.#bytes;
      return internal.createByteStream({
        pull(controller) {
          if (bytes.length > 0) internal.streamController.enqueue(controller, sliceBytes(bytes));
          internal.streamController.close(controller);
        },
      }, 0);
    }
    text() { return settle(() => internal.decodeUTF8(this.#bytes)); }
    arrayBuffer() { return settle(() => sliceBytes(this.#bytes).buffer); }
    bytes() { return settle(() => sliceBytes(this.#bytes)); }

    static {
      internal.isBlob = (value) => isObject(value) && #bytes in value;
      internal.blobBytes = (blob) => blob.#bytes;
      internal.blobType = (blob) => blob.#type;
      internal.createBlob = (bytes, type) => new Blob(token, bytes, type);
    }
  }
  const { isBlob, blobBytes } = internal;

  function settle(compute) {
    try {
      return resolved(compute());
    } catch (error) {
      return rejected(error);
    }
  }

  // A [Clamp] long long counted from the end where negative.
  function position(value, size) {
    const number = +value;
    if (number !== number) return 0;
    const integer = number < 0 ? -(-number - (-number % 1)) : number - (number % 1);
    if (integer < 0) return size + integer < 0 ? 0 : size + integer;
    return integer > size ? size : integer;
  }

  internal.defineInterface('Blob', Blob);
})
