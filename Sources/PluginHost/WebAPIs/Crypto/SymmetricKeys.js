// AES and HMAC. https://w3c.github.io/webcrypto/#aes-ctr and following, #hmac
(function (internal) {
  'use strict';
  const { native, subtle } = internal;
  const { viewByteLength } = internal.primordials;
  const { error, usage, dataError } = subtle;
  const operationError = (message) => error('OperationError', message);
  const noBytes = new internal.primordials.Uint8Array(0);

  const hashes = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
  for (let i = 0; i < hashes.length; i++) {
    subtle.define(hashes[i], {
      __proto__: null,
      digest: (params, data) => native.cryptoDigest(params.name, data),
    }, { __proto__: null, digest: 'Algorithm' });
  }

  // The secret of a symmetric key in a format. `checkAlg` is given the length in bytes.
  function importSecret(format, data, extractable, usages, use, checkAlg) {
    if (format === 'raw') return native.cryptoSecret(data);
    if (format !== 'jwk') throw error('NotSupportedError', `The format ${format} is not supported.`);
    if (data.kty !== 'oct') throw dataError("The key's kty is not 'oct'.");
    const bytes = subtle.jwkBytes(data, 'k');
    checkAlg(data.alg, viewByteLength(bytes));
    subtle.checkJSONWebKey(data, 'oct', use, extractable, usages);
    return native.cryptoSecret(bytes);
  }

  function exportSecret(format, record, alg) {
    if (format === 'raw') return native.cryptoSecretBytes(record.handle);
    if (format !== 'jwk') throw error('NotSupportedError', `The format ${format} is not supported.`);
    return {
      alg, ext: record.extractable, k: subtle.base64url(native.cryptoSecretBytes(record.handle)),
      key_ops: subtle.usageList(record.usages), kty: 'oct',
    };
  }

  // MARK: AES

  const isKeyLength = (bits) => bits === 128 || bits === 192 || bits === 256;

  function aesRecord(name, extractable, usages, handle, length) {
    const algorithm = subtle.keyAlgorithm(name);
    algorithm.length = length;
    return subtle.makeRecord('secret', extractable, algorithm, usages, handle);
  }

  function aesHandler(name, allowed, suffix, operations) {
    const algOf = (bits) => `A${bits}${suffix}`;
    return {
      __proto__: null,
      ...operations,
      generateKey(params, extractable, usages, done) {
        subtle.checkUsages(usages, allowed);
        if (!isKeyLength(params.length)) throw operationError('AES has no such key length.');
        subtle.requireUsages(usages);
        const handle = native.cryptoRandomSecret(params.length);
        if (handle === undefined) throw operationError('No random numbers.');
        done(aesRecord(name, extractable, usages, handle, params.length));
      },
      importKey(format, data, params, extractable, usages) {
        subtle.checkUsages(usages, allowed);
        const handle = importSecret(format, data, extractable, usages, 'enc', (alg, length) => {
          if (!isKeyLength(length * 8)) throw dataError('AES has no such key length.');
          if (alg !== undefined && alg !== algOf(length * 8)) {
            throw dataError("The key's alg is of another algorithm.");
          }
        });
        const length = native.cryptoSecretLength(handle) * 8;
        if (!isKeyLength(length)) throw dataError('AES has no such key length.');
        return aesRecord(name, extractable, usages, handle, length);
      },
      exportKey: (format, record) => exportSecret(format, record, algOf(record.algorithm.length)),
      keyLength(params) {
        if (!isKeyLength(params.length)) throw operationError('AES has no such key length.');
        return params.length;
      },
    };
  }

  function defineAES(name, suffix, allowed, handler, operations) {
    subtle.define(name, aesHandler(name, allowed, suffix, handler), {
      __proto__: null, generateKey: 'AesKeyParams', importKey: 'Algorithm', exportKey: 'Algorithm',
      keyLength: 'AesKeyParams', ...operations,
    });
  }

  // `crypt(params)` checks them and gives what the cipher needs of them.
  function defineCipher(name, suffix, dictionary, crypt) {
    const run = (encrypts, params, record, data, asSecret) => {
      const { iv, number, additionalData } = crypt(params);
      return native.cryptoAES(
        name, encrypts, record.handle, iv, number, additionalData, data, asSecret);
    };
    defineAES(
      name, suffix, usage.encrypt | usage.decrypt | usage.wrapKey | usage.unwrapKey, {
        __proto__: null,
        encrypt: (params, record, data) => run(true, params, record, data, false),
        decrypt: (params, record, data, asSecret) => run(false, params, record, data, asSecret),
      }, { __proto__: null, encrypt: dictionary, decrypt: dictionary });
  }

  const requireBlock = (bytes, what) => {
    if (viewByteLength(bytes) !== 16) throw operationError(`The ${what} has not 16 bytes.`);
    return bytes;
  };

  defineCipher('AES-CBC', 'CBC', 'AesCbcParams', (params) =>
    ({ iv: requireBlock(params.iv, 'iv'), number: 0, additionalData: noBytes }));
  defineCipher('AES-CTR', 'CTR', 'AesCtrParams', (params) => {
    requireBlock(params.counter, 'counter');
    if (params.length === 0 || params.length > 128) {
      throw operationError('The length of the counter is not between 1 and 128.');
    }
    return { iv: params.counter, number: params.length, additionalData: noBytes };
  });
  defineCipher('AES-GCM', 'GCM', 'AesGcmParams', (params) => {
    const tag = params.tagLength ?? 128;
    if (tag !== 32 && tag !== 64 && (tag < 96 || tag > 128 || tag % 8 !== 0)) {
      throw operationError('AES-GCM has no such tag length.');
    }
    return { iv: params.iv, number: tag, additionalData: params.additionalData ?? noBytes };
  });

  const keyWrap = (encrypts) => (params, record, data, asSecret) =>
    native.cryptoAES('AES-KW', encrypts, record.handle, noBytes, 0, noBytes, data, !!asSecret);
  defineAES(
    'AES-KW', 'KW', usage.wrapKey | usage.unwrapKey,
    { __proto__: null, wrapKey: keyWrap(true), unwrapKey: keyWrap(false) },
    { __proto__: null, wrapKey: 'Algorithm', unwrapKey: 'Algorithm' });

  // MARK: HMAC

  const blockBits = (hash) => (hash === 'SHA-1' || hash === 'SHA-256' ? 512 : 1024);
  const hmacAlg = (hash) =>
    hash === 'SHA-1' ? 'HS1' : hash === 'SHA-256' ? 'HS256' : hash === 'SHA-384' ? 'HS384' : 'HS512';
  // Longer keys are no better, and would only be memory.
  const longestKey = 1 << 27;

  function hmacRecord(extractable, usages, handle, hash, length) {
    const algorithm = subtle.keyAlgorithm('HMAC');
    algorithm.hash = hash;
    algorithm.length = length;
    return subtle.makeRecord('secret', extractable, algorithm, usages, handle);
  }

  const hmacUsages = usage.sign | usage.verify;
  subtle.define('HMAC', {
    __proto__: null,
    sign: (params, record, data) =>
      native.cryptoSignHMAC(record.algorithm.hash, record.handle, data),
    verify: (params, record, signature, data) =>
      native.cryptoVerifyHMAC(record.algorithm.hash, record.handle, data, signature),
    generateKey(params, extractable, usages, done) {
      subtle.checkUsages(usages, hmacUsages);
      const length = params.length ?? blockBits(params.hash);
      if (length === 0 || length > longestKey) throw operationError('No such length of a key.');
      subtle.requireUsages(usages);
      const handle = native.cryptoRandomSecret(length);
      if (handle === undefined) throw operationError('No random numbers.');
      done(hmacRecord(extractable, usages, handle, params.hash, length));
    },
    importKey(format, data, params, extractable, usages) {
      subtle.checkUsages(usages, hmacUsages);
      const handle = importSecret(format, data, extractable, usages, 'sig', (alg) => {
        if (alg !== undefined && alg !== hmacAlg(params.hash)) {
          throw dataError("The key's alg is of another algorithm.");
        }
      });
      let length = native.cryptoSecretLength(handle) * 8;
      if (length === 0) throw dataError('The key is empty.');
      if (params.length !== undefined) {
        if (params.length > length || params.length <= length - 8) {
          throw dataError('The key has another length.');
        }
        length = params.length;
      }
      return hmacRecord(extractable, usages, handle, params.hash, length);
    },
    exportKey: (format, record) => exportSecret(format, record, hmacAlg(record.algorithm.hash)),
    keyLength(params) {
      const length = params.length ?? blockBits(params.hash);
      if (length === 0) throw new TypeError('The length of the key is 0.');
      return length;
    },
  }, {
    __proto__: null, sign: 'Algorithm', verify: 'Algorithm', generateKey: 'HmacParams',
    importKey: 'HmacParams', exportKey: 'Algorithm', keyLength: 'HmacParams',
  });
})
