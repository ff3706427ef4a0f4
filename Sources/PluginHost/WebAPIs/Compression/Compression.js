// CompressionStream and DecompressionStream: https://compression.spec.whatwg.org/
(function (internal) {
  'use strict';
  const { native, bytesOf, createTransform, isBufferSource, requireArguments } = internal;
  const { sliceBytes, then } = internal.primordials;

  // In the order of CompressionFormat in ByteCodec.swift.
  const formats = ['deflate', 'deflate-raw', 'gzip', 'brotli'];
  function formatOf(value, where) {
    const string = internal.toEnum(value, formats, where);
    for (let i = 0; i < formats.length; i++) if (formats[i] === string) return i;
    return 0;
  }

  // Enqueues what the codec has to say, as fast as it is read.
  function run(codec, controller, bytes, finishes) {
    // The reader may have gone while this waited for it.
    if (!controller.canEnqueue) return undefined;
    const result = native.runCodec(codec, bytes, finishes);
    const piece = result[0], hasMore = result[1], message = result[2];
    if (piece.length > 0) controller.enqueue(piece);
    if (message !== undefined) throw new TypeError(message);
    if (!hasMore) return undefined;
    // Not before the reader has taken what it has got.
    return then(controller.whenWanted(), () => run(codec, controller, undefined, false));
  }

  function createStreams(where, count, format, compresses) {
    requireArguments(count, 1, where);
    const codec = native.openCodec(formatOf(format, where), compresses);
    if (codec === undefined) throw new RangeError(`${where}: there is no memory.`);
    return createTransform({
      __proto__: null,
      transform(chunk, controller) {
        if (!isBufferSource(chunk)) throw new TypeError(`${where}: a chunk is no BufferSource.`);
        // A copy: the engine pins the memory of what native code has looked at.
        return run(codec, controller, sliceBytes(bytesOf(chunk)), false);
      },
      flush: (controller) => run(codec, controller, undefined, true),
    });
  }

  class CompressionStream {
    #streams;
    constructor(format) {
      this.#streams = createStreams('CompressionStream', arguments.length, format, true);
    }
    get readable() { return this.#streams.readable; }
    get writable() { return this.#streams.writable; }
  }
  class DecompressionStream {
    #streams;
    constructor(format) {
      this.#streams = createStreams('DecompressionStream', arguments.length, format, false);
    }
    get readable() { return this.#streams.readable; }
    get writable() { return this.#streams.writable; }
  }
  internal.defineInterface('CompressionStream', CompressionStream);
  internal.defineInterface('DecompressionStream', DecompressionStream);
})
