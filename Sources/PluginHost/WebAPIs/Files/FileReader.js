// https://w3c.github.io/FileAPI/#APIASynch
(function (internal) {
  'use strict';
  const { native, requireArguments, EventTarget, DOMException, ProgressEvent, token } = internal;
  const { viewBuffer } = internal.primordials;
  const { TextDecoder } = globalThis;
  const { decode } = TextDecoder.prototype;
  const { apply } = internal.primordials;
  const EMPTY = 0, LOADING = 1, DONE = 2;

  class FileReader extends EventTarget {
    #state = EMPTY;
    #result = null;
    #error = null;
    // Counts reads: what an aborted one still has in the queue does nothing.
    #read = 0;

    readAsArrayBuffer(blob) { this.#start(blob, arguments.length, (bytes) => viewBuffer(bytes)); }
    readAsBinaryString(blob) {
      this.#start(blob, arguments.length, (bytes) => native.decodeLatin1(bytes));
    }
    readAsText(blob, encoding = undefined) {
      const label = encoding === undefined ? undefined : `${encoding}`;
      this.#start(blob, arguments.length, (bytes) => decodeText(bytes, label, blob));
    }
    readAsDataURL(blob) {
      this.#start(blob, arguments.length, (bytes) => {
        const type = internal.blobType(blob);
        const data = native.encodeBase64(native.decodeLatin1(bytes));
        return `data:${type === '' ? 'application/octet-stream' : type};base64,${data}`;
      });
    }

    abort() {
      if (this.#state !== LOADING) {
        this.#result = null;
        return;
      }
      this.#state = DONE;
      this.#result = null;
      this.#read++;
      this.#fire('abort', 0, 0);
      if (this.#state !== LOADING) this.#fire('loadend', 0, 0);
    }

    get readyState() { return this.#state; }
    get result() { return this.#result; }
    get error() { return this.#error; }

    #fire(type, loaded, total) {
      internal.dispatch(this, new ProgressEvent(token, type, loaded, total));
    }

    // https://w3c.github.io/FileAPI/#readOperation
    #start(blob, count, convert) {
      this.#state;
      requireArguments(count, 1, 'FileReader');
      if (!internal.isBlob(blob)) throw new TypeError('FileReader: not a Blob.');
      if (this.#state === LOADING) {
        throw new DOMException('The reader is reading already.', 'InvalidStateError');
      }
      this.#state = LOADING;
      this.#result = null;
      this.#error = null;
      const read = ++this.#read;
      const size = internal.blobSize(blob);
      const steps = [
        () => this.#fire('loadstart', 0, size),
        () => { if (size > 0) this.#fire('progress', size, size); },
        () => this.#finish(blob, convert),
        () => this.#fire('loadend', size, size),
      ];
      // A task for each event, so that microtasks run between them.
      const run = (index) => internal.startTimer(0, () => {
        if (read !== this.#read) return;
        steps[index]();
        if (index + 1 < steps.length && read === this.#read) run(index + 1);
      });
      run(0);
    }

    #finish(blob, convert) {
      this.#state = DONE;
      const size = internal.blobSize(blob);
      try {
        this.#result = convert(internal.blobBytes(blob));
      } catch {
        this.#error = new DOMException('The data could not be read.', 'NotReadableError');
      }
      this.#fire(this.#error === null ? 'load' : 'error', size, size);
    }
  }

  // https://w3c.github.io/FileAPI/#packaging-data
  function decodeText(bytes, label, blob) {
    const fromType = () => {
      const type = internal.parseMIMEType(internal.blobType(blob));
      const charset = type === null ? undefined : type.parameters.get('charset');
      return charset === undefined ? null : decoderFor(charset);
    };
    const decoder = markedDecoder(bytes) ??
      (label === undefined ? null : decoderFor(label)) ?? fromType() ?? new TextDecoder();
    return apply(decode, decoder, [bytes]);
  }

  function decoderFor(label) {
    try {
      return new TextDecoder(label);
    } catch {
      return null;
    }
  }

  // A byte order mark counts for more than any name of an encoding.
  function markedDecoder(bytes) {
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return new TextDecoder();
    if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be');
    return bytes[0] === 0xff && bytes[1] === 0xfe ? new TextDecoder('utf-16le') : null;
  }

  const handlers = ['onloadstart', 'onprogress', 'onload', 'onabort', 'onerror', 'onloadend'];
  for (let i = 0; i < handlers.length; i++) {
    internal.defineHandler(FileReader.prototype, handlers[i]);
  }
  internal.defineConstants(FileReader, { EMPTY, LOADING, DONE });
  internal.defineInterface('FileReader', FileReader);
})
