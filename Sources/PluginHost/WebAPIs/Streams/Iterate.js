// Streams as asynchronous iterators and of them: https://streams.spec.whatwg.org/#rs-asynciterator
(function (internal) {
  'use strict';
  const { deferred, isObject, token } = internal;
  const { apply, defineProperty, rejected, resolved, setPrototypeOf, then } = internal.primordials;
  const ops = internal.streamOps;
  const { asyncIterator, iterator, toStringTag } = Symbol;

  class StreamIterator {
    #reader;
    #preventCancel;
    #ongoing = null;
    #isFinished = false;
    constructor() {
      if (arguments[0] !== token) throw internal.illegalConstructor();
      this.#reader = arguments[1];
      this.#preventCancel = arguments[2];
    }
    next() {
      try {
        return this.#enqueue(() => this.#next());
      } catch (error) {
        return rejected(error);
      }
    }
    return(value) {
      try {
        return this.#enqueue(() => this.#return(value));
      } catch (error) {
        return rejected(error);
      }
    }
    // One step after the other.
    #enqueue(step) {
      this.#ongoing = this.#ongoing === null ? step() : then(this.#ongoing, step, step);
      return this.#ongoing;
    }
    #next() {
      if (this.#isFinished) return resolved({ value: undefined, done: true });
      const result = deferred();
      const end = () => {
        this.#isFinished = true;
        ops.releaseReader(this.#reader);
      };
      ops.read(this.#reader, {
        __proto__: null,
        chunk: (value) => result.resolve({ __proto__: null, value, done: false }),
        close: () => {
          end();
          result.resolve({ __proto__: null, value: undefined, done: true });
        },
        error: (error) => {
          end();
          result.reject(error);
        },
      });
      return then(result.promise, ({ value, done }) => ({ value, done }));
    }
    #return(value) {
      if (this.#isFinished) return resolved({ value, done: true });
      this.#isFinished = true;
      const { stream } = this.#reader;
      const canceled = this.#preventCancel ? resolved() : ops.cancelReadable(stream, value);
      ops.releaseReader(this.#reader);
      return then(canceled, () => ({ value, done: true }));
    }
  }
  const { prototype } = StreamIterator;
  delete prototype.constructor;
  for (const name of ['next', 'return']) defineProperty(prototype, name, { enumerable: true });
  defineProperty(prototype, toStringTag, {
    value: 'ReadableStream AsyncIterator', configurable: true,
  });
  setPrototypeOf(prototype, Object.getPrototypeOf(
    Object.getPrototypeOf((async function* () {}).prototype)));
  ops.iterate = (stream, preventCancel) =>
    new StreamIterator(token, ops.acquireReader(stream), preventCancel);
  const streamPrototype = internal.ReadableStream.prototype;
  defineProperty(streamPrototype, asyncIterator, {
    value: streamPrototype.values, enumerable: false, configurable: true, writable: true,
  });

  // MARK: ReadableStream.from

  function methodOf(object, name) {
    const method = object[name];
    if (method === undefined || method === null) return undefined;
    if (typeof method !== 'function') throw new TypeError(`'${String(name)}' is not a function.`);
    return method;
  }

  // https://tc39.es/ecma262/#sec-getiterator with the hint async: {next, return} as functions.
  function getIterator(object) {
    if (object === undefined || object === null) throw new TypeError('Not iterable.');
    let method = methodOf(object, asyncIterator);
    const isAsync = method !== undefined;
    method ??= methodOf(object, iterator);
    if (method === undefined) throw new TypeError('Not iterable.');
    const iteratorObject = apply(method, object, []);
    if (!isObject(iteratorObject)) throw new TypeError('The iterator is not an object.');
    const { next } = iteratorObject;
    return { __proto__: null, object: iteratorObject, next, isAsync };
  }

  function checkResult(result) {
    if (!isObject(result)) throw new TypeError('The result of an iterator is not an object.');
    return result;
  }

  // A step of a synchronous iterator: its value may be a promise.
  function closeAfterFailure(iterated, error) {
    try {
      const method = methodOf(iterated.object, 'return');
      if (method !== undefined) apply(method, iterated.object, []);
    } catch {
      // The first error is the one that counts.
    }
    throw error;
  }

  function pull(iterated, controller) {
    const step = (result) => {
      checkResult(result);
      if (result.done) controller.close();
      else controller.enqueue(result.value);
    };
    const result = apply(iterated.next, iterated.object, []);
    if (iterated.isAsync) return then(resolved(result), step);
    checkResult(result);
    const { done } = result;
    if (done) {
      return then(resolved(result.value), () => controller.close());
    }
    let value;
    const { value: given } = result;
    try {
      value = resolved(given);
    } catch (error) {
      closeAfterFailure(iterated, error);
    }
    return then(value, (chunk) => controller.enqueue(chunk),
      (error) => closeAfterFailure(iterated, error));
  }

  function cancel(iterated, reason) {
    const method = methodOf(iterated.object, 'return');
    if (method === undefined) return undefined;
    const result = apply(method, iterated.object, [reason]);
    if (iterated.isAsync) return then(resolved(result), (value) => { checkResult(value); });
    checkResult(result);
    return then(resolved(result.value), () => undefined);
  }

  // https://streams.spec.whatwg.org/#readable-stream-from-iterable
  ops.streamFrom = function (asyncIterable) {
    const iterated = getIterator(asyncIterable);
    const stream = ops.newReadable();
    ops.setUpDefault(stream, {
      __proto__: null,
      pull: (controller) => pull(iterated, controller),
      cancel: (reason) => cancel(iterated, reason),
    }, 0, undefined);
    return stream.object;
  };
})
