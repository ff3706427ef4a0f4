// ReadableStream and its default reader: https://streams.spec.whatwg.org/#rs
(function (internal) {
  'use strict';
  const { deferred, isObject, markHandled, requireArguments, toDictionary, token } = internal;
  const { rejected, resolved, then } = internal.primordials;
  const ops = internal.streamOps;
  const { Queue, pendingLazily, rejectedLazily, resolvedLazily } = ops;

  // A stream's record. `controller` and `reader` are records too, with `isByte` and `isBYOB`.
  class Readable {
    object = null;
    state = 'readable';
    error = undefined;
    reader = null;
    isDisturbed = false;
    controller = null;
  }
  ops.record(Readable);

  class ReadableStream {
    #record;

    constructor(underlyingSource = undefined, strategy = {}) {
      if (underlyingSource === token) {
        this.#record = arguments[1];
        return;
      }
      const source = ops.toSource(underlyingSource, 'ReadableStream');
      const converted = ops.toStrategy(strategy, 'ReadableStream');
      this.#record = new Readable();
      this.#record.object = this;
      ops.setUpFromSource(this.#record, source, converted);
    }

    static from(asyncIterable) {
      requireArguments(arguments.length, 1, 'ReadableStream.from');
      return ops.streamFrom(asyncIterable);
    }

    get locked() { return this.#record.reader !== null; }

    cancel(reason = undefined) {
      try {
        if (this.#record.reader !== null) throw new TypeError('The stream is locked.');
        return cancel(this.#record, reason);
      } catch (error) {
        return rejected(error);
      }
    }

    getReader(options = {}) {
      const stream = this.#record;
      const { mode } = toDictionary(options, 'ReadableStream.getReader');
      if (mode === undefined) return new ReadableStreamDefaultReader(stream.object);
      internal.toEnum(mode, ['byob'], 'ReadableStream.getReader');
      return new internal.ReadableStreamBYOBReader(stream.object);
    }

    pipeThrough(transform, options = {}) {
      const source = this.#record;
      requireArguments(arguments.length, 1, 'ReadableStream.pipeThrough');
      const pair = toDictionary(transform, 'ReadableStream.pipeThrough');
      const { readable } = pair;
      if (!is(readable)) throw new TypeError("ReadableStream.pipeThrough: no 'readable'.");
      const { writable } = pair;
      if (!internal.isWritableStream(writable)) {
        throw new TypeError("ReadableStream.pipeThrough: no 'writable'.");
      }
      const converted = ops.toPipeOptions(options, 'ReadableStream.pipeThrough');
      const destination = ops.writableOf(writable);
      if (source.reader !== null) throw new TypeError('The stream is locked.');
      if (destination.writer !== null) throw new TypeError('The writable stream is locked.');
      markHandled(ops.pipeTo(source, destination, converted));
      return readable;
    }

    pipeTo(destination, options = {}) {
      try {
        const source = this.#record;
        requireArguments(arguments.length, 1, 'ReadableStream.pipeTo');
        if (!internal.isWritableStream(destination)) {
          throw new TypeError('ReadableStream.pipeTo: not a WritableStream.');
        }
        const converted = ops.toPipeOptions(options, 'ReadableStream.pipeTo');
        const writable = ops.writableOf(destination);
        if (source.reader !== null) throw new TypeError('The stream is locked.');
        if (writable.writer !== null) throw new TypeError('The writable stream is locked.');
        return ops.pipeTo(source, writable, converted);
      } catch (error) {
        return rejected(error);
      }
    }

    tee() { return ops.tee(this.#record, false); }

    values(options = {}) {
      const stream = this.#record;
      const { preventCancel } = toDictionary(options, 'ReadableStream.values');
      return ops.iterate(stream, !!preventCancel);
    }

    static {
      internal.isReadableStream = (value) => isObject(value) && #record in value;
      ops.readableOf = (stream) => stream.#record;
    }
  }
  const is = internal.isReadableStream;
  // The class's own constructor, whatever becomes of the global.
  ops.createObject = (record) => (record.object = new ReadableStream(token, record));

  // A stream that a controller is still to be given.
  ops.newReadable = function () {
    const stream = new Readable();
    ops.createObject(stream);
    return stream;
  };

  // MARK: Streams

  // https://streams.spec.whatwg.org/#readable-stream-close
  function close(stream) {
    stream.state = 'closed';
    const { reader } = stream;
    if (reader === null) return;
    reader.closed.resolve();
    if (reader.isBYOB) return;
    const { requests } = reader;
    reader.requests = new Queue();
    while (requests.length > 0) requests.shift().close();
  }
  ops.closeReadable = close;

  // https://streams.spec.whatwg.org/#readable-stream-error
  ops.errorReadable = function (stream, error) {
    stream.state = 'errored';
    stream.error = error;
    const { reader } = stream;
    if (reader === null) return;
    reader.closed.reject(error);
    errorRequests(reader, error);
  };
  function errorRequests(reader, error) {
    const { requests } = reader;
    reader.requests = new Queue();
    while (requests.length > 0) requests.shift().error(error);
  }

  // https://streams.spec.whatwg.org/#readable-stream-cancel
  function cancel(stream, reason) {
    stream.isDisturbed = true;
    if (stream.state === 'closed') return resolved();
    if (stream.state === 'errored') return rejected(stream.error);
    close(stream);
    const { reader } = stream;
    if (reader !== null && reader.isBYOB) {
      const { requests } = reader;
      reader.requests = new Queue();
      while (requests.length > 0) requests.shift().close(undefined);
    }
    return then(stream.controller.cancelSteps(reason), () => undefined);
  }
  ops.cancelReadable = cancel;

  ops.pendingReads = function (stream, isBYOB) {
    const { reader } = stream;
    return reader !== null && reader.isBYOB === isBYOB ? reader.requests.length : 0;
  };

  // MARK: Readers

  // A reader's record. A request of it is an object with the functions `chunk`, `close` and `error`.
  class Reader {
    stream = null;
    isBYOB;
    requests = new Queue();
    closed;
    constructor(isBYOB) { this.isBYOB = isBYOB; }
  }
  ops.record(Reader);

  // https://streams.spec.whatwg.org/#readable-stream-reader-generic-initialize
  ops.acquireReader = function (stream, isBYOB = false) {
    if (stream.reader !== null) throw new TypeError('The stream is locked.');
    if (isBYOB && !stream.controller.isByte) throw new TypeError('The stream is no byte stream.');
    const reader = new Reader(isBYOB);
    reader.stream = stream;
    stream.reader = reader;
    if (stream.state === 'readable') reader.closed = pendingLazily();
    else if (stream.state === 'closed') reader.closed = resolvedLazily();
    else reader.closed = rejectedLazily(stream.error);
    return reader;
  };

  // https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreaderrelease
  ops.releaseReader = function (reader) {
    const released = new TypeError('The reader has been released.');
    const { stream } = reader;
    if (stream.state === 'readable') reader.closed.reject(released);
    else reader.closed = rejectedLazily(released);
    stream.controller.releaseSteps();
    stream.reader = null;
    reader.stream = null;
    errorRequests(reader, released);
  };

  // https://streams.spec.whatwg.org/#readable-stream-default-reader-read
  ops.read = function (reader, request) {
    const { stream } = reader;
    stream.isDisturbed = true;
    if (stream.state === 'closed') request.close();
    else if (stream.state === 'errored') request.error(stream.error);
    else stream.controller.pullSteps(request);
  };

  ops.readerClosed = (reader) => reader.closed.promise;
  ops.readerCancel = function (reader, reason) {
    if (reader.stream === null) throw new TypeError('The reader has been released.');
    return cancel(reader.stream, reason);
  };

  // The request of a script's read: a promise of {value, done}.
  class PromisedRead {
    result;
    constructor(result) { this.result = result; }
    chunk(value) { this.result.resolve({ value, done: false }); }
    close(value) { this.result.resolve({ value, done: true }); }
    error(error) { this.result.reject(error); }
  }
  ops.record(PromisedRead);
  ops.promisedRead = function (start) {
    const result = deferred();
    start(new PromisedRead(result));
    return result.promise;
  };

  class ReadableStreamDefaultReader {
    #record;

    constructor(stream) {
      requireArguments(arguments.length, 1, 'ReadableStreamDefaultReader');
      if (stream === token) {
        this.#record = arguments[1];
        return;
      }
      if (!is(stream)) throw new TypeError('ReadableStreamDefaultReader: not a ReadableStream.');
      this.#record = ops.acquireReader(ops.readableOf(stream));
    }
    get closed() {
      try {
        return ops.readerClosed(this.#record);
      } catch (error) {
        return rejected(error);
      }
    }
    cancel(reason = undefined) {
      try {
        return ops.readerCancel(this.#record, reason);
      } catch (error) {
        return rejected(error);
      }
    }
    read() {
      try {
        const reader = this.#record;
        if (reader.stream === null) throw new TypeError('The reader has been released.');
        return ops.promisedRead((request) => ops.read(reader, request));
      } catch (error) {
        return rejected(error);
      }
    }
    releaseLock() {
      if (this.#record.stream !== null) ops.releaseReader(this.#record);
    }
  }

  internal.defineInterface('ReadableStream', ReadableStream);
  internal.defineInterface('ReadableStreamDefaultReader', ReadableStreamDefaultReader);
  internal.ReadableStream = ReadableStream;
})
