// https://w3c.github.io/webcrypto/#algorithms: the registry, "normalize an algorithm", and the
// conversions of arguments.
(function (internal) {
  'use strict';
  const { DOMException, isObject, toEnforcedInteger, bytesOf } = internal;
  const {
    SafeMap, Uint8Array, apply, execute, lowerCase, iteratorSymbol, isView, viewTag, viewBuffer,
    viewByteLength, dataViewBuffer, dataViewByteLength, bufferByteLength, bufferResizable, setBytes,
  } = internal.primordials;

  // What the scripts of this group share, and what `SubtleCrypto` calls.
  const subtle = { __proto__: null };
  internal.subtle = subtle;

  subtle.error = (name, message) => new DOMException(message, name);
  const { error } = subtle;

  // MARK: BufferSource

  // Neither shared nor resizable memory is a BufferSource.
  function isPlainBuffer(buffer) {
    return internal.isArrayBuffer(buffer) && !bufferResizable(buffer);
  }
  function bufferOf(view) {
    if (viewTag(view) !== undefined) return viewBuffer(view);
    return dataViewBuffer(view);
  }
  subtle.isBufferSource = (value) =>
    isObject(value) && isPlainBuffer(isView(value) ? bufferOf(value) : value);
  subtle.toBufferSource = function (value, where) {
    if (!subtle.isBufferSource(value)) throw new TypeError(`${where}: not a BufferSource.`);
    return value;
  };

  // "Get a copy of the bytes held by the buffer source": none where it is detached.
  subtle.copyBytes = function (source) {
    let length = 0;
    if (!isView(source)) {
      length = bufferByteLength(source);
    } else if (viewTag(source) !== undefined) {
      length = viewByteLength(source);
    } else {
      try { length = dataViewByteLength(source); } catch { /* Detached. */ }
    }
    const copy = new Uint8Array(length);
    if (length > 0) setBytes(copy, bytesOf(source));
    return copy;
  };

  // MARK: Dictionaries

  const identifier = { __proto__: null, convert: toIdentifier, finish: (value) => hashName(value) };
  const bufferSource = {
    __proto__: null, convert: subtle.toBufferSource, finish: subtle.copyBytes,
  };
  const bigInteger = {
    __proto__: null,
    convert(value, where) {
      if (!subtle.isBufferSource(value) || !isView(value) || viewTag(value) !== 'Uint8Array') {
        throw new TypeError(`${where}: not a Uint8Array.`);
      }
      return value;
    },
    finish: subtle.copyBytes,
  };
  const integer = (maximum) => ({
    __proto__: null,
    convert: (value, where) => toEnforcedInteger(value, 0, maximum, where),
    finish: undefined,
  });
  const octet = integer(0xff);
  const unsignedShort = integer(0xffff);
  const unsignedLong = integer(0xffffffff);
  const string = { __proto__: null, convert: (value) => `${value}`, finish: undefined };
  const publicKey = {
    __proto__: null,
    convert(value, where) {
      if (!internal.cryptoKey.is(value)) throw new TypeError(`${where}: not a CryptoKey.`);
      return internal.cryptoKey.record(value);
    },
    finish: undefined,
  };

  const required = (name, type) => ({ __proto__: null, name, type, isRequired: true });
  const optional = (name, type) => ({ __proto__: null, name, type, isRequired: false });

  // The members beyond `name`, in the order in which Web IDL reads them.
  subtle.dictionaries = {
    __proto__: null,
    Algorithm: [],
    RsaHashedKeyGenParams: [
      required('modulusLength', unsignedLong), required('publicExponent', bigInteger),
      required('hash', identifier),
    ],
    RsaHashedImportParams: [required('hash', identifier)],
    RsaPssParams: [required('saltLength', unsignedLong)],
    RsaOaepParams: [optional('label', bufferSource)],
    EcdsaParams: [required('hash', identifier)],
    EcKeyParams: [required('namedCurve', string)],
    EcdhKeyDeriveParams: [required('public', publicKey)],
    AesCtrParams: [required('counter', bufferSource), required('length', octet)],
    AesKeyParams: [required('length', unsignedShort)],
    AesCbcParams: [required('iv', bufferSource)],
    AesGcmParams: [
      optional('additionalData', bufferSource), required('iv', bufferSource),
      optional('tagLength', octet),
    ],
    HmacParams: [required('hash', identifier), optional('length', unsignedLong)],
    HkdfParams: [
      required('hash', identifier), required('info', bufferSource), required('salt', bufferSource),
    ],
    Pbkdf2Params: [
      required('hash', identifier), required('iterations', unsignedLong),
      required('salt', bufferSource),
    ],
    Ed448Params: [optional('context', bufferSource)],
  };

  // Converts the members, then does what normalization does with some types of them.
  function convert(members, value, result) {
    for (let i = 0; i < members.length; i++) {
      const { name, type, isRequired } = members[i];
      const member = value[name];
      const where = `The algorithm's ${name}`;
      if (member === undefined) {
        if (isRequired) throw new TypeError(`${where} is missing.`);
        result[name] = undefined;
      } else {
        result[name] = type.convert(member, where);
      }
    }
    for (let i = 0; i < members.length; i++) {
      const { name, type } = members[i];
      if (type.finish !== undefined && result[name] !== undefined) {
        result[name] = type.finish(result[name]);
      }
    }
    return result;
  }

  // MARK: The registry

  // "operation name-in-small-letters" → {name, members, handler}
  const registry = new SafeMap();

  // Registers an algorithm: `operations` has the dictionary of each operation that it supports.
  subtle.define = function (name, handler, operations) {
    for (const operation in operations) {
      registry.set(`${operation} ${lowerCase(name)}`, {
        __proto__: null, name, members: subtle.dictionaries[operations[operation]], handler,
      });
    }
  };

  // AlgorithmIdentifier: an object or a string.
  function toIdentifier(value) {
    return isObject(value) ? value : `${value}`;
  }
  subtle.toIdentifier = toIdentifier;

  const notASCII = /[^\x00-\x7f]/;
  // The parameters as an object without a prototype: `name`, `handler`, and what the dictionary has.
  subtle.normalize = function (algorithm, operation) {
    const value = isObject(algorithm) ? algorithm : { __proto__: null, name: algorithm };
    const initial = value.name;
    if (initial === undefined) throw new TypeError('The algorithm has no name.');
    const name = `${initial}`;
    const entry = execute(notASCII, name) === null
      ? registry.get(`${operation} ${lowerCase(name)}`) : undefined;
    if (entry === undefined) {
      throw error('NotSupportedError', `The algorithm '${name}' does not support ${operation}.`);
    }
    // The conversion to the dictionary of this algorithm reads the name again.
    if (isObject(algorithm)) {
      const again = value.name;
      if (again === undefined) throw new TypeError('The algorithm has no name.');
      `${again}`;
    }
    return convert(
      entry.members, value, { __proto__: null, name: entry.name, handler: entry.handler });
  };

  const hashName = (value) => subtle.normalize(value, 'digest').name;

  // The handler of a key's algorithm for an operation; undefined where it does not support it.
  subtle.handlerOf = (name, operation) =>
    registry.get(`${operation} ${lowerCase(name)}`)?.handler;

  // MARK: Usages

  const usageNames = [
    'encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey',
  ];
  const usageBits = new SafeMap();
  for (let i = 0; i < usageNames.length; i++) usageBits.set(usageNames[i], 1 << i);
  subtle.usage = {
    __proto__: null, encrypt: 1, decrypt: 2, sign: 4, verify: 8, deriveKey: 16, deriveBits: 32,
    wrapKey: 64, unwrapKey: 128,
  };
  subtle.usageBit = (name) => usageBits.get(name);

  subtle.usageList = function (bits) {
    const list = [];
    for (let i = 0; i < usageNames.length; i++) {
      if ((bits & (1 << i)) !== 0) list[list.length] = usageNames[i];
    }
    return list;
  };

  // Calls `body` with each item of a Web IDL sequence.
  subtle.forEachOfSequence = function (value, where, body) {
    if (!isObject(value)) throw new TypeError(`${where}: not a sequence.`);
    const method = value[iteratorSymbol];
    if (typeof method !== 'function') throw new TypeError(`${where}: not iterable.`);
    const iterator = apply(method, value, []);
    if (!isObject(iterator)) throw new TypeError(`${where}: not iterable.`);
    const { next } = iterator;
    while (true) {
      const item = apply(next, iterator, []);
      if (!isObject(item)) throw new TypeError(`${where}: not iterable.`);
      if (item.done) return;
      body(item.value);
    }
  };

  subtle.toUsages = function (value, where) {
    let bits = 0;
    subtle.forEachOfSequence(value, where, (item) => {
      const name = `${item}`;
      const bit = usageBits.get(name);
      if (bit === undefined) throw new TypeError(`${where}: '${name}' is no KeyUsage.`);
      bits |= bit;
    });
    return bits;
  };
  subtle.checkUsages = function (usages, allowed) {
    if ((usages & ~allowed) !== 0) {
      throw error('SyntaxError', 'The algorithm does not support one of the usages.');
    }
  };
  subtle.requireUsages = function (usages) {
    if (usages === 0) throw error('SyntaxError', 'A secret or private key needs a usage.');
  };

  // MARK: Key algorithms

  subtle.keyAlgorithm = (name) => ({
    __proto__: null, name, length: undefined, hash: undefined, namedCurve: undefined,
    modulusLength: undefined, publicExponent: undefined,
  });

  // The object that scripts see of a key's algorithm.
  subtle.describe = function (algorithm) {
    const { name, length, hash, namedCurve, modulusLength, publicExponent } = algorithm;
    if (modulusLength !== undefined) {
      return {
        name, modulusLength, publicExponent: subtle.copyBytes(publicExponent),
        hash: { name: hash },
      };
    }
    if (namedCurve !== undefined) return { name, namedCurve };
    if (hash !== undefined) return { name, hash: { name: hash }, length };
    if (length !== undefined) return { name, length };
    return { name };
  };

  subtle.makeRecord = (type, extractable, algorithm, usages, handle) =>
    ({ __proto__: null, type, extractable, algorithm, usages, handle });
})
