// https://w3c.github.io/webcrypto/#subtlecrypto-interface: the methods. Each converts all of its
// arguments, then copies what it is given, then normalizes algorithms; what follows may take long.
(function (internal) {
  'use strict';
  const { native, subtle, cryptoKey, deferred } = internal;
  const { viewBuffer, isView } = internal.primordials;
  const { error } = subtle;

  const formats = ['raw', 'spki', 'pkcs8', 'jwk'];
  const toFormat = (value, where) => internal.toEnum(value, formats, where);
  function toKey(value, where) {
    if (!cryptoKey.is(value)) throw new TypeError(`${where}: not a CryptoKey.`);
    return cryptoKey.record(value);
  }

  function checkKey(key, params, usage) {
    if (key.algorithm.name !== params.name) {
      throw error('InvalidAccessError', 'The key is of another algorithm.');
    }
    if ((key.usages & subtle.usageBit(usage)) === 0) {
      throw error('InvalidAccessError', `The key is not for ${usage}.`);
    }
  }

  // A promise of what `body(resolve, reject)` finds, also where it throws.
  function promised(body) {
    const result = deferred();
    try {
      body(result.resolve, result.reject);
    } catch (reason) {
      result.reject(reason);
    }
    return result.promise;
  }
  // A callback that may throw.
  const guarded = (callback, reject) => (value) => {
    try {
      callback(value);
    } catch (reason) {
      reject(reason);
    }
  };
  const resolveBuffer = (resolve) => (bytes) => resolve(viewBuffer(bytes));

  // MARK: With a key and data

  const crypt = (operation) => function (algorithm, key, data) {
    const where = `SubtleCrypto.${operation}`;
    const identifier = subtle.toIdentifier(algorithm);
    const record = toKey(key, where);
    const bytes = subtle.copyBytes(subtle.toBufferSource(data, where));
    return promised((resolve, reject) => {
      const params = subtle.normalize(identifier, operation);
      checkKey(record, params, operation);
      internal.whenFinished(
        params.handler[operation](params, record, bytes, false), resolveBuffer(resolve), reject);
    });
  };
  subtle.encrypt = crypt('encrypt');
  subtle.decrypt = crypt('decrypt');
  subtle.sign = crypt('sign');

  subtle.verify = function (algorithm, key, signature, data) {
    const where = 'SubtleCrypto.verify';
    const identifier = subtle.toIdentifier(algorithm);
    const record = toKey(key, where);
    subtle.toBufferSource(signature, where);
    subtle.toBufferSource(data, where);
    const signatureBytes = subtle.copyBytes(signature);
    const bytes = subtle.copyBytes(data);
    return promised((resolve, reject) => {
      const params = subtle.normalize(identifier, 'verify');
      checkKey(record, params, 'verify');
      internal.whenFinished(
        params.handler.verify(params, record, signatureBytes, bytes), resolve, reject);
    });
  };

  subtle.digest = function (algorithm, data) {
    const identifier = subtle.toIdentifier(algorithm);
    const bytes = subtle.copyBytes(subtle.toBufferSource(data, 'SubtleCrypto.digest'));
    return promised((resolve, reject) => {
      const params = subtle.normalize(identifier, 'digest');
      internal.whenFinished(
        params.handler.digest(params, bytes), resolveBuffer(resolve), reject);
    });
  };

  // MARK: Making keys

  subtle.generateKey = function (algorithm, extractable, keyUsages) {
    const identifier = subtle.toIdentifier(algorithm);
    const isExtractable = !!extractable;
    const usages = subtle.toUsages(keyUsages, 'SubtleCrypto.generateKey');
    return promised((resolve, reject) => {
      const params = subtle.normalize(identifier, 'generateKey');
      params.handler.generateKey(params, isExtractable, usages, (first, second) => {
        if (second === undefined) {
          resolve(cryptoKey.create(first));
        } else {
          resolve({ privateKey: cryptoKey.create(second), publicKey: cryptoKey.create(first) });
        }
      }, reject);
    });
  };

  // "import key" with data that is bytes, the handle of a secret or a JsonWebKey.
  function importKey(format, data, params, extractable, usages) {
    const record = params.handler.importKey(format, data, params, extractable, usages);
    if (record.type !== 'public') subtle.requireUsages(record.usages);
    return cryptoKey.create(record);
  }

  subtle.importKey = function (format, keyData, algorithm, extractable, keyUsages) {
    const where = 'SubtleCrypto.importKey';
    const kind = toFormat(format, where);
    const isBytes = subtle.isBufferSource(keyData);
    const given = isBytes ? keyData : subtle.toJSONWebKey(keyData);
    const identifier = subtle.toIdentifier(algorithm);
    const isExtractable = !!extractable;
    const usages = subtle.toUsages(keyUsages, where);
    const data = isBytes ? subtle.copyBytes(given) : given;
    return promised((resolve) => {
      const params = subtle.normalize(identifier, 'importKey');
      if (isBytes === (kind === 'jwk')) {
        throw new TypeError(`${where}: the key's data does not fit the format.`);
      }
      resolve(importKey(kind, data, params, isExtractable, usages));
    });
  };

  function exportKey(format, record) {
    const handler = subtle.handlerOf(record.algorithm.name, 'exportKey');
    if (handler === undefined) {
      throw error('NotSupportedError', 'Keys of the algorithm cannot be exported.');
    }
    if (!record.extractable) throw error('InvalidAccessError', 'The key is not extractable.');
    return handler.exportKey(format, record);
  }

  subtle.exportKey = function (format, key) {
    const kind = toFormat(format, 'SubtleCrypto.exportKey');
    const record = toKey(key, 'SubtleCrypto.exportKey');
    return promised((resolve) => {
      const result = exportKey(kind, record);
      resolve(isView(result) ? viewBuffer(result) : result);
    });
  };

  // MARK: Deriving

  subtle.deriveBits = function (algorithm, baseKey, length = null) {
    const identifier = subtle.toIdentifier(algorithm);
    const record = toKey(baseKey, 'SubtleCrypto.deriveBits');
    const bits = length === null ? null : length >>> 0;
    return promised((resolve, reject) => {
      const params = subtle.normalize(identifier, 'deriveBits');
      checkKey(record, params, 'deriveBits');
      params.handler.deriveBits(params, record, bits, (secret) => {
        resolve(viewBuffer(native.cryptoSecretBytes(secret)));
      }, reject);
    });
  };

  subtle.deriveKey = function (algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    const where = 'SubtleCrypto.deriveKey';
    const identifier = subtle.toIdentifier(algorithm);
    const record = toKey(baseKey, where);
    const derived = subtle.toIdentifier(derivedKeyType);
    const isExtractable = !!extractable;
    const usages = subtle.toUsages(keyUsages, where);
    return promised((resolve, reject) => {
      const params = subtle.normalize(identifier, 'deriveBits');
      const importParams = subtle.normalize(derived, 'importKey');
      const lengthParams = subtle.normalize(derived, 'keyLength');
      checkKey(record, params, 'deriveKey');
      const length = lengthParams.handler.keyLength(lengthParams);
      params.handler.deriveBits(params, record, length, guarded((secret) => {
        resolve(importKey('raw', secret, importParams, isExtractable, usages));
      }, reject), reject);
    });
  };

  // MARK: Wrapping

  // The algorithm of a wrapping: one for that purpose, or one that encrypts. → [params, operation]
  function normalizeWrapping(identifier, wrapping, encryption) {
    try {
      return { params: subtle.normalize(identifier, wrapping), operation: wrapping };
    } catch {
      return { params: subtle.normalize(identifier, encryption), operation: encryption };
    }
  }

  // Key wrap takes blocks of 8 bytes only: JSON may have spaces.
  function wrappedBytes(format, exported, params) {
    if (format !== 'jwk') return exported;
    let text = subtle.stringifyJSONWebKey(exported);
    let bytes = native.encodeUTF8(text);
    if (params.name === 'AES-KW') {
      const excess = internal.primordials.viewByteLength(bytes) % 8;
      if (excess !== 0) {
        text = internal.primordials.slice(text, 0, -1);
        for (let i = excess; i < 8; i++) text += ' ';
        bytes = native.encodeUTF8(`${text}}`);
      }
    }
    return bytes;
  }

  subtle.wrapKey = function (format, key, wrappingKey, wrapAlgorithm) {
    const where = 'SubtleCrypto.wrapKey';
    const kind = toFormat(format, where);
    const record = toKey(key, where);
    const wrapper = toKey(wrappingKey, where);
    const identifier = subtle.toIdentifier(wrapAlgorithm);
    return promised((resolve, reject) => {
      const { params, operation } = normalizeWrapping(identifier, 'wrapKey', 'encrypt');
      checkKey(wrapper, params, 'wrapKey');
      const bytes = wrappedBytes(kind, exportKey(kind, record), params);
      internal.whenFinished(
        params.handler[operation](params, wrapper, bytes, false), resolveBuffer(resolve), reject);
    });
  };

  subtle.unwrapKey = function (
    format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable,
    keyUsages) {
    const where = 'SubtleCrypto.unwrapKey';
    const kind = toFormat(format, where);
    subtle.toBufferSource(wrappedKey, where);
    const wrapper = toKey(unwrappingKey, where);
    const identifier = subtle.toIdentifier(unwrapAlgorithm);
    const keyIdentifier = subtle.toIdentifier(unwrappedKeyAlgorithm);
    const isExtractable = !!extractable;
    const usages = subtle.toUsages(keyUsages, where);
    const bytes = subtle.copyBytes(wrappedKey);
    return promised((resolve, reject) => {
      const { params, operation } = normalizeWrapping(identifier, 'unwrapKey', 'decrypt');
      const importParams = subtle.normalize(keyIdentifier, 'importKey');
      checkKey(wrapper, params, 'unwrapKey');
      // The key stays a secret of the native side, but for JSON, which is read here.
      const asSecret = kind !== 'jwk';
      const number = params.handler[operation](params, wrapper, bytes, asSecret);
      internal.whenFinished(number, guarded((value) => {
        const data = asSecret ? value[0] : subtle.parseJSONWebKey(value);
        resolve(importKey(kind, data, importParams, isExtractable, usages));
      }, reject), reject);
    });
  };
})
