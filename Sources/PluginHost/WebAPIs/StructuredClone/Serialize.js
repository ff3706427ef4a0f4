// StructuredSerialize and its relatives:
// https://html.spec.whatwg.org/#safe-passing-of-structured-data
//
// A serialised value is a list of plain items, so that it can also leave the process: numbers,
// strings and booleans, each value a kind (below) and what belongs to it. Bytes, and what cannot
// leave the process, lie beside it in lists of their own.
//
// Platform objects say by themselves how they are serialised and transferred:
//
//   internal.defineSerializable('Blob', {
//     is: (value) => …,                  // whether it is one
//     serialize: (value) => [ … ],       // values, which are serialised in turn
//     deserialize: (fields) => …,        // the object of such values
//     inProcess: true,                   // the values lie beside the list as they are (optional)
//   });
//   internal.defineTransferable('MessagePort', {
//     is: (value) => …, isDetached: (value) => …,
//     transfer: (value) => holder,       // detaches the object
//     receive: (holder) => …,            // makes the new object
//   });
(function (internal) {
  'use strict';
  const { isObject, DOMException } = internal;
  const { SafeMap, ArrayBuffer, isView, uncurry, getOwnPropertyDescriptor, freeze } =
    internal.primordials;
  const getter = (object, name) => uncurry(getOwnPropertyDescriptor(object, name).get);
  const keysOf = Object.keys, hasOwn = Object.hasOwn, getPrototypeOf = Object.getPrototypeOf;
  const isArray = Array.isArray, isError = Error.isError;
  const classOf = uncurry(Object.prototype.toString);
  const tagSymbol = Symbol.toStringTag;
  const Module = globalThis.WebAssembly?.Module;
  const isModule = Module === undefined
    ? () => false : uncurry(Function.prototype[Symbol.hasInstance]).bind(undefined, Module);

  const kinds = {
    UNDEFINED: 0, NULL: 1, TRUE: 2, FALSE: 3, NUMBER: 4, NAN: 5, INFINITY: 6, MINUS_INFINITY: 7,
    MINUS_ZERO: 8, STRING: 9, BIGINT: 10, REFERENCE: 11, BOOLEAN_OBJECT: 12, NUMBER_OBJECT: 13,
    STRING_OBJECT: 14, BIGINT_OBJECT: 15, DATE: 16, REGEXP: 17, ERROR: 18, ARRAY: 19, OBJECT: 20,
    MAP: 21, SET: 22, BUFFER: 23, RESIZABLE_BUFFER: 24, VIEW: 25, PLATFORM: 26, TRANSFERRED: 27,
    HELD: 28,
  };
  internal.structuredKinds = freeze(kinds);

  const brand = (read) => (value) => {
    try {
      read(value);
      return true;
    } catch {
      return false;
    }
  };
  const mapSize = getter(Map.prototype, 'size'), setSize = getter(Set.prototype, 'size');
  const mapForEach = uncurry(Map.prototype.forEach), setForEach = uncurry(Set.prototype.forEach);
  const booleanValue = uncurry(Boolean.prototype.valueOf);
  const numberValue = uncurry(Number.prototype.valueOf);
  const stringValue = uncurry(String.prototype.valueOf);
  const bigintValue = uncurry(BigInt.prototype.valueOf);
  const bigintText = uncurry(BigInt.prototype.toString);
  const dateValue = uncurry(Date.prototype.getTime);
  const regExpSource = getter(RegExp.prototype, 'source');
  const regExpFlags = [
    ['d', 'hasIndices'], ['g', 'global'], ['i', 'ignoreCase'], ['m', 'multiline'], ['s', 'dotAll'],
    ['u', 'unicode'], ['v', 'unicodeSets'], ['y', 'sticky'],
  ].map(([flag, name]) => [flag, getter(RegExp.prototype, name)]);
  const { bufferByteLength } = internal.primordials;
  const bufferMaxByteLength = getter(ArrayBuffer.prototype, 'maxByteLength');
  const bufferResizable = getter(ArrayBuffer.prototype, 'resizable');
  const bufferDetached = getter(ArrayBuffer.prototype, 'detached');
  const bufferTransfer = uncurry(ArrayBuffer.prototype.transfer);
  const bufferSlice = uncurry(ArrayBuffer.prototype.slice);
  const typedArray = getPrototypeOf(Uint8Array.prototype);
  const viewLength = getter(typedArray, 'length');
  const viewKeys = uncurry(typedArray.keys);
  const bufferResize = uncurry(ArrayBuffer.prototype.resize);
  const isMap = brand(mapSize), isSet = brand(setSize), isBuffer = brand(bufferByteLength);
  const isBooleanObject = brand(booleanValue), isNumberObject = brand(numberValue);
  const isStringObject = brand(stringValue), isBigIntObject = brand(bigintValue);
  const isDate = brand(dateValue);
  // The prototype alone answers without being one.
  const isRegExp = (value) => value !== RegExp.prototype && brand(regExpSource)(value);

  // Prototypes of built-in objects with internal slots that no rule serialises.
  const opaque = new internal.primordials.SafeSet();
  for (const name of ['Promise', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Symbol']) {
    if (globalThis[name] !== undefined) opaque.add(globalThis[name].prototype);
  }
  opaque.add(getPrototypeOf(function* () {}.prototype));
  opaque.add(getPrototypeOf(async function* () {}.prototype));
  opaque.add(getPrototypeOf(getPrototypeOf([][Symbol.iterator]())));

  const serializables = [], transferables = [];
  internal.defineSerializable = function (name, rules) {
    serializables[serializables.length] = { name, ...rules };
  };
  internal.defineTransferable = function (name, rules) {
    transferables[transferables.length] = { name, ...rules };
  };
  internal.serializableNamed = (name) => find(serializables, (rules) => rules.name === name);
  internal.transferableNamed = (name) => find(transferables, (rules) => rules.name === name);

  function find(rules, test) {
    for (let i = 0; i < rules.length; i++) if (test(rules[i])) return rules[i];
    return undefined;
  }

  function cannotClone(what) {
    throw new DOMException(`${what} cannot be cloned.`, 'DataCloneError');
  }

  class Serializer {
    constructor(forStorage, memory) {
      this.items = [];
      this.buffers = [];
      this.held = [];
      this.forStorage = forStorage;
      // Object → its number, in the order in which a deserialiser meets them.
      this.memory = memory;
      this.count = 0;
    }

    push(item) { this.items[this.items.length] = item; }

    write(value) {
      switch (typeof value) {
        case 'undefined': return this.push(kinds.UNDEFINED);
        case 'boolean': return this.push(value ? kinds.TRUE : kinds.FALSE);
        case 'number': return this.writeNumber(value);
        case 'string':
          this.push(kinds.STRING);
          return this.push(value);
        case 'bigint':
          this.push(kinds.BIGINT);
          return this.push(bigintText(value, 16));
        case 'symbol': return cannotClone('A symbol');
        default:
          if (value === null) this.push(kinds.NULL);
          else this.writeObject(value);
      }
    }

    writeNumber(value) {
      if (value !== value) this.push(kinds.NAN);
      else if (value === Infinity) this.push(kinds.INFINITY);
      else if (value === -Infinity) this.push(kinds.MINUS_INFINITY);
      else if (value === 0 && 1 / value < 0) this.push(kinds.MINUS_ZERO);
      else {
        this.push(kinds.NUMBER);
        this.push(value);
      }
    }

    writeObject(value) {
      const known = this.memory.get(value);
      if (known !== undefined) {
        if (typeof known === 'number') {
          this.push(kinds.REFERENCE);
          this.push(known);
          return;
        }
        // It is transferred: the first place where it stands makes the object.
        this.remember(value);
        this.push(kinds.TRANSFERRED);
        this.push(known.index);
        return;
      }
      if (typeof value === 'function') cannotClone('A function');
      if (isArray(value)) return this.writeArray(value);
      if (isView(value)) return this.writeView(value);
      if (isBuffer(value)) return this.writeBuffer(value);
      if (tagSymbol in value) {
        if (isMap(value)) return this.writeMap(value);
        if (isSet(value)) return this.writeSet(value);
        const rules = this.platformRules(value);
        if (rules !== null) return this.writePlatform(value, rules);
      }
      this.writeOrdinary(value);
    }

    remember(value) { this.memory.set(value, this.count++); }

    // The rules of a platform object; null where it is none.
    platformRules(value) {
      const rules = find(serializables, (each) => each.is(value));
      if (rules !== undefined) return rules;
      for (let each = getPrototypeOf(value); each !== null; each = getPrototypeOf(each)) {
        if (opaque.has(each) || internal.isInterfacePrototype(each)) cannotClone(nameOf(value));
      }
      if (value === globalThis) cannotClone('The global object');
      return isModule(value) ? modules : null;
    }

    writePlatform(value, rules) {
      const fields = rules.serialize(value, this.forStorage);
      this.remember(value);
      if (rules.inProcess) {
        if (this.forStorage) cannotClone(nameOf(value));
        this.push(kinds.HELD);
        this.push(rules.name);
        this.push(this.held.length);
        this.held[this.held.length] = fields;
        return;
      }
      this.push(kinds.PLATFORM);
      this.push(rules.name);
      this.push(fields.length);
      for (let i = 0; i < fields.length; i++) this.write(fields[i]);
    }

    // Objects whose class shows by their internal slots only, and plain ones.
    writeOrdinary(value) {
      const name = tagSymbol in value ? '' : classOf(value);
      const is = (className, test) => (name === '' ? test(value) : name === className);
      if (name !== '[object Object]') {
        if (is('[object Boolean]', isBooleanObject)) {
          this.begin(value, kinds.BOOLEAN_OBJECT);
          return this.push(booleanValue(value));
        }
        if (is('[object Number]', isNumberObject)) {
          this.begin(value, kinds.NUMBER_OBJECT);
          return this.writeNumber(numberValue(value));
        }
        if (is('[object String]', isStringObject)) {
          this.begin(value, kinds.STRING_OBJECT);
          return this.push(stringValue(value));
        }
        if (is('[object Date]', isDate)) {
          this.begin(value, kinds.DATE);
          return this.writeNumber(dateValue(value));
        }
        if (is('[object RegExp]', isRegExp)) return this.writeRegExp(value);
        if (isError(value)) return this.writeError(value);
      }
      if (isBigIntObject(value)) {
        this.begin(value, kinds.BIGINT_OBJECT);
        return this.push(bigintText(bigintValue(value), 16));
      }
      this.platformRules(value);
      this.begin(value, kinds.OBJECT);
      this.writeProperties(value);
    }

    begin(value, kind) {
      this.remember(value);
      this.push(kind);
    }

    writeProperties(value) {
      const keys = keysOf(value);
      const at = this.items.length;
      this.push(0);
      let count = 0;
      for (let i = 0; i < keys.length; i++) {
        // A getter may have deleted it meanwhile.
        if (!hasOwn(value, keys[i])) continue;
        const property = value[keys[i]];
        count++;
        this.push(keys[i]);
        this.write(property);
      }
      this.items[at] = count;
    }

    writeArray(value) {
      this.begin(value, kinds.ARRAY);
      this.push(value.length);
      this.writeProperties(value);
    }

    writeRegExp(value) {
      this.begin(value, kinds.REGEXP);
      this.push(regExpSource(value));
      let flags = '';
      for (let i = 0; i < regExpFlags.length; i++) {
        if (regExpFlags[i][1](value)) flags += regExpFlags[i][0];
      }
      this.push(flags);
    }

    writeError(value) {
      const name = `${value.name}`;
      const descriptor = getOwnPropertyDescriptor(value, 'message');
      const hasMessage = descriptor !== undefined && hasOwn(descriptor, 'value');
      const message = hasMessage ? `${descriptor.value}` : '';
      const stack = getOwnPropertyDescriptor(value, 'stack')?.value;
      this.begin(value, kinds.ERROR);
      this.push(name);
      this.push(hasMessage);
      this.push(message);
      this.push(typeof stack === 'string' ? stack : '');
      const cause = getOwnPropertyDescriptor(value, 'cause');
      const hasCause = cause !== undefined && hasOwn(cause, 'value');
      this.push(hasCause);
      if (hasCause) this.write(cause.value);
    }

    writeMap(value) {
      this.begin(value, kinds.MAP);
      const entries = [];
      mapForEach(value, (item, key) => {
        entries[entries.length] = key;
        entries[entries.length] = item;
      });
      this.push(entries.length);
      for (let i = 0; i < entries.length; i++) this.write(entries[i]);
    }

    writeSet(value) {
      this.begin(value, kinds.SET);
      const entries = [];
      setForEach(value, (item) => { entries[entries.length] = item; });
      this.push(entries.length);
      for (let i = 0; i < entries.length; i++) this.write(entries[i]);
    }

    writeBuffer(value) {
      if (bufferDetached(value)) cannotClone('A detached ArrayBuffer');
      const isResizable = bufferResizable(value);
      this.begin(value, isResizable ? kinds.RESIZABLE_BUFFER : kinds.BUFFER);
      if (isResizable) this.push(bufferMaxByteLength(value));
      this.push(this.buffers.length);
      this.buffers[this.buffers.length] = bufferSlice(value, 0);
    }

    writeView(value) {
      const p = internal.primordials;
      const tag = p.viewTag(value);
      const isDataView = tag === undefined;
      const buffer = isDataView ? p.dataViewBuffer(value) : p.viewBuffer(value);
      const [offset, length, isTracking] = extent(value, buffer, isDataView);
      // The buffer comes first, and so is met first by the deserialiser, too.
      this.push(kinds.VIEW);
      this.write(buffer);
      this.remember(value);
      this.push(tag ?? 'DataView');
      this.push(offset);
      this.push(isTracking ? -1 : length);
    }
  }

  // Where a view lies in its buffer: [byte offset, length, whether it follows the buffer's length].
  function extent(value, buffer, isDataView) {
    const p = internal.primordials;
    if (bufferDetached(buffer)) cannotClone('A view of a detached ArrayBuffer');
    let offset, length;
    try {
      offset = isDataView ? p.dataViewByteOffset(value) : p.viewByteOffset(value);
      length = isDataView ? p.dataViewByteLength(value) : viewLength(value);
      // Throws for one beyond its buffer, as the getters of a DataView do.
      if (!isDataView) viewKeys(value);
    } catch {
      cannotClone('A view beyond its ArrayBuffer');
    }
    return [offset, length, follows(value, buffer, isDataView, offset, length)];
  }

  // Whether a view was made without a length over a resizable buffer.
  function follows(value, buffer, isDataView, offset, length) {
    if (!bufferResizable(buffer)) return false;
    const size = bufferByteLength(buffer), maximum = bufferMaxByteLength(buffer);
    const measure = () => (isDataView
      ? internal.primordials.dataViewByteLength(value) : viewLength(value));
    if (size + 8 <= maximum) {
      bufferResize(buffer, size + 8);
      const grown = measure();
      bufferResize(buffer, size);
      return grown !== length;
    }
    if (size - offset < 8) return false;
    // At its maximum: a shorter one for a moment, with what is cut off put back.
    const rest = bufferSlice(buffer, size - 8);
    bufferResize(buffer, size - 8);
    let shrunk;
    try {
      shrunk = measure();
    } catch {
      shrunk = 0;
    }
    bufferResize(buffer, size);
    internal.primordials.setBytes(
      new internal.primordials.Uint8Array(buffer, size - 8), new internal.primordials.Uint8Array(rest));
    return shrunk !== 0 && shrunk !== length;
  }

  function nameOf(value) {
    const name = value.constructor?.name;
    return typeof name === 'string' && name !== '' ? `An object of ${name}` : 'An object';
  }

  const modules = {
    name: 'WebAssembly.Module', is: isModule, inProcess: true, serialize: (value) => value,
    deserialize: (value) => value,
  };
  internal.defineSerializable(modules.name, modules);

  // StructuredSerialize, StructuredSerializeForStorage.
  internal.structuredSerialize = function (value, forStorage = false) {
    const serializer = new Serializer(forStorage, new SafeMap());
    serializer.write(value);
    return {
      items: serializer.items, buffers: serializer.buffers, held: serializer.held, transferred: [],
    };
  };

  // StructuredSerializeWithTransfer. `transfer` is an array of objects.
  internal.structuredSerializeWithTransfer = function (value, transfer) {
    if (transfer.length === 0) return internal.structuredSerialize(value);
    const memory = new SafeMap();
    const rules = [];
    for (let i = 0; i < transfer.length; i++) {
      const object = transfer[i];
      rules[i] = isBuffer(object) ? buffers : find(transferables, (each) => each.is(object));
      if (rules[i] === undefined) {
        throw new DOMException(`${nameOf(object)} cannot be transferred.`, 'DataCloneError');
      }
      if (memory.get(object) !== undefined) {
        throw new DOMException('An object is to be transferred twice.', 'DataCloneError');
      }
      memory.set(object, { index: i });
    }
    const serializer = new Serializer(false, memory);
    serializer.write(value);
    const transferred = [];
    for (let i = 0; i < transfer.length; i++) {
      if (rules[i].isDetached(transfer[i])) {
        throw new DOMException('An object to be transferred is detached.', 'DataCloneError');
      }
      transferred[i] = { rules: rules[i], holder: rules[i].transfer(transfer[i]) };
    }
    return {
      items: serializer.items, buffers: serializer.buffers, held: serializer.held, transferred,
    };
  };

  const buffers = {
    name: 'ArrayBuffer',
    isDetached: bufferDetached,
    transfer(buffer) {
      try {
        return bufferTransfer(buffer);
      } catch {
        throw new DOMException('The ArrayBuffer cannot be detached.', 'DataCloneError');
      }
    },
    receive: (buffer) => buffer,
  };
})
