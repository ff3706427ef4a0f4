// The default streams of https://streams.spec.whatwg.org/: ReadableStream without byte streams and
// without piping, which needs writable streams.
(function (internal) {
  'use strict';
  const { token, isObject, toDictionary, deferred, markHandled, requireArguments } = internal;
  const { then, resolved, rejected, apply, defineProperty, setPrototypeOf } = internal.primordials;

  class ReadableStream {
    #state = 'readable';
    #error = undefined;
    #reader = null;
    #disturbed = false;
    #controller = null;

    constructor(underlyingSource = undefined, strategy = {}) {
      if (underlyingSource === token) return;
      if (underlyingSource === null) throw new TypeError('ReadableStream: the source is null.');
      const source = toDictionary(underlyingSource, 'ReadableStream');
      const { highWaterMark, size } = toDictionary(strategy, 'ReadableStream');
      const { autoAllocateChunkSize, cancel, pull, start, type } = source;
      if (autoAllocateChunkSize !== undefined) +autoAllocateChunkSize;
      const method = (value, name) => {
        if (value === undefined) return undefined;
        if (typeof value !== 'function') {
          throw new TypeError(`ReadableStream: '${name}' is not a function.`);
        }
        return (...args) => apply(value, underlyingSource, args);
      };
      const algorithms = {
        cancel: method(cancel, 'cancel'), pull: method(pull, 'pull'), start: method(start, 'start'),
      };
      if (type !== undefined) {
        throw new TypeError(
          `${type}` === 'bytes' ? 'ReadableStream: byte streams are not supported.'
            : "ReadableStream: 'type' must be undefined or 'bytes'.");
      }
      if (size !== undefined && typeof size !== 'function') {
        throw new TypeError("ReadableStream: 'size' is not a function.");
      }
      const mark = highWaterMark === undefined ? 1 : +highWaterMark;
      if (mark !== mark || mark < 0) throw new RangeError('ReadableStream: bad highWaterMark.');
      setUp(this, algorithms, mark, size === undefined ? null : (chunk) => size(chunk));
    }

    get locked() { return this.#reader !== null; }

    cancel(reason = undefined) {
      try {
        if (this.#reader !== null) throw new TypeError('The stream is locked.');
      } catch (error) {
        return rejected(error);
      }
      return cancelStream(this, reason);
    }

    getReader(options = {}) {
      this.#state;
      const { mode } = toDictionary(options, 'ReadableStream.getReader');
      if (mode !== undefined) {
        internal.toEnum(mode, ['byob'], 'ReadableStream.getReader');
        throw new TypeError('ReadableStream.getReader: not a byte stream.');
      }
      return new ReadableStreamDefaultReader(this);
    }

    tee() {
      this.#state;
      return tee(this);
    }

    values(options = {}) {
      this.#state;
      const { preventCancel } = toDictionary(options, 'ReadableStream.values');
      return new StreamIterator(token, new ReadableStreamDefaultReader(this), !!preventCancel);
    }

    static {
      internal.stream = {
        is: (value) => isObject(value) && #state in value,
        state: (stream) => stream.#state,
        error: (stream) => stream.#error,
        isLocked: (stream) => stream.#reader !== null,
        isDisturbed: (stream) => stream.#disturbed,
        disturb: (stream) => { stream.#disturbed = true; },
        reader: (stream) => stream.#reader,
        setReader: (stream, reader) => { stream.#reader = reader; },
        controller: (stream) => stream.#controller,
        setController: (stream, controller) => { stream.#controller = controller; },
        setClosed: (stream) => { stream.#state = 'closed'; },
        setErrored: (stream, error) => { stream.#state = 'errored'; stream.#error = error; },
      };
    }
  }
  const access = internal.stream;

  function setUp(stream, algorithms, highWaterMark, size) {
    const controller = new ReadableStreamDefaultController(token, stream);
    access.setController(stream, controller);
    startController(controller, algorithms, highWaterMark, size);
  }

  // A stream whose chunks come from one of our own scripts.
  internal.createStream = function (algorithms, highWaterMark) {
    const stream = new ReadableStream(token);
    setUp(stream, algorithms, highWaterMark, null);
    return stream;
  };

  function closeStream(stream) {
    access.setClosed(stream);
    const reader = access.reader(stream);
    if (reader !== null) closeReader(reader);
  }

  function errorStream(stream, error) {
    access.setErrored(stream, error);
    const reader = access.reader(stream);
    if (reader !== null) errorReader(reader, error);
  }

  function cancelStream(stream, reason) {
    access.disturb(stream);
    if (access.state(stream) === 'closed') return resolved();
    if (access.state(stream) === 'errored') return rejected(access.error(stream));
    closeStream(stream);
    return then(cancelController(access.controller(stream), reason), () => undefined);
  }
  internal.cancelStream = cancelStream;

  let closeReader, errorReader, readWith, releaseReader, pendingReads, takeRead;

  class ReadableStreamDefaultReader {
    #stream;
    #requests = [];
    #closed;

    constructor(stream) {
      requireArguments(arguments.length, 1, 'ReadableStreamDefaultReader');
      if (!access.is(stream)) throw new TypeError('ReadableStreamDefaultReader: not a stream.');
      if (access.isLocked(stream)) throw new TypeError('The stream is locked.');
      this.#stream = stream;
      access.setReader(stream, this);
      this.#closed = deferred();
      markHandled(this.#closed.promise);
      if (access.state(stream) === 'closed') this.#closed.resolve(undefined);
      else if (access.state(stream) === 'errored') this.#closed.reject(access.error(stream));
    }

    get closed() {
      try {
        return this.#closed.promise;
      } catch (error) {
        return rejected(error);
      }
    }

    cancel(reason = undefined) {
      try {
        if (this.#stream === null) throw new TypeError('The reader has been released.');
        return cancelStream(this.#stream, reason);
      } catch (error) {
        return rejected(error);
      }
    }

    read() {
      try {
        if (this.#stream === null) throw new TypeError('The reader has been released.');
      } catch (error) {
        return rejected(error);
      }
      const result = deferred();
      readWith(this, {
        chunk: (value) => result.resolve({ value, done: false }),
        close: () => result.resolve({ value: undefined, done: true }),
        error: (error) => result.reject(error),
      });
      return result.promise;
    }

    releaseLock() {
      if (this.#stream !== null) releaseReader(this);
    }

    static {
      // Asks for one chunk. `request` has a function for each way it can end.
      readWith = (reader, request) => {
        const stream = reader.#stream;
        access.disturb(stream);
        const state = access.state(stream);
        if (state === 'closed') request.close();
        else if (state === 'errored') request.error(access.error(stream));
        else pullFor(access.controller(stream), reader.#requests, request);
      };
      releaseReader = (reader) => {
        const released = new TypeError('The reader has been released.');
        if (access.state(reader.#stream) === 'readable') reader.#closed.reject(released);
        else {
          reader.#closed = deferred();
          reader.#closed.reject(released);
        }
        markHandled(reader.#closed.promise);
        access.setReader(reader.#stream, null);
        reader.#stream = null;
        const requests = reader.#requests;
        reader.#requests = [];
        for (let i = 0; i < requests.length; i++) requests[i].error(released);
      };
      closeReader = (reader) => {
        const requests = reader.#requests;
        reader.#requests = [];
        reader.#closed.resolve(undefined);
        for (let i = 0; i < requests.length; i++) requests[i].close();
      };
      errorReader = (reader, error) => {
        const requests = reader.#requests;
        reader.#requests = [];
        reader.#closed.reject(error);
        for (let i = 0; i < requests.length; i++) requests[i].error(error);
      };
      pendingReads = (reader) => reader.#requests.length;
      takeRead = (reader) => {
        const [first, ...rest] = reader.#requests;
        reader.#requests = rest;
        return first;
      };
    }
  }
  internal.readStream = (reader, request) => readWith(reader, request);
  internal.releaseReader = (reader) => releaseReader(reader);

  let startController, cancelController, pullFor, enqueue, closeController, errorController;

  class ReadableStreamDefaultController {
    #stream;
    #queue = [];
    #head = 0;
    #queueSize = 0;
    #highWaterMark = 1;
    #size = null;
    #algorithms = null;
    #started = false;
    #pulling = false;
    #pullAgain = false;
    #closeRequested = false;

    constructor(key, stream) {
      if (key !== token) throw internal.illegalConstructor();
      this.#stream = stream;
    }

    get desiredSize() {
      const state = access.state(this.#stream);
      if (state === 'errored') return null;
      return state === 'closed' ? 0 : this.#highWaterMark - this.#queueSize;
    }
    close() {
      if (!canEnqueue(this)) throw new TypeError('The stream cannot be closed.');
      closeController(this);
    }
    enqueue(chunk = undefined) {
      if (!canEnqueue(this)) throw new TypeError('The stream takes no further chunks.');
      enqueue(this, chunk);
    }
    error(error = undefined) { errorController(this, error); }

    #clear() {
      this.#algorithms = null;
      this.#size = null;
    }
    #reset() {
      this.#queue = [];
      this.#head = 0;
      this.#queueSize = 0;
    }
    #shouldPull() {
      if (!canEnqueue(this) || !this.#started) return false;
      const reader = access.reader(this.#stream);
      if (reader !== null && pendingReads(reader) > 0) return true;
      return this.#highWaterMark - this.#queueSize > 0;
    }
    #pullIfNeeded() {
      if (!this.#shouldPull()) return;
      if (this.#pulling) {
        this.#pullAgain = true;
        return;
      }
      this.#pulling = true;
      then(promiseOf(this.#algorithms.pull, this), () => {
        this.#pulling = false;
        if (this.#pullAgain) {
          this.#pullAgain = false;
          this.#pullIfNeeded();
        }
      }, (error) => errorController(this, error));
    }

    static {
      const canEnqueue = (controller) =>
        !controller.#closeRequested && access.state(controller.#stream) === 'readable';
      internal.canEnqueue = canEnqueue;
      startController = (controller, algorithms, highWaterMark, size) => {
        controller.#algorithms = algorithms;
        controller.#highWaterMark = highWaterMark;
        controller.#size = size;
        const started = algorithms.start === undefined ? undefined : algorithms.start(controller);
        then(resolved(started), () => {
          controller.#started = true;
          controller.#pullIfNeeded();
        }, (error) => errorController(controller, error));
      };
      cancelController = (controller, reason) => {
        controller.#reset();
        const result = promiseOf(controller.#algorithms?.cancel, reason);
        controller.#clear();
        return result;
      };
      pullFor = (controller, requests, request) => {
        if (controller.#head < controller.#queue.length) {
          const { value, size } = controller.#queue[controller.#head];
          controller.#queue[controller.#head++] = undefined;
          controller.#queueSize -= size;
          if (controller.#queueSize < 0) controller.#queueSize = 0;
          if (controller.#head === controller.#queue.length) controller.#reset();
          if (controller.#closeRequested && controller.#queue.length === 0) {
            controller.#clear();
            closeStream(controller.#stream);
          } else controller.#pullIfNeeded();
          request.chunk(value);
        } else {
          requests[requests.length] = request;
          controller.#pullIfNeeded();
        }
      };
      closeController = (controller) => {
        if (!canEnqueue(controller)) return;
        controller.#closeRequested = true;
        if (controller.#queue.length === 0) {
          controller.#clear();
          closeStream(controller.#stream);
        }
      };
      enqueue = (controller, value) => {
        if (!canEnqueue(controller)) return;
        const reader = access.reader(controller.#stream);
        if (reader !== null && pendingReads(reader) > 0) takeRead(reader).chunk(value);
        else {
          let size = 1;
          if (controller.#size !== null) {
            try {
              size = +controller.#size(value);
              if (!(size >= 0) || size === Infinity) throw new RangeError('Bad chunk size.');
            } catch (error) {
              errorController(controller, error);
              throw error;
            }
          }
          controller.#queue[controller.#queue.length] = { value, size };
          controller.#queueSize += size;
        }
        controller.#pullIfNeeded();
      };
      errorController = (controller, error) => {
        if (access.state(controller.#stream) !== 'readable') return;
        controller.#reset();
        controller.#clear();
        errorStream(controller.#stream, error);
      };
    }
  }
  const { canEnqueue } = internal;
  internal.streamController = {
    enqueue: (controller, chunk) => enqueue(controller, chunk),
    close: (controller) => closeController(controller),
    error: (controller, error) => errorController(controller, error),
  };

  function promiseOf(algorithm, argument) {
    if (algorithm === undefined) return resolved();
    try {
      return resolved(algorithm(argument));
    } catch (error) {
      return rejected(error);
    }
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee
  function tee(stream) {
    const reader = new ReadableStreamDefaultReader(stream);
    const canceled = [false, false];
    const reasons = [undefined, undefined];
    const controllers = [null, null];
    const cancelDone = deferred();
    let reading = false;
    let readAgain = false;
    const pull = () => {
      if (reading) {
        readAgain = true;
        return;
      }
      reading = true;
      readWith(reader, {
        chunk(value) {
          then(resolved(), () => {
            readAgain = false;
            for (let i = 0; i < 2; i++) if (!canceled[i]) enqueue(controllers[i], value);
            reading = false;
            if (readAgain) pull();
          });
        },
        close() {
          reading = false;
          for (let i = 0; i < 2; i++) if (!canceled[i]) closeController(controllers[i]);
          if (!canceled[0] || !canceled[1]) cancelDone.resolve(undefined);
        },
        error() { reading = false; },
      });
    };
    const branch = (index) => internal.createStream({
      start: (controller) => { controllers[index] = controller; },
      pull,
      cancel(reason) {
        canceled[index] = true;
        reasons[index] = reason;
        if (canceled[0] && canceled[1]) cancelDone.resolve(cancelStream(stream, reasons));
        return cancelDone.promise;
      },
    }, 1);
    const branches = [branch(0), branch(1)];
    then(reader.closed, undefined, (error) => {
      for (let i = 0; i < 2; i++) errorController(controllers[i], error);
      if (!canceled[0] || !canceled[1]) cancelDone.resolve(undefined);
    });
    return branches;
  }
  internal.teeStream = tee;

  class StreamIterator {
    #reader;
    #preventCancel;
    #ongoing = resolved();
    #finished = false;
    constructor(key, reader, preventCancel) {
      if (key !== token) throw internal.illegalConstructor();
      this.#reader = reader;
      this.#preventCancel = preventCancel;
    }
    next() {
      const step = () => {
        if (this.#finished) return { value: undefined, done: true };
        const result = deferred();
        readWith(this.#reader, {
          chunk: (value) => result.resolve({ value, done: false }),
          close: () => {
            this.#finished = true;
            releaseReader(this.#reader);
            result.resolve({ value: undefined, done: true });
          },
          error: (error) => {
            this.#finished = true;
            releaseReader(this.#reader);
            result.reject(error);
          },
        });
        return result.promise;
      };
      return this.#ongoing = then(this.#ongoing, step, step);
    }
    return(value) {
      const step = () => {
        if (this.#finished) return { value, done: true };
        this.#finished = true;
        const canceled = this.#preventCancel ? resolved() : this.#reader.cancel(value);
        releaseReader(this.#reader);
        return then(canceled, () => ({ value, done: true }));
      };
      return this.#ongoing = then(this.#ongoing, step, step);
    }
  }
  delete StreamIterator.prototype.constructor;
  const asyncIteratorPrototype = Object.getPrototypeOf(
    Object.getPrototypeOf((async function* () {}).prototype));
  setPrototypeOf(StreamIterator.prototype, asyncIteratorPrototype);
  defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
    value: ReadableStream.prototype.values, enumerable: false, configurable: true, writable: true,
  });

  class CountQueuingStrategy {
    #highWaterMark;
    constructor(init) { this.#highWaterMark = markOf(arguments.length, init); }
    get highWaterMark() { return this.#highWaterMark; }
    get size() { this.#highWaterMark; return countSize; }
  }
  class ByteLengthQueuingStrategy {
    #highWaterMark;
    constructor(init) { this.#highWaterMark = markOf(arguments.length, init); }
    get highWaterMark() { return this.#highWaterMark; }
    get size() { this.#highWaterMark; return byteLengthSize; }
  }
  const countSize = { size() { return 1; } }.size;
  const byteLengthSize = { size(chunk) { return chunk.byteLength; } }.size;
  function markOf(count, init) {
    requireArguments(count, 1, 'QueuingStrategy');
    const { highWaterMark } = toDictionary(init, 'QueuingStrategy');
    if (highWaterMark === undefined) throw new TypeError("'highWaterMark' is required.");
    return +highWaterMark;
  }

  internal.defineInterface('ReadableStream', ReadableStream);
  internal.defineInterface('ReadableStreamDefaultReader', ReadableStreamDefaultReader);
  internal.defineInterface('ReadableStreamDefaultController', ReadableStreamDefaultController);
  internal.defineInterface('CountQueuingStrategy', CountQueuingStrategy);
  internal.defineInterface('ByteLengthQueuingStrategy', ByteLengthQueuingStrategy);
  internal.ReadableStreamDefaultReader = ReadableStreamDefaultReader;
})
