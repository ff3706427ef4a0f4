// HKDF and PBKDF2. https://w3c.github.io/webcrypto/#hkdf
(function (internal) {
  'use strict';
  const { native, subtle } = internal;
  const { error, usage } = subtle;

  function define(name, dictionary, derive) {
    subtle.define(name, {
      __proto__: null,
      // `done` gets the handle of the secret.
      deriveBits(params, key, length, done, fail) {
        if (length === null || length % 8 !== 0) {
          throw error('OperationError', 'The length is not a multiple of 8.');
        }
        const number = derive(params, key, length / 8);
        if (length === 0) done(native.cryptoSecret(new internal.primordials.Uint8Array(0)));
        else internal.whenFinished(number, (handles) => done(handles[0]), fail);
      },
      importKey(format, data, params, extractable, usages) {
        if (format !== 'raw') {
          throw error('NotSupportedError', `The format ${format} is not supported.`);
        }
        subtle.checkUsages(usages, usage.deriveKey | usage.deriveBits);
        if (extractable) throw error('SyntaxError', `A key for ${name} cannot be extractable.`);
        return subtle.makeRecord(
          'secret', false, subtle.keyAlgorithm(name), usages, native.cryptoSecret(data));
      },
      keyLength: () => null,
    }, {
      __proto__: null, deriveBits: dictionary, importKey: 'Algorithm', keyLength: 'Algorithm',
    });
  }

  // Nothing is begun for no bytes at all.
  define('HKDF', 'HkdfParams', (params, key, count) =>
    (count === 0 ? undefined
      : native.cryptoHKDF(params.hash, key.handle, params.salt, params.info, count)));
  define('PBKDF2', 'Pbkdf2Params', (params, key, count) => {
    if (params.iterations === 0) throw error('OperationError', 'There are no iterations.');
    return count === 0 ? undefined
      : native.cryptoPBKDF2(params.hash, key.handle, params.salt, params.iterations, count);
  });
})
