// https://w3c.github.io/webcrypto/: the interfaces. What `subtle` does is in scripts that are
// evaluated with its first use.
(function (internal) {
  'use strict';
  const { native, token, requireArguments, bytesOf, isObject } = internal;
  const { apply, rejected, isView, viewTag, viewByteLength } = internal.primordials;
  const integerTags = new internal.primordials.SafeSet();
  for (const bits of [8, 16, 32]) {
    integerTags.add(`Int${bits}Array`);
    integerTags.add(`Uint${bits}Array`);
  }
  for (const tag of ['Uint8ClampedArray', 'BigInt64Array', 'BigUint64Array']) integerTags.add(tag);

  // A key is a record: its type, whether it is extractable, its algorithm, its usages as bits, and
  // the handle of what is in it, which no script ever sees. Keys share records.
  class CryptoKey {
    #record;
    #algorithm = null;
    #usages = null;
    constructor(key = undefined, record = undefined) {
      if (key !== token) throw internal.illegalConstructor();
      this.#record = record;
    }
    get type() { return this.#record.type; }
    get extractable() { return this.#record.extractable; }
    get algorithm() { return this.#algorithm ??= internal.subtle.describe(this.#record.algorithm); }
    get usages() { return this.#usages ??= internal.subtle.usageList(this.#record.usages); }
    static {
      internal.cryptoKey = {
        is: (value) => isObject(value) && #record in value,
        record: (key) => key.#record,
        create: (record) => new CryptoKey(token, record),
      };
    }
  }
  internal.defineInterface('CryptoKey', CryptoKey);
  internal.defineSerializable('CryptoKey', {
    is: internal.cryptoKey.is,
    serialize: (key) => internal.subtle.serializeKey(internal.cryptoKey.record(key)),
    deserialize(fields) {
      internal.load('crypto');
      return internal.cryptoKey.create(internal.subtle.deserializeKey(fields));
    },
  });

  class SubtleCrypto {
    #brand;
    constructor(key = undefined) { if (key !== token) throw internal.illegalConstructor(); }
    encrypt(algorithm, key, data) { return SubtleCrypto.#call(this, 'encrypt', 3, arguments); }
    decrypt(algorithm, key, data) { return SubtleCrypto.#call(this, 'decrypt', 3, arguments); }
    sign(algorithm, key, data) { return SubtleCrypto.#call(this, 'sign', 3, arguments); }
    verify(algorithm, key, signature, data) {
      return SubtleCrypto.#call(this, 'verify', 4, arguments);
    }
    digest(algorithm, data) { return SubtleCrypto.#call(this, 'digest', 2, arguments); }
    generateKey(algorithm, extractable, keyUsages) {
      return SubtleCrypto.#call(this, 'generateKey', 3, arguments);
    }
    deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
      return SubtleCrypto.#call(this, 'deriveKey', 5, arguments);
    }
    deriveBits(algorithm, baseKey, length = null) {
      return SubtleCrypto.#call(this, 'deriveBits', 2, arguments);
    }
    importKey(format, keyData, algorithm, extractable, keyUsages) {
      return SubtleCrypto.#call(this, 'importKey', 5, arguments);
    }
    exportKey(format, key) { return SubtleCrypto.#call(this, 'exportKey', 2, arguments); }
    wrapKey(format, key, wrappingKey, wrapAlgorithm) {
      return SubtleCrypto.#call(this, 'wrapKey', 4, arguments);
    }
    unwrapKey(
      format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable,
      keyUsages) {
      return SubtleCrypto.#call(this, 'unwrapKey', 7, arguments);
    }
    // What an operation with a promise throws is what its promise is rejected with.
    static #call(object, name, required, list) {
      try {
        object.#brand;
        requireArguments(list.length, required, `SubtleCrypto.${name}`);
        internal.load('crypto');
        return apply(internal.subtle[name], undefined, list);
      } catch (error) {
        return rejected(error);
      }
    }
  }
  internal.defineInterface('SubtleCrypto', SubtleCrypto);

  class Crypto {
    #subtle = new SubtleCrypto(token);
    constructor(key = undefined) { if (key !== token) throw internal.illegalConstructor(); }
    get subtle() { return this.#subtle; }
    getRandomValues(array) {
      this.#subtle;
      requireArguments(arguments.length, 1, 'Crypto.getRandomValues');
      if (!isView(array)) throw new TypeError('Crypto.getRandomValues: not an ArrayBufferView.');
      if (!integerTags.has(viewTag(array))) {
        throw new internal.DOMException('Not an array of integers.', 'TypeMismatchError');
      }
      if (viewByteLength(array) > 65536) {
        throw internal.quotaExceeded('More than 65536 bytes.');
      }
      internal.primordials.setBytes(
        bytesOf(array), native.randomBytes(viewByteLength(array)));
      return array;
    }
    randomUUID() {
      this.#subtle;
      return native.randomUUID();
    }
  }
  internal.defineInterface('Crypto', Crypto);
  const crypto = new Crypto(token);
  internal.defineGlobalGetter('crypto', () => crypto);
})
