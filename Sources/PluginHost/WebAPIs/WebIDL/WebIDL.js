// What the other scripts share: builtins captured before a plugin can change them, the conversions
// of Web IDL and the shape of interface objects. https://webidl.spec.whatwg.org/
//
// Each script is a function of one object, `internal`, which no plugin can reach: `internal.native`
// has the functions written in Swift, the rest is what the scripts offer each other.
(function (internal) {
  'use strict';
  const { bind, call } = Function.prototype;
  const uncurry = bind.bind(call);
  const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, setPrototypeOf } = Object;
  const { apply, ownKeys } = Reflect;
  const hasInstance = uncurry(Function.prototype[Symbol.hasInstance]);

  // A subclass whose prototype holds the methods itself and inherits nothing: calls on its
  // instances are as fast as usual and a plugin's changes to the builtin do not reach them.
  function makeSafe(base) {
    const safe = class extends base {};
    for (const key of ownKeys(base.prototype)) {
      if (key === 'constructor') continue;
      defineProperty(safe.prototype, key, getOwnPropertyDescriptor(base.prototype, key));
    }
    setPrototypeOf(safe.prototype, null);
    return safe;
  }

  const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
  const getter = (object, name) => uncurry(getOwnPropertyDescriptor(object, name).get);
  const primordials = {
    apply, ownKeys, defineProperty, getOwnPropertyDescriptor, setPrototypeOf, uncurry, hasInstance,
    freeze: Object.freeze,
    getPrototypeOf: Object.getPrototypeOf,
    floor: Math.floor,
    isArray: Array.isArray,
    isView: ArrayBuffer.isView,
    Array, ArrayBuffer, Error, Map, Number, Object, Promise, RangeError, Set, String, Symbol,
    SyntaxError, TypeError, Uint8Array,
    iteratorSymbol: Symbol.iterator,
    SafeMap: makeSafe(Map),
    SafeSet: makeSafe(Set),
    then: uncurry(Promise.prototype.then),
    resolved: Promise.resolve.bind(Promise),
    rejected: Promise.reject.bind(Promise),
    parseJSON: JSON.parse,
    stringifyJSON: JSON.stringify,
    join: uncurry(Array.prototype.join),
    sort: uncurry(Array.prototype.sort),
    slice: uncurry(String.prototype.slice),
    split: uncurry(String.prototype.split),
    replaceAll: uncurry(String.prototype.replaceAll),
    charCodeAt: uncurry(String.prototype.charCodeAt),
    indexOf: uncurry(String.prototype.indexOf),
    lowerCase: uncurry(String.prototype.toLowerCase),
    upperCase: uncurry(String.prototype.toUpperCase),
    startsWith: uncurry(String.prototype.startsWith),
    wellFormed: uncurry(String.prototype.toWellFormed),
    execute: uncurry(RegExp.prototype.exec),
    viewBuffer: getter(typedArray, 'buffer'),
    viewByteOffset: getter(typedArray, 'byteOffset'),
    viewByteLength: getter(typedArray, 'byteLength'),
    viewTag: getter(typedArray, Symbol.toStringTag),
    setBytes: uncurry(typedArray.set),
    subarray: uncurry(typedArray.subarray),
    sliceBytes: uncurry(Uint8Array.prototype.slice),
    dataViewBuffer: getter(DataView.prototype, 'buffer'),
    dataViewByteOffset: getter(DataView.prototype, 'byteOffset'),
    dataViewByteLength: getter(DataView.prototype, 'byteLength'),
    bufferByteLength: getter(ArrayBuffer.prototype, 'byteLength'),
    bufferDetached: getter(ArrayBuffer.prototype, 'detached'),
    bufferResizable: getter(ArrayBuffer.prototype, 'resizable'),
  };
  internal.primordials = primordials;
  const { wellFormed, slice, execute, isView, bufferByteLength } = primordials;

  const methodNames = (object) => getOwnPropertyNames(object);

  // Gives a class the attributes of an interface object and its name a place in the global.
  // Operations and attributes are enumerable; `hidden` keeps an interface off the global.
  const interfacePrototypes = new primordials.SafeSet();
  internal.isInterfacePrototype = (object) => interfacePrototypes.has(object);
  internal.defineInterface = function (name, constructor, { hidden = false } = {}) {
    interfacePrototypes.add(constructor.prototype);
    for (const key of methodNames(constructor.prototype)) {
      if (key !== 'constructor') makeEnumerable(constructor.prototype, key);
    }
    for (const key of methodNames(constructor)) {
      if (key !== 'length' && key !== 'name' && key !== 'prototype') {
        makeEnumerable(constructor, key);
      }
    }
    defineProperty(constructor.prototype, Symbol.toStringTag, {
      value: name, configurable: true, enumerable: false, writable: false,
    });
    if (!hidden) internal.defineGlobal(name, constructor);
  };

  function makeEnumerable(object, key) {
    const descriptor = getOwnPropertyDescriptor(object, key);
    if (!descriptor.configurable) return;
    descriptor.enumerable = true;
    defineProperty(object, key, descriptor);
  }

  internal.defineGlobal = function (name, value, enumerable = false) {
    defineProperty(globalThis, name, { value, enumerable, configurable: true, writable: true });
  };

  internal.defineGlobalGetter = function (name, get, set) {
    defineProperty(globalThis, name, { get, set, enumerable: true, configurable: true });
  };

  // Constants are on the interface object and on its prototype, and cannot change.
  internal.defineConstants = function (constructor, constants) {
    for (const key of ownKeys(constants)) {
      const property = {
        value: constants[key], enumerable: true, configurable: false, writable: false,
      };
      defineProperty(constructor, key, property);
      defineProperty(constructor.prototype, key, property);
    }
  };

  // Who constructs with this token is one of our own scripts.
  internal.token = Symbol('internal');
  internal.illegalConstructor = () => new TypeError('Illegal constructor');

  internal.requireArguments = function (count, required, where) {
    if (count < required) {
      throw new TypeError(
        `${where}: ${required} argument${required === 1 ? '' : 's'} required, but only ${count} present.`);
    }
  };

  internal.isObject = (value) =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  internal.toUSVString = (value) => wellFormed(`${value}`);

  const notByte = /[^\x00-\xff]/;
  internal.toByteString = function (value) {
    const string = `${value}`;
    if (execute(notByte, string) !== null) {
      throw new TypeError('The string contains a character that is not a byte.');
    }
    return string;
  };

  const noMembers = primordials.freeze({ __proto__: null });
  internal.toDictionary = function (value, where) {
    if (value === undefined || value === null) return noMembers;
    if (!internal.isObject(value)) throw new TypeError(`${where}: not an object.`);
    return value;
  };

  // An integer type with [EnforceRange] or without (modulo).
  internal.toEnforcedInteger = function (value, minimum, maximum, where) {
    const number = +value;
    if (number !== number || number === Infinity || number === -Infinity) {
      throw new TypeError(`${where}: not a finite number.`);
    }
    const integer = number < 0 ? -(-number - (-number % 1)) : number - (number % 1);
    if (integer < minimum || integer > maximum) throw new TypeError(`${where}: out of range.`);
    return integer + 0;
  };
  internal.toUnsignedShort = function (value) {
    const number = +value;
    return (number >= -2147483648 && number <= 2147483647 ? number | 0 : number % 65536) & 0xffff;
  };

  // A sequence<T> of Web IDL.
  internal.toSequence = function (value, convert, where) {
    const method = internal.isObject(value) ? value[primordials.iteratorSymbol] : undefined;
    if (typeof method !== 'function') throw new TypeError(`${where}: not a sequence.`);
    const iterator = apply(method, value, []);
    if (!internal.isObject(iterator)) throw new TypeError(`${where}: the iterator is no object.`);
    const { next } = iterator;
    const result = [];
    for (;;) {
      const step = apply(next, iterator, []);
      if (!internal.isObject(step)) throw new TypeError(`${where}: the iterator is broken.`);
      if (step.done) return result;
      result[result.length] = convert(step.value);
    }
  };

  // A [Clamp] long long: to the nearest integer, to the even one of two.
  internal.roundToEven = function (number) {
    if (number !== number) return 0;
    if (number >= 9007199254740991) return 9007199254740991;
    if (number <= -9007199254740991) return -9007199254740991;
    const below = primordials.floor(number);
    const rest = number - below;
    if (rest < 0.5 || (rest === 0.5 && below % 2 === 0)) return below + 0;
    return below + 1;
  };

  internal.toEnum = function (value, allowed, where) {
    const string = `${value}`;
    for (let i = 0; i < allowed.length; i++) if (allowed[i] === string) return string;
    throw new TypeError(`${where}: '${string}' is not a valid enum value.`);
  };

  internal.asciiWhitespaceTrim = function (string) {
    let start = 0;
    let end = string.length;
    while (start < end && isWhitespace(string[start])) start++;
    while (end > start && isWhitespace(string[end - 1])) end--;
    return start === 0 && end === string.length ? string : slice(string, start, end);
  };
  const isWhitespace = (c) => c === ' ' || c === '\t' || c === '\n' || c === '\r' || c === '\f';

  internal.isArrayBuffer = function (value) {
    try {
      bufferByteLength(value);
      return true;
    } catch {
      return false;
    }
  };

  // A BufferSource as a Uint8Array over the same memory; an empty one where that is detached.
  internal.bytesOf = function (source) {
    const p = primordials;
    if (!isView(source)) return isDetached(source) ? new p.Uint8Array(0) : new p.Uint8Array(source);
    const isTyped = p.viewTag(source) !== undefined;
    const buffer = bufferOf(source);
    if (isDetached(buffer)) return new p.Uint8Array(0);
    return isTyped
      ? new p.Uint8Array(buffer, p.viewByteOffset(source), p.viewByteLength(source))
      : new p.Uint8Array(buffer, p.dataViewByteOffset(source), p.dataViewByteLength(source));
  };
  const isDetached = (buffer) => internal.isArrayBuffer(buffer) && primordials.bufferDetached(buffer);
  // Not one over shared memory.
  internal.isBufferSource = (value) =>
    internal.isObject(value) && internal.isArrayBuffer(isView(value) ? bufferOf(value) : value);
  const bufferOf = (view) => (primordials.viewTag(view) === undefined
    ? primordials.dataViewBuffer(view) : primordials.viewBuffer(view));

  // A promise of nothing that nobody has to handle.
  const ignore = () => {};
  internal.markHandled = (promise) => {
    primordials.then(promise, ignore, ignore);
    return promise;
  };

  internal.deferred = function () {
    const deferred = {};
    deferred.promise = new primordials.Promise((resolve, reject) => {
      deferred.resolve = resolve;
      deferred.reject = reject;
    });
    return deferred;
  };

  // Web IDL iterator prototype objects: `next` over an array-like snapshot function.
  const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  internal.defineIterable = function (constructor, name, entryAt) {
    class PairIterator {
      #object;
      #kind;
      #index = 0;
      constructor(token, object, kind) {
        if (token !== internal.token) throw internal.illegalConstructor();
        this.#object = object;
        this.#kind = kind;
      }
      next() {
        const entry = entryAt(this.#object, this.#index);
        if (entry === undefined) return { value: undefined, done: true };
        this.#index++;
        const kind = this.#kind;
        const value = kind === 0 ? entry[0] : kind === 1 ? entry[1] : [entry[0], entry[1]];
        return { value, done: false };
      }
    }
    delete PairIterator.prototype.constructor;
    setPrototypeOf(PairIterator.prototype, iteratorPrototype);
    makeEnumerable(PairIterator.prototype, 'next');
    defineProperty(PairIterator.prototype, Symbol.toStringTag, {
      value: `${name} Iterator`, configurable: true,
    });
    const methods = {
      entries() { return new PairIterator(internal.token, check(this), 2); },
      keys() { return new PairIterator(internal.token, check(this), 0); },
      values() { return new PairIterator(internal.token, check(this), 1); },
      forEach(callback, thisArgument = undefined) {
        check(this);
        internal.requireArguments(arguments.length, 1, `${name}.forEach`);
        if (typeof callback !== 'function') throw new TypeError(`${name}.forEach: not a function.`);
        for (let i = 0, entry; (entry = entryAt(this, i)) !== undefined; i++) {
          apply(callback, thisArgument, [entry[1], entry[0], this]);
        }
      },
    };
    const check = (object) => (entryAt(object, 0), object);
    for (const key of ['entries', 'keys', 'values', 'forEach']) {
      defineProperty(constructor.prototype, key, {
        value: methods[key], enumerable: true, configurable: true, writable: true,
      });
    }
    defineProperty(constructor.prototype, Symbol.iterator, {
      value: methods.entries, enumerable: false, configurable: true, writable: true,
    });
  };
})
