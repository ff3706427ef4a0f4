// RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP. https://w3c.github.io/webcrypto/#rsassa-pkcs1
(function (internal) {
  'use strict';
  const { native, subtle } = internal;
  const { viewByteLength } = internal.primordials;
  const { error, usage, dataError } = subtle;
  const noBytes = new internal.primordials.Uint8Array(0);

  function record(type, name, hash, extractable, usages, handle) {
    const numbers = native.cryptoRSAComponents(handle, false);
    if (numbers === undefined) throw dataError('The key is no RSA key.');
    const algorithm = subtle.keyAlgorithm(name);
    algorithm.modulusLength = native.cryptoKeyBits(handle);
    algorithm.publicExponent = numbers[1];
    algorithm.hash = hash;
    return subtle.makeRecord(type, extractable, algorithm, usages, handle);
  }

  // An odd exponent above 1 that is short enough for OpenSSL, and a modulus of a sane length.
  function checkGenerated(params) {
    const bytes = params.publicExponent;
    const length = viewByteLength(bytes);
    let start = 0;
    while (start < length && bytes[start] === 0) start++;
    const isOne = start === length - 1 && bytes[start] === 1;
    if (start === length || isOne || length - start > 8 || (bytes[length - 1] & 1) === 0) {
      throw error('OperationError', 'No such public exponent.');
    }
    if (params.modulusLength < 512 || params.modulusLength > 16384) {
      throw error('OperationError', 'No such length of a modulus.');
    }
  }

  const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

  function importJWK(jwk) {
    const n = subtle.jwkBytes(jwk, 'n');
    const e = subtle.jwkBytes(jwk, 'e');
    if (jwk.d === undefined) return native.cryptoImportRSA(n, e);
    if (jwk.oth !== undefined) {
      throw error('NotSupportedError', 'Keys of more than two primes are not supported.');
    }
    const parts = { __proto__: null };
    for (let i = 0; i < privateMembers.length; i++) {
      parts[privateMembers[i]] = subtle.jwkBytes(jwk, privateMembers[i]);
    }
    const { d, p, q, dp, dq, qi } = parts;
    return native.cryptoImportRSA(n, e, d, p, q, dp, dq, qi);
  }

  function exportJWK(key, alg) {
    const isPrivate = key.type === 'private';
    const numbers = native.cryptoRSAComponents(key.handle, isPrivate);
    if (numbers === undefined) throw error('OperationError', 'The key cannot be exported.');
    const text = (index) => subtle.base64url(numbers[index]);
    const common = { alg, ext: key.extractable, key_ops: subtle.usageList(key.usages) };
    if (!isPrivate) {
      return { alg, e: text(1), ext: common.ext, key_ops: common.key_ops, kty: 'RSA', n: text(0) };
    }
    return {
      alg, d: text(2), dp: text(5), dq: text(6), e: text(1), ext: common.ext,
      key_ops: common.key_ops, kty: 'RSA', n: text(0), p: text(3), q: text(4), qi: text(7),
    };
  }

  // `uses`: the usages of public and of private keys, and the `use` of a JWK.
  function rsaHandler(name, uses, algOf, operations) {
    return {
      __proto__: null,
      encoding: 'RSA',
      ...operations,
      generateKey(params, extractable, usages, done, fail) {
        subtle.checkUsages(usages, uses.public | uses.private);
        checkGenerated(params);
        subtle.requireUsages(usages & uses.private);
        const number = native.cryptoGenerateRSA(params.modulusLength, params.publicExponent);
        internal.whenFinished(number, (handles) => {
          const make = (type, isExtractable, bits) =>
            record(type, name, params.hash, isExtractable, usages & bits, handles[0]);
          done(make('public', true, uses.public), make('private', extractable, uses.private));
        }, fail);
      },
      importKey(format, data, params, extractable, usages) {
        let isPrivate = format === 'pkcs8';
        let handle;
        if (format === 'spki') {
          subtle.checkUsages(usages, uses.public);
          handle = native.cryptoImportSPKI('RSA', subtle.publicBytes(data));
        } else if (format === 'pkcs8') {
          subtle.checkUsages(usages, uses.private);
          handle = native.cryptoImportPKCS8('RSA', data);
        } else if (format === 'jwk') {
          isPrivate = data.d !== undefined;
          subtle.checkUsages(usages, isPrivate ? uses.private : uses.public);
          subtle.checkJSONWebKey(data, 'RSA', uses.use, extractable, usages);
          if (data.alg !== undefined && data.alg !== algOf(params.hash)) {
            throw dataError("The key's alg is of another algorithm.");
          }
          handle = importJWK(data);
        } else {
          throw error('NotSupportedError', `The format ${format} is not supported.`);
        }
        if (handle === undefined) throw dataError('The data is no RSA key.');
        const type = isPrivate ? 'private' : 'public';
        return record(type, name, params.hash, extractable, usages, handle);
      },
      exportKey(format, key) {
        if (format === 'jwk') return exportJWK(key, algOf(key.algorithm.hash));
        return subtle.exportEncoded(format, key);
      },
    };
  }

  function defineRSA(name, uses, algOf, handler, operations) {
    subtle.define(name, rsaHandler(name, uses, algOf, handler), {
      __proto__: null, generateKey: 'RsaHashedKeyGenParams', importKey: 'RsaHashedImportParams',
      exportKey: 'Algorithm', ...operations,
    });
  }

  const number = (hash) => internal.primordials.slice(hash, 4);
  const signing = { __proto__: null, public: usage.verify, private: usage.sign, use: 'sig' };

  function defineSigning(name, prefix, dictionary) {
    defineRSA(name, signing, (hash) => `${prefix}${number(hash)}`, {
      __proto__: null,
      sign(params, key, data) {
        subtle.requireType(key, 'private');
        return native.cryptoSign(
          name, key.handle, key.algorithm.hash, params.saltLength ?? 0, data);
      },
      verify(params, key, signature, data) {
        subtle.requireType(key, 'public');
        return native.cryptoVerify(
          name, key.handle, key.algorithm.hash, params.saltLength ?? 0, data, signature);
      },
    }, { __proto__: null, sign: dictionary, verify: dictionary });
  }
  defineSigning('RSASSA-PKCS1-v1_5', 'RS', 'Algorithm');
  defineSigning('RSA-PSS', 'PS', 'RsaPssParams');

  const oaep = (encrypts, type) => (params, key, data, asSecret) => {
    subtle.requireType(key, type);
    return native.cryptoRSAOAEP(
      encrypts, key.handle, key.algorithm.hash, params.label ?? noBytes, data, !!asSecret);
  };
  defineRSA('RSA-OAEP', {
    __proto__: null, public: usage.encrypt | usage.wrapKey,
    private: usage.decrypt | usage.unwrapKey, use: 'enc',
  }, (hash) => (hash === 'SHA-1' ? 'RSA-OAEP' : `RSA-OAEP-${number(hash)}`), {
    __proto__: null, encrypt: oaep(true, 'public'), decrypt: oaep(false, 'private'),
  }, { __proto__: null, encrypt: 'RsaOaepParams', decrypt: 'RsaOaepParams' });
})
