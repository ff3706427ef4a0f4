// https://w3c.github.io/FileAPI/#blob-section
//
// A blob is a list of parts, Uint8Arrays that no script ever gets to see and that never change. Slices
// and blobs made of blobs have the same parts, or views of them.
(function (internal) {
  'use strict';
  const { token, isObject, toDictionary, isBufferSource, bytesOf, native, toSequence } = internal;
  const {
    Uint8Array, setBytes, rejected, resolved, lowerCase, execute, replaceAll,
    viewBuffer, viewByteOffset, viewByteLength,
  } = internal.primordials;
  const notPrintable = /[^\x20-\x7e]/;

  // How much of a blob its stream gives at once.
  const CHUNK_LENGTH = 65536;

  function typeOf(value) {
    const string = `${value}`;
    return execute(notPrintable, string) === null ? lowerCase(string) : '';
  }

  const view = (bytes, from, to) =>
    new Uint8Array(viewBuffer(bytes), viewByteOffset(bytes) + from, to - from);
  internal.copyBytes = function (bytes) {
    const copy = new Uint8Array(viewByteLength(bytes));
    setBytes(copy, bytes);
    return copy;
  };

  // The views of those parts that make up the range.
  function partsBetween(parts, from, to) {
    const result = [];
    let at = 0;
    for (let i = 0; i < parts.length && at < to; i++) {
      const length = viewByteLength(parts[i]);
      const first = from > at ? from - at : 0;
      const last = to < at + length ? to - at : length;
      if (first < last) {
        result[result.length] =
          first === 0 && last === length ? parts[i] : view(parts[i], first, last);
      }
      at += length;
    }
    return result;
  }

  // All in one array that nobody else has.
  function joined(parts, size) {
    const bytes = new Uint8Array(size);
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      setBytes(bytes, parts[i], at);
      at += viewByteLength(parts[i]);
    }
    return bytes;
  }

  // A BlobPart of Web IDL; bytes are copied only when all arguments have been converted.
  const toPart = (part) =>
    (isBlob(part) || isBufferSource(part) ? part : internal.toUSVString(part));

  const toNativeEndings = (string) =>
    replaceAll(replaceAll(string, '\r\n', '\n'), '\r', '\n');

  function collect(given, nativeEndings) {
    const parts = [];
    const add = (bytes) => { if (viewByteLength(bytes) > 0) parts[parts.length] = bytes; };
    for (let i = 0; i < given.length; i++) {
      const part = given[i];
      if (typeof part === 'string') {
        add(native.encodeUTF8(nativeEndings ? toNativeEndings(part) : part));
      } else if (isBlob(part)) {
        const shared = blobParts(part);
        for (let j = 0; j < shared.length; j++) parts[parts.length] = shared[j];
      } else add(internal.copyBytes(bytesOf(part)));
    }
    return parts;
  }

  class Blob {
    #parts;
    #size = 0;
    #type = '';

    constructor(blobParts = undefined, options = {}) {
      if (blobParts === token) {
        this.#parts = arguments[1];
        this.#type = arguments[2];
      } else {
        const given = blobParts === undefined ? [] : toSequence(blobParts, toPart, 'Blob');
        const { endings, type } = toDictionary(options, 'Blob');
        const nativeEndings = endings !== undefined &&
          internal.toEnum(endings, ['transparent', 'native'], 'Blob') === 'native';
        if (type !== undefined) this.#type = typeOf(type);
        this.#parts = collect(given, nativeEndings);
      }
      for (let i = 0; i < this.#parts.length; i++) this.#size += viewByteLength(this.#parts[i]);
    }

    get size() { return this.#size; }
    get type() { return this.#type; }
    slice(start = undefined, end = undefined, contentType = undefined) {
      const size = this.#size;
      const from = start === undefined ? 0 : position(start, size);
      const to = end === undefined ? size : position(end, size);
      const type = contentType === undefined ? '' : typeOf(contentType);
      return new Blob(token, partsBetween(this.#parts, from, to), type);
    }
    stream() { return internal.blobStream(this); }
    text() { return settle(() => internal.decodeUTF8(joined(this.#parts, this.#size))); }
    arrayBuffer() { return settle(() => viewBuffer(joined(this.#parts, this.#size))); }
    bytes() { return settle(() => joined(this.#parts, this.#size)); }

    static {
      internal.isBlob = (value) => isObject(value) && #parts in value;
      internal.blobParts = (blob) => blob.#parts;
      internal.blobSize = (blob) => blob.#size;
      internal.blobType = (blob) => blob.#type;
      internal.blobBytes = (blob) => joined(blob.#parts, blob.#size);
      // Takes the bytes over: nobody else may have them.
      internal.createBlob = (bytes, type) => internal.createBlobOfParts([bytes], type);
      internal.createBlobOfParts = (parts, type) => new Blob(token, parts, type);
    }
  }
  const { isBlob, blobParts } = internal;

  // https://w3c.github.io/FileAPI/#blob-get-stream
  internal.blobStream = function (blob) {
    const parts = blobParts(blob);
    let part = 0;
    let offset = 0;
    const algorithms = {
      pull(controller) {
        if (part === parts.length) return internal.streamController.close(controller);
        const rest = viewByteLength(parts[part]) - offset;
        const length = rest < CHUNK_LENGTH ? rest : CHUNK_LENGTH;
        const chunk = internal.copyBytes(view(parts[part], offset, offset + length));
        offset += length;
        if (length === rest) {
          part++;
          offset = 0;
        }
        internal.streamController.enqueue(controller, chunk);
        if (part === parts.length) internal.streamController.close(controller);
      },
    };
    return internal.createByteStream(algorithms, 0);
  };

  function settle(compute) {
    try {
      return resolved(compute());
    } catch (error) {
      return rejected(error);
    }
  }

  // A [Clamp] long long, counted from the end where negative.
  function position(value, size) {
    const number = internal.roundToEven(+value);
    if (number < 0) return size + number < 0 ? 0 : size + number;
    return number > size ? size : number;
  }

  internal.fileType = typeOf;
  internal.toBlobParts = (value, where) => toSequence(value, toPart, where);
  internal.collectBlobParts = collect;
  internal.defineInterface('Blob', Blob);
  internal.Blob = Blob;
})
