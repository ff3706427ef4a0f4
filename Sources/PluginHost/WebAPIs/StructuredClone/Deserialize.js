// StructuredDeserialize and structuredClone():
// https://html.spec.whatwg.org/#structureddeserialize
(function (internal) {
  'use strict';
  const { isObject, DOMException, toDictionary, requireArguments } = internal;
  const { ArrayBuffer, Uint8Array, setBytes, defineProperty, Array, Map, Set, bufferByteLength } =
    internal.primordials;
  const { uncurry } = internal.primordials;
  const kinds = internal.structuredKinds;
  const mapSet = uncurry(Map.prototype.set), setAdd = uncurry(Set.prototype.add);
  const { Boolean, Number, String, BigInt, Date, RegExp, Object } = globalThis;
  const toObject = Object;
  const errors = new internal.primordials.SafeMap();
  for (const constructor of [
    Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
  ]) errors.set(constructor.name, constructor);
  const views = new internal.primordials.SafeMap();
  for (const name of [
    'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array',
    'Uint32Array', 'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array',
    'BigUint64Array', 'DataView',
  ]) if (globalThis[name] !== undefined) views.set(name, globalThis[name]);

  function put(object, key, value) {
    defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }

  class Deserializer {
    constructor(record) {
      this.items = record.items;
      this.at = 0;
      this.record = record;
      this.objects = [];
      this.received = [];
    }

    next() { return this.items[this.at++]; }

    remember(object) {
      this.objects[this.objects.length] = object;
      return object;
    }

    read() {
      switch (this.next()) {
        case kinds.UNDEFINED: return undefined;
        case kinds.NULL: return null;
        case kinds.TRUE: return true;
        case kinds.FALSE: return false;
        case kinds.NUMBER:
        case kinds.STRING: return this.next();
        case kinds.NAN: return NaN;
        case kinds.INFINITY: return Infinity;
        case kinds.MINUS_INFINITY: return -Infinity;
        case kinds.MINUS_ZERO: return -0;
        case kinds.BIGINT: return bigint(this.next());
        case kinds.REFERENCE: return this.objects[this.next()];
        case kinds.BOOLEAN_OBJECT: return this.remember(new Boolean(this.next()));
        case kinds.NUMBER_OBJECT: return this.remember(new Number(this.read()));
        case kinds.STRING_OBJECT: return this.remember(new String(this.next()));
        case kinds.BIGINT_OBJECT: return this.remember(toObject(bigint(this.next())));
        case kinds.DATE: return this.remember(new Date(this.read()));
        case kinds.REGEXP: return this.remember(new RegExp(this.next(), this.next()));
        case kinds.ERROR: return this.readError();
        case kinds.ARRAY: return this.readProperties(this.remember(new Array(this.next())));
        case kinds.OBJECT: return this.readProperties(this.remember({}));
        case kinds.MAP: return this.readMap();
        case kinds.SET: return this.readSet();
        case kinds.BUFFER: return this.remember(this.copy(this.record.buffers[this.next()]));
        case kinds.RESIZABLE_BUFFER: return this.readResizable();
        case kinds.VIEW: return this.readView();
        case kinds.PLATFORM: return this.readPlatform();
        case kinds.HELD: return this.readHeld();
        case kinds.TRANSFERRED: return this.remember(this.receive(this.next()));
        default: throw new DOMException('The data cannot be read.', 'DataCloneError');
      }
    }

    readError() {
      const name = this.next(), hasMessage = this.next(), message = this.next();
      const stack = this.next();
      const error = new (errors.get(name) ?? Error)();
      if (hasMessage) {
        defineProperty(error, 'message', {
          value: message, writable: true, enumerable: false, configurable: true,
        });
      }
      defineProperty(error, 'stack', {
        value: stack, writable: true, enumerable: false, configurable: true,
      });
      this.remember(error);
      if (this.next()) {
        defineProperty(error, 'cause', {
          value: this.read(), writable: true, enumerable: false, configurable: true,
        });
      }
      return error;
    }

    readProperties(object) {
      const count = this.next();
      for (let i = 0; i < count; i++) {
        const key = this.next();
        put(object, key, this.read());
      }
      return object;
    }

    readMap() {
      const map = this.remember(new Map());
      const count = this.next();
      for (let i = 0; i < count; i += 2) {
        const key = this.read();
        mapSet(map, key, this.read());
      }
      return map;
    }

    readSet() {
      const set = this.remember(new Set());
      const count = this.next();
      for (let i = 0; i < count; i++) setAdd(set, this.read());
      return set;
    }

    // One record can be read several times, by the ports of a channel of several.
    copy(buffer) {
      return this.record.isShared ? internal.primordials.sliceBytes(new Uint8Array(buffer)).buffer
        : buffer;
    }

    readResizable() {
      const maxByteLength = this.next();
      const bytes = this.record.buffers[this.next()];
      const buffer = new ArrayBuffer(bufferByteLength(bytes), { maxByteLength });
      setBytes(new Uint8Array(buffer), new Uint8Array(bytes));
      return this.remember(buffer);
    }

    readView() {
      const buffer = this.read();
      const constructor = views.get(this.next());
      const offset = this.next(), length = this.next();
      return this.remember(
        length < 0 ? new constructor(buffer, offset) : new constructor(buffer, offset, length));
    }

    readPlatform() {
      const rules = internal.serializableNamed(this.next());
      if (rules === undefined) throw new DOMException('The data cannot be read.', 'DataCloneError');
      // Its fields come after it and so have later numbers.
      const place = this.objects.length;
      this.remember(undefined);
      const fields = [];
      const count = this.next();
      for (let i = 0; i < count; i++) fields[i] = this.read();
      return (this.objects[place] = rules.deserialize(fields));
    }

    readHeld() {
      const rules = internal.serializableNamed(this.next());
      return this.remember(rules.deserialize(this.record.held[this.next()]));
    }

    // Each holder is received once, however often the object stands in the value.
    receive(index) {
      if (this.received[index] === undefined) {
        const { rules, holder } = this.record.transferred[index];
        this.received[index] = { object: rules.receive(holder) };
      }
      return this.received[index].object;
    }
  }

  function bigint(text) {
    return text[0] === '-' ? -BigInt(`0x${internal.primordials.slice(text, 1)}`) : BigInt(`0x${text}`);
  }

  // StructuredDeserialize.
  internal.structuredDeserialize = (record) => new Deserializer(record).read();

  // StructuredDeserializeWithTransfer: the value, and what was transferred in its order.
  internal.structuredDeserializeWithTransfer = function (record) {
    const deserializer = new Deserializer(record);
    for (let i = 0; i < record.transferred.length; i++) deserializer.receive(i);
    const value = deserializer.read();
    const transferred = [];
    for (let i = 0; i < record.transferred.length; i++) transferred[i] = deserializer.receive(i);
    return { value, transferred };
  };

  // A sequence<object>.
  internal.toTransferList = function (value, where) {
    if (value === undefined) return [];
    const list = [];
    if (!isObject(value) || typeof value[Symbol.iterator] !== 'function') {
      throw new TypeError(`${where}: the objects to transfer are not a sequence.`);
    }
    for (const object of value) {
      if (!isObject(object)) throw new TypeError(`${where}: only objects can be transferred.`);
      list[list.length] = object;
    }
    return list;
  };

  internal.defineGlobal('structuredClone', function structuredClone(value, options = undefined) {
    requireArguments(arguments.length, 1, 'structuredClone');
    const { transfer } = toDictionary(options, 'structuredClone');
    const list = internal.toTransferList(transfer, 'structuredClone');
    const record = internal.structuredSerializeWithTransfer(value, list);
    return internal.structuredDeserializeWithTransfer(record).value;
  }, true);

  internal.defineSerializable('DOMException', {
    is: (value) => internal.isDOMException(value),
    serialize: (value) => [internal.domExceptionName(value), internal.domExceptionMessage(value)],
    deserialize: ([name, message]) => new DOMException(message, name),
  });
})
