// https://w3c.github.io/webcrypto/#crypto-interface, without `subtle`.
(function (internal) {
  'use strict';
  const { native, token, requireArguments, bytesOf } = internal;
  const { isView, viewTag, viewByteLength } = internal.primordials;
  const integerTags = new internal.primordials.SafeSet();
  for (const bits of [8, 16, 32]) {
    integerTags.add(`Int${bits}Array`);
    integerTags.add(`Uint${bits}Array`);
  }
  for (const tag of ['Uint8ClampedArray', 'BigInt64Array', 'BigUint64Array']) integerTags.add(tag);

  class Crypto {
    #brand;
    constructor(key) { if (key !== token) throw internal.illegalConstructor(); }
    getRandomValues(array) {
      this.#brand;
      requireArguments(arguments.length, 1, 'Crypto.getRandomValues');
      if (!isView(array)) throw new TypeError('Crypto.getRandomValues: not an ArrayBufferView.');
      if (!integerTags.has(viewTag(array))) {
        throw new internal.DOMException('Not an array of integers.', 'TypeMismatchError');
      }
      if (viewByteLength(array) > 65536) {
        throw new internal.DOMException('More than 65536 bytes.', 'QuotaExceededError');
      }
      internal.primordials.setBytes(
        bytesOf(array), native.randomBytes(viewByteLength(array)));
      return array;
    }
    randomUUID() {
      this.#brand;
      return native.randomUUID();
    }
  }
  internal.defineInterface('Crypto', Crypto);
  const crypto = new Crypto(token);
  internal.defineGlobalGetter('crypto', () => crypto);
})
