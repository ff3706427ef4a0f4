// What the stream scripts share: queues, promises that are made when somebody looks at them, queuing
// strategies and the conversions of https://streams.spec.whatwg.org/.
//
// Each public object of the standard has one private field with its record, on which the algorithms
// work. A record inherits from nothing, so that no change a plugin makes to a prototype reaches it.
(function (internal) {
  'use strict';
  const { deferred, isObject, markHandled, requireArguments, toDictionary } = internal;
  const { Promise, apply, rejected, resolved, setPrototypeOf } = internal.primordials;
  const ops = internal.streamOps = {};

  ops.record = function (...classes) {
    for (let i = 0; i < classes.length; i++) setPrototypeOf(classes[i].prototype, null);
  };

  class Node {
    next = null;
    value;
    size;
    constructor(value, size) {
      this.value = value;
      this.size = size;
    }
  }

  // First in, first out; also the queue-with-sizes of §8.1.
  class Queue {
    first = null;
    last = null;
    length = 0;
    totalSize = 0;
    push(value, size = 0) {
      const node = new Node(value, size);
      if (this.last === null) this.first = node;
      else this.last.next = node;
      this.last = node;
      this.length++;
      this.totalSize += size;
    }
    peek() { return this.first.value; }
    shift() {
      const node = this.first;
      this.first = node.next;
      if (this.first === null) this.last = null;
      this.length--;
      this.totalSize -= node.size;
      // Rounding of sizes that are no integers.
      if (this.totalSize < 0) this.totalSize = 0;
      return node.value;
    }
    clear() {
      this.first = this.last = null;
      this.length = 0;
      this.totalSize = 0;
    }
  }
  ops.Queue = Queue;

  const PENDING = 0, RESOLVED = 1, REJECTED = 2;

  // A promise of undefined, or a rejected one that nobody has to handle.
  class LazyPromise {
    state = PENDING;
    error = undefined;
    made = null;
    get promise() {
      if (this.made === null) {
        if (this.state === RESOLVED) this.made = { promise: resolved() };
        else if (this.state === REJECTED) {
          this.made = { promise: markHandled(rejected(this.error)) };
        } else this.made = deferred();
      }
      return this.made.promise;
    }
    get isPending() { return this.state === PENDING; }
    resolve() {
      if (this.state !== PENDING) return;
      this.state = RESOLVED;
      if (this.made !== null) this.made.resolve(undefined);
    }
    reject(error) {
      if (this.state !== PENDING) return;
      this.state = REJECTED;
      this.error = error;
      if (this.made !== null) {
        markHandled(this.made.promise);
        this.made.reject(error);
      }
    }
  }
  ops.record(Node, Queue, LazyPromise);
  ops.resolvedLazily = function () {
    const lazy = new LazyPromise();
    lazy.resolve();
    return lazy;
  };
  ops.rejectedLazily = function (error) {
    const lazy = new LazyPromise();
    lazy.reject(error);
    return lazy;
  };
  ops.pendingLazily = () => new LazyPromise();

  // A promise of what an algorithm comes to; `undefined` for none.
  ops.promiseOf = function (algorithm, first, second) {
    if (algorithm === undefined) return resolved();
    try {
      return resolved(algorithm(first, second));
    } catch (error) {
      return rejected(error);
    }
  };

  // "A promise resolved with" what a start algorithm returned: a new one even where that is a promise.
  ops.startedPromise = (started) =>
    (started === undefined ? resolved() : new Promise((resolve) => resolve(started)));

  // https://streams.spec.whatwg.org/#abstract-opdef-enqueuevaluewithsize
  ops.checkSize = function (size) {
    if (!(size >= 0) || size === Infinity) {
      throw new RangeError('The size of a chunk must be a finite number that is not negative.');
    }
    return size;
  };

  // A member of a dictionary that is a callback function.
  ops.toCallback = function (value, name) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`'${name}' is not a function.`);
    }
    return value;
  };
  // What a callback with a promise as its return type returned, as Web IDL converts it: always a
  // new promise, as others can tell by the time it takes.
  const toPromise = (value) =>
    (isObject(value) ? new Promise((resolve) => resolve(value)) : resolved(value));

  // Callbacks as algorithms with no, one or two arguments; `undefined` for none.
  ops.toAlgorithm = function (callback, thisArgument, count) {
    if (callback === undefined) return undefined;
    if (count === 0) return () => toPromise(apply(callback, thisArgument, []));
    if (count === 1) return (first) => toPromise(apply(callback, thisArgument, [first]));
    return (first, second) => toPromise(apply(callback, thisArgument, [first, second]));
  };
  // The callback `start`, which returns anything.
  ops.toStart = function (callback, thisArgument) {
    if (callback === undefined) return undefined;
    return (controller) => apply(callback, thisArgument, [controller]);
  };

  // An argument of type `optional object`.
  ops.toSource = function (value, where) {
    if (value !== undefined && !isObject(value)) throw new TypeError(`${where}: not an object.`);
    return value;
  };

  // The dictionary QueuingStrategy as {highWaterMark, size}, with `undefined` for what is missing.
  ops.toStrategy = function (value, where) {
    const { highWaterMark, size } = toDictionary(value, where);
    return {
      highWaterMark: highWaterMark === undefined ? undefined : +highWaterMark,
      size: ops.toCallback(size, 'size'),
    };
  };
  ops.highWaterMark = function (strategy, fallback) {
    const { highWaterMark } = strategy;
    if (highWaterMark === undefined) return fallback;
    if (highWaterMark !== highWaterMark || highWaterMark < 0) {
      throw new RangeError('The highWaterMark must be a number that is not negative.');
    }
    return highWaterMark;
  };
  // `undefined` stands for a size of 1.
  ops.sizeAlgorithm = function (strategy) {
    const { size } = strategy;
    return size === undefined ? undefined : (chunk) => +apply(size, undefined, [chunk]);
  };

  class CountQueuingStrategy {
    #highWaterMark;
    constructor(init) {
      this.#highWaterMark = markOf(arguments.length, init, 'CountQueuingStrategy');
    }
    get highWaterMark() { return this.#highWaterMark; }
    get size() { this.#highWaterMark; return countSize; }
  }
  class ByteLengthQueuingStrategy {
    #highWaterMark;
    constructor(init) {
      this.#highWaterMark = markOf(arguments.length, init, 'ByteLengthQueuingStrategy');
    }
    get highWaterMark() { return this.#highWaterMark; }
    get size() { this.#highWaterMark; return byteLengthSize; }
  }
  const countSize = { size() { return 1; } }.size;
  const byteLengthSize = { size(chunk) { return chunk.byteLength; } }.size;
  function markOf(count, init, where) {
    requireArguments(count, 1, where);
    const { highWaterMark } = toDictionary(init, where);
    if (highWaterMark === undefined) throw new TypeError(`${where}: no highWaterMark.`);
    return +highWaterMark;
  }
  internal.defineInterface('CountQueuingStrategy', CountQueuingStrategy);
  internal.defineInterface('ByteLengthQueuingStrategy', ByteLengthQueuingStrategy);
})
