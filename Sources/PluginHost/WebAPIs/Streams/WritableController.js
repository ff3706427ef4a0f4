// The controller of a writable stream: https://streams.spec.whatwg.org/#ws-default-controller-class
(function (internal) {
  'use strict';
  const { token, toDictionary } = internal;
  const { then } = internal.primordials;
  const ops = internal.streamOps;
  const { Queue, promiseOf } = ops;

  // In the queue behind the last chunk of a stream that is to be closed.
  const CLOSE = { __proto__: null };

  class WritableController {
    object = null;
    stream;
    queue = new Queue();
    highWaterMark = 1;
    size = undefined;
    sink = null;
    isStarted = false;
    // Made where a script looks at it.
    signal = null;
    // {reason} of an abort.
    abortion = null;
    constructor(stream) { this.stream = stream; }

    get desiredSize() { return this.highWaterMark - this.queue.totalSize; }
    get hasBackpressure() { return this.desiredSize <= 0; }
    clearAlgorithms() {
      this.sink = none;
      this.size = undefined;
    }

    signalAbort(reason) {
      this.abortion ??= { __proto__: null, reason };
      if (this.signal !== null) internal.abort.signal(this.signal, reason);
    }
    get abortSignal() {
      if (this.signal === null) {
        this.signal = internal.abort.create();
        if (this.abortion !== null) internal.abort.signal(this.signal, this.abortion.reason);
      }
      return this.signal;
    }

    abortSteps(reason) {
      const result = promiseOf(this.sink.abort, reason);
      this.clearAlgorithms();
      return result;
    }
    errorSteps() { this.queue.clear(); }

    error(error) {
      this.clearAlgorithms();
      ops.startErroring(this.stream, error);
    }
    errorIfNeeded(error) { if (this.stream.state === 'writable') this.error(error); }

    close() {
      this.queue.push(CLOSE, 0);
      this.advance();
    }
    chunkSize(chunk) {
      const { size } = this;
      if (size === undefined) return 1;
      try {
        return size(chunk);
      } catch (error) {
        this.errorIfNeeded(error);
        return 1;
      }
    }
    write(chunk, size) {
      try {
        this.queue.push(chunk, ops.checkSize(size));
      } catch (error) {
        this.errorIfNeeded(error);
        return;
      }
      const { stream } = this;
      if (!ops.isClosing(stream) && stream.state === 'writable') {
        ops.updateBackpressure(stream, this.hasBackpressure);
      }
      this.advance();
    }

    // https://streams.spec.whatwg.org/#writable-stream-default-controller-advance-queue-if-needed
    advance() {
      const { stream } = this;
      if (!this.isStarted || stream.inFlightWrite !== null) return;
      if (stream.state === 'erroring') {
        ops.finishErroring(stream);
        return;
      }
      if (this.queue.length === 0) return;
      const chunk = this.queue.peek();
      if (chunk === CLOSE) this.processClose();
      else this.processWrite(chunk);
    }
    processClose() {
      const { stream } = this;
      stream.inFlightClose = stream.closeRequest;
      stream.closeRequest = null;
      this.queue.shift();
      const closed = promiseOf(this.sink.close);
      this.clearAlgorithms();
      then(closed, () => ops.finishClose(stream),
        (error) => ops.finishCloseWithError(stream, error));
    }
    processWrite(chunk) {
      const { stream } = this;
      stream.inFlightWrite = stream.writeRequests.shift();
      then(promiseOf(this.sink.write, chunk, this), () => {
        stream.inFlightWrite.resolve(undefined);
        stream.inFlightWrite = null;
        this.queue.shift();
        if (!ops.isClosing(stream) && stream.state === 'writable') {
          ops.updateBackpressure(stream, this.hasBackpressure);
        }
        this.advance();
      }, (error) => {
        if (stream.state === 'writable') this.clearAlgorithms();
        stream.inFlightWrite.reject(error);
        stream.inFlightWrite = null;
        ops.dealWithRejection(stream, error);
      });
    }
  }
  ops.record(WritableController);
  const none = { __proto__: null, write: undefined, close: undefined, abort: undefined };

  // https://streams.spec.whatwg.org/#set-up-writable-stream-default-controller; the algorithms
  // start(controller), write(chunk, controller), close() and abort(reason).
  ops.setUpWritable = function (stream, sink, highWaterMark, size) {
    const controller = stream.controller = new WritableController(stream);
    controller.sink = sink;
    controller.highWaterMark = highWaterMark;
    controller.size = size;
    ops.updateBackpressure(stream, controller.hasBackpressure);
    const { start } = sink;
    const started = start === undefined ? undefined : start(controller);
    then(ops.startedPromise(started), () => {
      controller.isStarted = true;
      controller.advance();
    }, (error) => {
      controller.isStarted = true;
      ops.dealWithRejection(stream, error);
    });
    return controller;
  };

  // https://streams.spec.whatwg.org/#ws-constructor
  ops.setUpFromSink = function (stream, given, strategy) {
    const { abort, close, start, type, write } = toDictionary(given, 'WritableStream');
    const sink = {
      __proto__: null,
      abort: ops.toAlgorithm(ops.toCallback(abort, 'abort'), given, 1),
      close: ops.toAlgorithm(ops.toCallback(close, 'close'), given, 0),
      start: ops.toStart(ops.toCallback(start, 'start'), given),
      write: ops.toAlgorithm(ops.toCallback(write, 'write'), given, 2),
    };
    if (type !== undefined) throw new RangeError("WritableStream: 'type' must be undefined.");
    const { start: started, write: written } = sink;
    if (started !== undefined) sink.start = (controller) => started(objectOf(controller));
    if (written !== undefined) {
      sink.write = (chunk, controller) => written(chunk, objectOf(controller));
    }
    const size = ops.sizeAlgorithm(strategy);
    ops.setUpWritable(stream, sink, ops.highWaterMark(strategy, 1), size);
  };

  const objectOf = (controller) =>
    (controller.object ??= new WritableStreamDefaultController(token, controller));

  class WritableStreamDefaultController {
    #record;
    constructor(key = undefined) {
      if (key !== token) throw internal.illegalConstructor();
      this.#record = arguments[1];
    }
    get signal() { return this.#record.abortSignal; }
    error(error = undefined) {
      const controller = this.#record;
      if (controller.stream.state === 'writable') controller.error(error);
    }
  }
  internal.defineInterface('WritableStreamDefaultController', WritableStreamDefaultController);
})
