// ECDSA and ECDH, Ed25519, Ed448, X25519 and X448. https://w3c.github.io/webcrypto/#ecdsa and
// https://wicg.github.io/webcrypto-secure-curves/
(function (internal) {
  'use strict';
  const { native, subtle } = internal;
  const { Uint8Array, setBytes, viewByteLength } = internal.primordials;
  const { error, usage, dataError } = subtle;
  const notSupported = (format) =>
    error('NotSupportedError', `The format ${format} is not supported.`);

  // What can be public is bytes also where it came as a secret.
  subtle.publicBytes = (data) =>
    (internal.primordials.isView(data) ? data : native.cryptoSecretBytes(data));

  subtle.requireType = function (key, type) {
    if (key.type !== type) throw error('InvalidAccessError', `The key is not ${type}.`);
  };

  const exported = (bytes) => {
    if (bytes === undefined) throw error('OperationError', 'The key cannot be exported.');
    return bytes;
  };
  // The formats that are the same for all keys of two halves.
  subtle.exportEncoded = function (format, key) {
    if (format === 'spki') {
      subtle.requireType(key, 'public');
      return exported(native.cryptoExportSPKI(key.handle));
    }
    if (format === 'pkcs8') {
      subtle.requireType(key, 'private');
      return exported(native.cryptoExportPKCS8(key.handle));
    }
    throw notSupported(format);
  };

  // Generates a pair. `record(type, extractable, usages, handle)`
  function generate(name, uses, extractable, usages, record, done, fail) {
    subtle.requireUsages(usages & uses.private);
    internal.whenFinished(native.cryptoGenerateKey(name), (handles) => {
      done(
        record('public', true, usages & uses.public, handles[0]),
        record('private', extractable, usages & uses.private, handles[0]));
    }, fail);
  }

  // "derive bits" with two keys, of which `params.public` is the other's.
  function deriveShared(params, key, length, done, fail) {
    const other = params.public;
    subtle.requireType(key, 'private');
    if (other.type !== 'public' || other.algorithm.name !== key.algorithm.name ||
        other.algorithm.namedCurve !== key.algorithm.namedCurve) {
      throw error('InvalidAccessError', 'The public key does not fit the private one.');
    }
    const number = native.cryptoSharedSecret(key.handle, other.handle);
    internal.whenFinished(number, (handles) => {
      const secret = length === null ? handles[0] : native.cryptoSecretPrefix(handles[0], length);
      if (secret === undefined) fail(error('OperationError', 'The secret has fewer bits.'));
      else done(secret);
    }, fail);
  }

  const signing = { __proto__: null, public: usage.verify, private: usage.sign, use: 'sig' };
  const deriving = {
    __proto__: null, public: 0, private: usage.deriveKey | usage.deriveBits, use: 'enc',
  };

  // MARK: The curves of NIST

  const isCurve = (name) => name === 'P-256' || name === 'P-384' || name === 'P-521';
  const ecdsaAlg = (curve) =>
    curve === 'P-256' ? 'ES256' : curve === 'P-384' ? 'ES384' : 'ES512';

  function ecRecord(name, curve, type, extractable, usages, handle) {
    const algorithm = subtle.keyAlgorithm(name);
    algorithm.namedCurve = curve;
    return subtle.makeRecord(type, extractable, algorithm, usages, handle);
  }

  function importPoint(jwk, curve) {
    const size = curve === 'P-256' ? 32 : curve === 'P-384' ? 48 : 66;
    const coordinate = (name) => {
      const bytes = subtle.jwkBytes(jwk, name);
      if (viewByteLength(bytes) !== size) throw dataError(`The key's ${name} has another length.`);
      return bytes;
    };
    const point = new Uint8Array(1 + 2 * size);
    point[0] = 4;
    setBytes(point, coordinate('x'), 1);
    setBytes(point, coordinate('y'), 1 + size);
    return native.cryptoImportEC(
      curve, point, jwk.d === undefined ? undefined : coordinate('d'));
  }

  function exportPoint(key) {
    const point = exported(native.cryptoPoint(key.handle));
    const size = (viewByteLength(point) - 1) / 2;
    const crv = key.algorithm.namedCurve;
    const x = subtle.base64url(subarrayOf(point, 1, 1 + size));
    const y = subtle.base64url(subarrayOf(point, 1 + size, 1 + 2 * size));
    const ext = key.extractable;
    const key_ops = subtle.usageList(key.usages);
    if (key.type === 'public') return { crv, ext, key_ops, kty: 'EC', x, y };
    const d = subtle.base64url(exported(native.cryptoScalar(key.handle)));
    return { crv, d, ext, key_ops, kty: 'EC', x, y };
  }
  // `subarray` would ask the plugin's view of what species a Uint8Array has.
  const subarrayOf = (bytes, start, end) =>
    new Uint8Array(internal.primordials.viewBuffer(bytes), start, end - start);

  function ecHandler(name, uses, checkAlg, operations) {
    return {
      __proto__: null,
      encoding: 'EC',
      ...operations,
      generateKey(params, extractable, usages, done, fail) {
        subtle.checkUsages(usages, uses.public | uses.private);
        const curve = params.namedCurve;
        if (!isCurve(curve)) throw error('NotSupportedError', `No curve '${curve}'.`);
        generate(curve, uses, extractable, usages, (type, isExtractable, bits, handle) =>
          ecRecord(name, curve, type, isExtractable, bits, handle), done, fail);
      },
      importKey(format, data, params, extractable, usages) {
        const curve = params.namedCurve;
        const isPrivate = format === 'pkcs8' || (format === 'jwk' && data.d !== undefined);
        if (format !== 'raw' && format !== 'spki' && format !== 'pkcs8' && format !== 'jwk') {
          throw notSupported(format);
        }
        subtle.checkUsages(usages, isPrivate ? uses.private : uses.public);
        let handle;
        if (format === 'jwk') {
          subtle.checkJSONWebKey(data, 'EC', uses.use, extractable, usages);
          if (data.crv !== curve || !isCurve(curve)) throw dataError('The key has another curve.');
          checkAlg(data.alg, curve);
          handle = importPoint(data, curve);
        } else if (!isCurve(curve)) {
          throw dataError(`No curve '${curve}'.`);
        } else if (format === 'raw') {
          handle = native.cryptoImportEC(curve, subtle.publicBytes(data), undefined);
        } else if (format === 'spki') {
          handle = native.cryptoImportSPKI('EC', subtle.publicBytes(data));
        } else {
          handle = native.cryptoImportPKCS8('EC', data);
        }
        if (handle === undefined) throw dataError('The data is no key of this curve.');
        if (native.cryptoCurve(handle) !== curve) throw dataError('The key has another curve.');
        return ecRecord(
          name, curve, isPrivate ? 'private' : 'public', extractable, usages, handle);
      },
      exportKey(format, key) {
        if (format === 'jwk') return exportPoint(key);
        if (format !== 'raw') return subtle.exportEncoded(format, key);
        subtle.requireType(key, 'public');
        return exported(native.cryptoPoint(key.handle));
      },
    };
  }

  const ecOperations = {
    __proto__: null, generateKey: 'EcKeyParams', importKey: 'EcKeyParams', exportKey: 'Algorithm',
  };
  subtle.define('ECDSA', ecHandler('ECDSA', signing, (alg, curve) => {
    if (alg !== undefined && alg !== ecdsaAlg(curve)) {
      throw dataError("The key's alg is of another curve.");
    }
  }, {
    __proto__: null,
    sign(params, key, data) {
      subtle.requireType(key, 'private');
      return native.cryptoSign('ECDSA', key.handle, params.hash, 0, data);
    },
    verify(params, key, signature, data) {
      subtle.requireType(key, 'public');
      return native.cryptoVerify('ECDSA', key.handle, params.hash, 0, data, signature);
    },
  }), { __proto__: null, ...ecOperations, sign: 'EcdsaParams', verify: 'EcdsaParams' });
  subtle.define(
    'ECDH', ecHandler('ECDH', deriving, () => {}, { __proto__: null, deriveBits: deriveShared }),
    { __proto__: null, ...ecOperations, deriveBits: 'EcdhKeyDeriveParams' });

  // MARK: The curves of RFC 8410

  function exportOKP(name, key, alg) {
    const ext = key.extractable;
    const key_ops = subtle.usageList(key.usages);
    const x = subtle.base64url(exported(native.cryptoRawPublic(key.handle)));
    const jwk = alg === undefined
      ? { crv: name, ext, key_ops, kty: 'OKP', x } : { alg, crv: name, ext, key_ops, kty: 'OKP', x };
    if (key.type === 'public') return jwk;
    const d = subtle.base64url(exported(native.cryptoRawPrivate(key.handle)));
    return alg === undefined
      ? { crv: name, d, ext, key_ops, kty: 'OKP', x }
      : { alg, crv: name, d, ext, key_ops, kty: 'OKP', x };
  }

  function importOKP(name, jwk) {
    const x = subtle.jwkBytes(jwk, 'x');
    if (jwk.d === undefined) return native.cryptoImportRaw(name, false, x);
    const handle = native.cryptoImportRaw(name, true, subtle.jwkBytes(jwk, 'd'));
    if (handle === undefined) return undefined;
    const own = native.cryptoRawPublic(handle);
    if (own === undefined || subtle.base64url(own) !== subtle.base64url(x)) {
      throw dataError('The public key does not belong to the private one.');
    }
    return handle;
  }

  function okpHandler(name, uses, signs, operations) {
    const record = (type, extractable, usages, handle) =>
      subtle.makeRecord(type, extractable, subtle.keyAlgorithm(name), usages, handle);
    return {
      __proto__: null,
      encoding: name,
      ...operations,
      generateKey(params, extractable, usages, done, fail) {
        subtle.checkUsages(usages, uses.public | uses.private);
        generate(name, uses, extractable, usages, record, done, fail);
      },
      importKey(format, data, params, extractable, usages) {
        const isPrivate = format === 'pkcs8' || (format === 'jwk' && data.d !== undefined);
        if (format !== 'raw' && format !== 'spki' && format !== 'pkcs8' && format !== 'jwk') {
          throw notSupported(format);
        }
        subtle.checkUsages(usages, isPrivate ? uses.private : uses.public);
        let handle;
        if (format === 'jwk') {
          subtle.checkJSONWebKey(data, 'OKP', uses.use, extractable, usages);
          if (data.crv !== name) throw dataError('The key has another curve.');
          if (signs && data.alg !== undefined && data.alg !== name && data.alg !== 'EdDSA') {
            throw dataError("The key's alg is of another algorithm.");
          }
          handle = importOKP(name, data);
        } else if (format === 'raw') {
          handle = native.cryptoImportRaw(name, false, subtle.publicBytes(data));
        } else if (format === 'spki') {
          handle = native.cryptoImportSPKI(name, subtle.publicBytes(data));
        } else {
          handle = native.cryptoImportPKCS8(name, data);
        }
        if (handle === undefined) throw dataError('The data is no key of this curve.');
        return record(isPrivate ? 'private' : 'public', extractable, usages, handle);
      },
      exportKey(format, key) {
        if (format === 'jwk') return exportOKP(name, key, signs ? name : undefined);
        if (format !== 'raw') return subtle.exportEncoded(format, key);
        subtle.requireType(key, 'public');
        return exported(native.cryptoRawPublic(key.handle));
      },
    };
  }

  const okpOperations = {
    __proto__: null, generateKey: 'Algorithm', importKey: 'Algorithm', exportKey: 'Algorithm',
  };
  function defineEdwards(name, dictionary) {
    const checkContext = (params) => {
      if (params.context !== undefined && viewByteLength(params.context) > 0) {
        throw error('NotSupportedError', 'A context is not supported.');
      }
    };
    subtle.define(name, okpHandler(name, signing, true, {
      __proto__: null,
      sign(params, key, data) {
        subtle.requireType(key, 'private');
        checkContext(params);
        return native.cryptoSign(name, key.handle, '', 0, data);
      },
      verify(params, key, signature, data) {
        subtle.requireType(key, 'public');
        checkContext(params);
        return native.cryptoVerify(name, key.handle, '', 0, data, signature);
      },
    }), { __proto__: null, ...okpOperations, sign: dictionary, verify: dictionary });
  }
  defineEdwards('Ed25519', 'Algorithm');
  defineEdwards('Ed448', 'Ed448Params');

  function defineMontgomery(name) {
    subtle.define(
      name, okpHandler(name, deriving, false, { __proto__: null, deriveBits: deriveShared }),
      { __proto__: null, ...okpOperations, deriveBits: 'EcdhKeyDeriveParams' });
  }
  defineMontgomery('X25519');
  defineMontgomery('X448');
})
