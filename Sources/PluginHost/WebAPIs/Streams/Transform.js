// TransformStream: https://streams.spec.whatwg.org/#ts
(function (internal) {
  'use strict';
  const { deferred, isObject, token, toDictionary } = internal;
  const { resolved, then } = internal.primordials;
  const ops = internal.streamOps;
  const { promiseOf } = ops;

  // The record of a transform stream and of its controller at once.
  class Transform {
    object = null;
    controllerObject = null;
    readable = null;
    writable = null;
    hasBackpressure = undefined;
    // Resolved where the back-pressure changes.
    change = null;
    // What ends the stream, by whichever side it came: deferred().
    ending = null;
    // transform(chunk, controller), flush(controller) and cancel(reason).
    algorithms = null;

    clearAlgorithms() { this.algorithms = none; }
    setBackpressure(hasBackpressure) {
      if (this.change !== null) this.change.resolve(undefined);
      this.change = deferred();
      this.hasBackpressure = hasBackpressure;
    }
    unblockWrite() { if (this.hasBackpressure) this.setBackpressure(false); }
    error(error) {
      this.readable.controller.error(error);
      this.errorWritable(error);
    }
    errorWritable(error) {
      this.clearAlgorithms();
      this.writable.controller.errorIfNeeded(error);
      this.unblockWrite();
    }

    get desiredSize() { return this.readable.controller.desiredSize; }
    get canEnqueue() { return this.readable.controller.canEnqueue; }
    // Resolved where the reader wants more, or is gone.
    whenWanted() { return this.hasBackpressure ? this.change.promise : resolved(); }
    // https://streams.spec.whatwg.org/#transform-stream-default-controller-enqueue
    enqueue(chunk) {
      const { controller } = this.readable;
      if (!controller.canEnqueue) throw new TypeError('The stream takes no further chunks.');
      try {
        controller.enqueue(chunk);
      } catch (error) {
        this.errorWritable(error);
        throw this.readable.error;
      }
      const hasBackpressure = !controller.shouldPull;
      if (hasBackpressure !== this.hasBackpressure) this.setBackpressure(true);
    }
    terminate() {
      this.readable.controller.close();
      this.errorWritable(new TypeError('The transform stream has been terminated.'));
    }

    transform(chunk) {
      const { transform } = this.algorithms;
      return then(promiseOf(transform, chunk, this), undefined, (error) => {
        this.error(error);
        throw error;
      });
    }
    write(chunk) {
      if (!this.hasBackpressure) return this.transform(chunk);
      return then(this.change.promise, () => {
        const { state, error } = this.writable;
        if (state === 'erroring') throw error;
        return this.transform(chunk);
      });
    }

    // Runs the algorithm that ends the stream, once for both sides.
    end(algorithm, argument, onSuccess, onFailure) {
      if (this.ending !== null) return this.ending.promise;
      const ending = this.ending = deferred();
      const result = promiseOf(algorithm, argument);
      this.clearAlgorithms();
      then(result, () => {
        const failure = onSuccess();
        if (failure === null) ending.resolve(undefined);
        else ending.reject(failure.error);
      }, (error) => {
        onFailure(error);
        ending.reject(error);
      });
      return ending.promise;
    }
    abort(reason) {
      const { readable } = this;
      return this.end(this.algorithms.cancel, reason, () => {
        if (readable.state === 'errored') return { error: readable.error };
        readable.controller.error(reason);
        return null;
      }, (error) => readable.controller.error(error));
    }
    close() {
      const { readable } = this;
      return this.end(this.algorithms.flush, this, () => {
        if (readable.state === 'errored') return { error: readable.error };
        readable.controller.close();
        return null;
      }, (error) => readable.controller.error(error));
    }
    cancel(reason) {
      const { writable } = this;
      // A flush of one of our own scripts may wait for the reader.
      if (this.ending !== null) this.unblockWrite();
      return this.end(this.algorithms.cancel, reason, () => {
        if (writable.state === 'errored') return { error: writable.error };
        writable.controller.errorIfNeeded(reason);
        this.unblockWrite();
        return null;
      }, (error) => {
        writable.controller.errorIfNeeded(error);
        this.unblockWrite();
      });
    }
    pull() {
      this.setBackpressure(false);
      return this.change.promise;
    }
  }
  ops.record(Transform);
  const none = { __proto__: null, transform: undefined, flush: undefined, cancel: undefined };
  const passOn = (chunk, transform) => transform.enqueue(chunk);

  // https://streams.spec.whatwg.org/#initialize-transform-stream
  function setUp(transform, algorithms, started, writableSide, readableSide) {
    transform.algorithms = algorithms;
    const start = () => started;
    const writable = transform.writable = ops.newWritable();
    const readable = transform.readable = ops.newReadable();
    ops.setUpWritable(writable, {
      __proto__: null, start, write: (chunk) => transform.write(chunk),
      abort: (reason) => transform.abort(reason), close: () => transform.close(),
    }, writableSide.mark, writableSide.size);
    ops.setUpDefault(readable, {
      __proto__: null, start, pull: () => transform.pull(),
      cancel: (reason) => transform.cancel(reason),
    }, readableSide.mark, readableSide.size);
    transform.setBackpressure(true);
  }

  // A transform stream of one of our own scripts: {readable, writable} as scripts see them. The
  // algorithms get the record.
  internal.createTransform = function ({ transform, flush = undefined, cancel = undefined }) {
    const record = new Transform();
    setUp(record, { __proto__: null, transform, flush, cancel }, undefined,
      { mark: 1, size: undefined }, { mark: 0, size: undefined });
    return { __proto__: null, readable: record.readable.object, writable: record.writable.object };
  };

  class TransformStream {
    #record;
    constructor(transformer = undefined, writableStrategy = {}, readableStrategy = {}) {
      if (transformer === token) {
        this.#record = arguments[1];
        return;
      }
      const given = ops.toSource(transformer, 'TransformStream');
      const writable = ops.toStrategy(writableStrategy, 'TransformStream');
      const readable = ops.toStrategy(readableStrategy, 'TransformStream');
      const record = this.#record = new Transform();
      record.object = this;
      setUpFromTransformer(record, given, writable, readable);
    }
    get readable() { return this.#record.readable.object; }
    get writable() { return this.#record.writable.object; }

    static {
      internal.isTransformStream = (value) => isObject(value) && #record in value;
      internal.transformSides = (stream) => ({
        __proto__: null, readable: stream.#record.readable.object,
        writable: stream.#record.writable.object,
      });
      // A TransformStream of two sides that are there already, as one that was transferred.
      internal.joinTransform = function (readable, writable) {
        const record = new Transform();
        record.readable = ops.readableOf(readable);
        record.writable = ops.writableOf(writable);
        return (record.object = new TransformStream(token, record));
      };
    }
  }

  // https://streams.spec.whatwg.org/#ts-constructor
  function setUpFromTransformer(record, given, writableStrategy, readableStrategy) {
    const { cancel, flush, readableType, start, transform, writableType } =
      toDictionary(given, 'TransformStream');
    const withObject = (algorithm) =>
      (algorithm === undefined ? undefined : (value) => algorithm(objectOf(value)));
    const algorithms = {
      __proto__: null,
      cancel: ops.toAlgorithm(ops.toCallback(cancel, 'cancel'), given, 1),
      flush: withObject(ops.toAlgorithm(ops.toCallback(flush, 'flush'), given, 1)),
      transform: ops.toAlgorithm(ops.toCallback(transform, 'transform'), given, 2),
    };
    const begin = ops.toStart(ops.toCallback(start, 'start'), given);
    if (readableType !== undefined) throw new RangeError("'readableType' must be undefined.");
    if (writableType !== undefined) throw new RangeError("'writableType' must be undefined.");
    const { transform: transformed } = algorithms;
    algorithms.transform = transformed === undefined ? passOn
      : (chunk, value) => transformed(chunk, objectOf(value));
    const readable = {
      mark: ops.highWaterMark(readableStrategy, 0), size: ops.sizeAlgorithm(readableStrategy),
    };
    const writable = {
      mark: ops.highWaterMark(writableStrategy, 1), size: ops.sizeAlgorithm(writableStrategy),
    };
    const started = deferred();
    setUp(record, algorithms, started.promise, writable, readable);
    started.resolve(begin === undefined ? undefined : begin(objectOf(record)));
  }

  const objectOf = (record) =>
    (record.controllerObject ??= new TransformStreamDefaultController(token, record));

  class TransformStreamDefaultController {
    #record;
    constructor(key = undefined) {
      if (key !== token) throw internal.illegalConstructor();
      this.#record = arguments[1];
    }
    get desiredSize() { return this.#record.desiredSize; }
    enqueue(chunk = undefined) { this.#record.enqueue(chunk); }
    error(reason = undefined) { this.#record.error(reason); }
    terminate() { this.#record.terminate(); }
  }
  internal.defineInterface('TransformStream', TransformStream);
  internal.defineInterface('TransformStreamDefaultController', TransformStreamDefaultController);
})
