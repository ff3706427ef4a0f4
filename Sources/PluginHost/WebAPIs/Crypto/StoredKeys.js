// Keys as values for a structured clone: https://w3c.github.io/webcrypto/#cryptokey-interface-clone
// What is in a key is among them, also where it is not extractable: no script sees these values.
(function (internal) {
  'use strict';
  const { native, subtle } = internal;
  const { error } = subtle;

  function contentOf(key) {
    switch (key.type) {
      case 'secret': return native.cryptoSecretBytes(key.handle);
      case 'public': return native.cryptoExportSPKI(key.handle);
      default: return native.cryptoExportPKCS8(key.handle);
    }
  }

  subtle.serializeKey = function (key) {
    const { name, length, hash, namedCurve, modulusLength, publicExponent } = key.algorithm;
    const content = contentOf(key);
    if (content === undefined) throw error('DataCloneError', 'The key cannot be cloned.');
    return [
      key.type, key.extractable, key.usages, name, length, hash, namedCurve, modulusLength,
      publicExponent, content,
    ];
  };

  function handleOf(type, name, content) {
    if (type === 'secret') return native.cryptoSecret(content);
    const encoding = subtle.handlerOf(name, 'exportKey')?.encoding;
    if (encoding === undefined) return undefined;
    return type === 'public' ? native.cryptoImportSPKI(encoding, content)
      : native.cryptoImportPKCS8(encoding, content);
  }

  subtle.deserializeKey = function (fields) {
    const algorithm = subtle.keyAlgorithm(fields[3]);
    algorithm.length = fields[4];
    algorithm.hash = fields[5];
    algorithm.namedCurve = fields[6];
    algorithm.modulusLength = fields[7];
    algorithm.publicExponent = fields[8];
    const handle = handleOf(fields[0], fields[3], fields[9]);
    if (handle === undefined) throw error('DataCloneError', 'The key cannot be read.');
    return subtle.makeRecord(fields[0], fields[1], algorithm, fields[2], handle);
  };
})
