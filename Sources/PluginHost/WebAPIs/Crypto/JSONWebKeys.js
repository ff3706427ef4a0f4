// JSON Web Keys (https://www.rfc-editor.org/rfc/rfc7517) as dictionaries, and what all algorithms
// check of them.
(function (internal) {
  'use strict';
  const { native, subtle, isObject } = internal;
  const { isArray, parseJSON, stringifyJSON, setPrototypeOf } = internal.primordials;
  const { error } = subtle;

  const members = [
    'alg', 'crv', 'd', 'dp', 'dq', 'e', 'ext', 'k', 'key_ops', 'kty', 'n', 'oth', 'p', 'q', 'qi',
    'use', 'x', 'y',
  ];

  // A JsonWebKey dictionary. `key_ops` becomes {bits, hasDuplicates}.
  subtle.toJSONWebKey = (value) => toDictionary(value, convert);

  function toDictionary(value, convert) {
    if (value !== undefined && value !== null && !isObject(value)) {
      throw new TypeError('The key is neither a BufferSource nor a JsonWebKey.');
    }
    const jwk = { __proto__: null };
    for (let i = 0; i < members.length; i++) {
      const name = members[i];
      const member = value === undefined || value === null ? undefined : value[name];
      jwk[name] = member === undefined ? undefined : convert(name, member);
    }
    return jwk;
  }

  function convert(name, value) {
    switch (name) {
      case 'ext': return !!value;
      case 'key_ops': return toOperations(value);
      case 'oth': {
        let count = 0;
        subtle.forEachOfSequence(value, 'oth', (item) => {
          if (item !== undefined && item !== null && !isObject(item)) {
            throw new TypeError('oth: not a dictionary.');
          }
          count++;
        });
        return count;
      }
      default: return `${value}`;
    }
  }

  function toOperations(value, forEach = subtle.forEachOfSequence) {
    const seen = new internal.primordials.SafeSet();
    const operations = { __proto__: null, bits: 0, hasDuplicates: false };
    forEach(value, 'key_ops', (item) => {
      const name = `${item}`;
      if (seen.has(name)) operations.hasDuplicates = true;
      seen.add(name);
      operations.bits |= subtle.usageBit(name) ?? 0;
    });
    return operations;
  }

  // The same of what JSON has, without what a plugin can have done to the prototypes of arrays and
  // objects.
  function convertParsed(name, value) {
    if (name === 'key_ops') return toOperations(value, forEachOfArray);
    if (name === 'oth' && isArray(value)) return value.length;
    if (isObject(value)) throw new TypeError(`${name} has an object.`);
    return convert(name, value);
  }
  function forEachOfArray(value, name, body) {
    if (!isArray(value)) throw new TypeError(`${name}: not an array.`);
    for (let i = 0; i < value.length; i++) {
      if (isObject(value[i])) throw new TypeError(`${name} has an object.`);
      body(value[i]);
    }
  }

  const dataError = (message) => error('DataError', message);
  subtle.dataError = dataError;

  // What is the same for all types of keys.
  subtle.checkJSONWebKey = function (jwk, kty, use, extractable, usages) {
    if (jwk.kty !== kty) throw dataError(`The key's kty is not '${kty}'.`);
    if (usages !== 0 && jwk.use !== undefined && jwk.use !== use) {
      throw dataError(`The key's use is not '${use}'.`);
    }
    const operations = jwk.key_ops;
    if (operations !== undefined) {
      if (operations.hasDuplicates) throw dataError("The key's key_ops has a value twice.");
      if ((usages & ~operations.bits) !== 0) {
        throw dataError("The key's key_ops lacks one of the usages.");
      }
    }
    if (jwk.ext === false && extractable) throw dataError('The key is not extractable.');
  };

  // The bytes of a member, which has to be there.
  subtle.jwkBytes = function (jwk, name) {
    const text = jwk[name];
    const bytes = text === undefined ? undefined : native.cryptoDecodeBase64URL(text);
    if (bytes === undefined) throw dataError(`The key's ${name} is missing or not base64url.`);
    return bytes;
  };
  subtle.base64url = (bytes) => native.cryptoEncodeBase64URL(bytes);

  // "Parse a JWK": nothing that the plugin did to the built-ins takes part.
  subtle.parseJSONWebKey = function (bytes) {
    let value;
    try {
      value = parseJSON(internal.decodeUTF8(bytes));
    } catch {
      throw dataError('The key is no JSON.');
    }
    if (!isObject(value)) throw dataError('The key is no JSON object.');
    setPrototypeOf(value, null);
    let jwk;
    try {
      jwk = toDictionary(value, convertParsed);
    } catch {
      throw dataError('The key is no JsonWebKey.');
    }
    if (jwk.kty === undefined) throw dataError("The key's kty is missing.");
    return jwk;
  };

  // The JSON of a key as UTF-8.
  subtle.stringifyJSONWebKey = function (jwk) {
    // Without a `toJSON` to inherit.
    setPrototypeOf(jwk, null);
    if (jwk.key_ops !== undefined) setPrototypeOf(jwk.key_ops, null);
    return stringifyJSON(jwk);
  };
})
