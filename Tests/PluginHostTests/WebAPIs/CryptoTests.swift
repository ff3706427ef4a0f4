import Testing

@testable import PluginHost

/// The rules of `crypto` beyond its algorithms: keys, usages, formats, errors.
@Suite struct CryptoTests {
  @Test(arguments: [
    ScriptCase(
      "const a = crypto.getRandomValues(new Uint8Array(64)); return [a.some((x) => x !== 0), a.length, crypto.getRandomValues(new BigInt64Array(1)).length]",
      "true,64,1"),
    ScriptCase(
      "return [thrown(() => crypto.getRandomValues(new Float32Array(1))), thrown(() => crypto.getRandomValues(new DataView(new ArrayBuffer(1)))), thrown(() => crypto.getRandomValues([])), thrown(() => crypto.getRandomValues(new Uint8Array(65537))), thrown(() => crypto.getRandomValues.call({}, new Uint8Array(1)))]",
      "TypeMismatchError,TypeMismatchError,TypeError,QuotaExceededError,TypeError"),
    ScriptCase(
      "const id = crypto.randomUUID(); return [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id), id !== crypto.randomUUID()]",
      "true,true"),
    ScriptCase(
      "return [crypto.subtle === crypto.subtle, thrown(() => new CryptoKey()), thrown(() => new SubtleCrypto()), thrown(() => new Crypto())]",
      "true,TypeError,TypeError,TypeError"),
    // Whatever is wrong with the arguments is a rejection.
    ScriptCase(
      "const s = crypto.subtle; return [await rejected(s.digest('SHA-256')), await rejected(s.digest('SHA-256', 'text')), await rejected(s.digest('MD5', new Uint8Array(1))), await rejected(s.digest({}, new Uint8Array(1))), await rejected(s.digest.call({}, 'SHA-256', new Uint8Array(1))), await rejected(s.digest({get name() { throw new RangeError(); }}, new Uint8Array(1)))]",
      "TypeError,TypeError,NotSupportedError,TypeError,TypeError,RangeError"),
    // A key is for its algorithm and its usages.
    ScriptCase(
      "const s = crypto.subtle; const k = await s.importKey('raw', new Uint8Array(16), 'AES-CBC', false, ['encrypt']); const iv = new Uint8Array(16); return [await rejected(s.decrypt({name: 'AES-CBC', iv}, k, iv)), await rejected(s.encrypt({name: 'AES-CTR', counter: iv, length: 8}, k, iv)), await rejected(s.exportKey('raw', k)), await rejected(s.encrypt({name: 'AES-CBC', iv: new Uint8Array(15)}, k, iv)), await rejected(s.encrypt({name: 'AES-CBC', iv}, {}, iv))]",
      "InvalidAccessError,InvalidAccessError,InvalidAccessError,OperationError,TypeError"),
    ScriptCase(
      "const s = crypto.subtle; const make = (data, algorithm, ...usages) => rejected(s.importKey('raw', data, algorithm, true, usages)); return [await make(new Uint8Array(15), 'AES-GCM', 'encrypt'), await make(new Uint8Array(16), 'AES-GCM', 'sign'), await make(new Uint8Array(16), 'AES-GCM'), await make(new Uint8Array(0), {name: 'HMAC', hash: 'SHA-1'}, 'sign'), await make(new Uint8Array(16), 'HKDF', 'deriveBits'), await make(new Uint8Array(16), 'AES-GCM', 'steal')]",
      "DataError,SyntaxError,SyntaxError,DataError,SyntaxError,TypeError"),
    ScriptCase(
      "const s = crypto.subtle; const k = await s.generateKey({name: 'AES-GCM', length: 256}, true, ['decrypt', 'encrypt', 'encrypt']); const jwk = await s.exportKey('jwk', k); const again = await s.importKey('jwk', jwk, 'AES-GCM', true, ['encrypt']); return [k.type, k.usages, k.usages === k.usages, k.algorithm.name, k.algorithm.length, jwk.alg, jwk.k.length, again.usages, await rejected(s.importKey('jwk', {...jwk, alg: 'A128GCM'}, 'AES-GCM', true, ['encrypt'])), await rejected(s.importKey('jwk', {...jwk, ext: false}, 'AES-GCM', true, ['encrypt'])), await rejected(s.importKey('jwk', {...jwk, key_ops: ['decrypt']}, 'AES-GCM', true, ['encrypt']))]",
      "secret,encrypt,decrypt,true,AES-GCM,256,A256GCM,43,encrypt,DataError,DataError,DataError"),
    // Nothing that is not on the curve is a key.
    ScriptCase(
      "const s = crypto.subtle; const point = new Uint8Array(65); point[0] = 4; const ec = {name: 'ECDSA', namedCurve: 'P-256'}; return [await rejected(s.importKey('raw', point, ec, true, ['verify'])), await rejected(s.importKey('raw', new Uint8Array(1), ec, true, ['verify'])), await rejected(s.importKey('raw', new Uint8Array(31), 'Ed25519', true, ['verify'])), await rejected(s.importKey('pkcs8', new Uint8Array(40), 'Ed25519', true, ['sign'])), await rejected(s.generateKey({name: 'ECDSA', namedCurve: 'P-1'}, true, ['sign']))]",
      "DataError,DataError,DataError,DataError,NotSupportedError"),
    ScriptCase(
      "const s = crypto.subtle; const out = []; for (const curve of ['P-256', 'P-384', 'P-521']) { const {privateKey, publicKey} = await s.generateKey({name: 'ECDSA', namedCurve: curve}, true, ['sign', 'verify']); const a = {name: 'ECDSA', hash: 'SHA-256'}; const again = await s.importKey('spki', await s.exportKey('spki', publicKey), {name: 'ECDSA', namedCurve: curve}, true, ['verify']); const signature = await s.sign(a, privateKey, new Uint8Array(3)); out.push(signature.byteLength, await s.verify(a, again, signature, new Uint8Array(3)), await rejected(s.importKey('spki', await s.exportKey('spki', publicKey), {name: 'ECDSA', namedCurve: curve === 'P-256' ? 'P-384' : 'P-256'}, true, ['verify']))); } return out",
      "64,true,DataError,96,true,DataError,132,true,DataError"),
    ScriptCase(
      "const s = crypto.subtle; const out = []; for (const name of ['X25519', 'ECDH']) { const a = {name, namedCurve: 'P-384'}; const one = await s.generateKey(a, false, ['deriveKey']); const two = await s.generateKey(a, false, ['deriveKey']); const derive = (own, other) => s.deriveKey({name, public: other.publicKey}, own.privateKey, {name: 'AES-GCM', length: 128}, true, ['encrypt']); const keys = await Promise.all([derive(one, two), derive(two, one)]); const raws = await Promise.all(keys.map((k) => s.exportKey('raw', k))); out.push(new Uint8Array(raws[0]).toHex() === new Uint8Array(raws[1]).toHex(), raws[0].byteLength); } return out",
      "true,16,true,16"),
    // A JSON key that is wrapped and unwrapped.
    ScriptCase(
      "const s = crypto.subtle; const out = []; for (const name of ['AES-GCM', 'AES-KW']) { const wrapper = await s.generateKey({name, length: 256}, false, ['wrapKey', 'unwrapKey']); const a = {name, iv: new Uint8Array(12)}; const k = await s.generateKey({name: 'HMAC', hash: 'SHA-256'}, true, ['sign']); const wrapped = await s.wrapKey('jwk', k, wrapper, a); const back = await s.unwrapKey('jwk', wrapped, wrapper, a, {name: 'HMAC', hash: 'SHA-256'}, true, ['sign']); out.push((await s.exportKey('jwk', back)).k === (await s.exportKey('jwk', k)).k); new Uint8Array(wrapped)[1] ^= 1; out.push(await rejected(s.unwrapKey('jwk', wrapped, wrapper, a, {name: 'HMAC', hash: 'SHA-256'}, true, ['sign']))); } return out",
      "true,OperationError,true,OperationError"),
    // Clones are keys of their own that do the same; what cannot be exported cannot be afterwards.
    ScriptCase(
      "const s = crypto.subtle; const out = []; const data = new Uint8Array(9); for (const [a] of [[{name: 'HMAC', hash: 'SHA-256'}], [{name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-256'}], [{name: 'Ed25519'}], [{name: 'RSA-PSS', hash: 'SHA-1', saltLength: 8, modulusLength: 1024, publicExponent: new Uint8Array([3])}]]) { const made = await s.generateKey(a, false, ['sign', 'verify']); const [own, open] = made.privateKey ? [made.privateKey, made.publicKey] : [made, made]; const copy = structuredClone({own, open, again: own}); const same = (x, y) => JSON.stringify([x.type, x.extractable, x.algorithm, x.usages]) === JSON.stringify([y.type, y.extractable, y.algorithm, y.usages]); out.push(copy.own !== own && copy.own === copy.again && same(copy.own, own) && same(copy.open, open), await s.verify(a, open, await s.sign(a, copy.own, data), data), await s.verify(a, copy.open, await s.sign(a, own, data), data), await rejected(s.exportKey('jwk', copy.own))); } return out",
      Array(repeating: "true,true,true,InvalidAccessError", count: 4).joined(separator: ",")),
    // The data is copied before the call returns.
    ScriptCase(
      "const data = new Uint8Array(100000); const first = crypto.subtle.digest('SHA-256', data); data.fill(1); const second = crypto.subtle.digest('SHA-256', new Uint8Array(100000)); return new Uint8Array(await first).toHex() === new Uint8Array(await second).toHex()",
      "true"),
    // What a plugin does to the built-ins changes nothing, and shows it nothing.
    ScriptCase(
      "let seen = 0; const s = crypto.subtle; Object.defineProperty(Object.prototype, 'k', {set() { seen++; }, get() { seen++; return 'AAAAAAAAAAAAAAAAAAAAAA'; }, configurable: true}); Object.prototype.toJSON = () => { seen++; return {}; }; Uint8Array.prototype.slice = Array.prototype.push = Map.prototype.get = () => { seen++; }; JSON.stringify = JSON.parse = () => { seen++; return {}; }; const wrapper = await s.generateKey({name: 'AES-GCM', length: 128}, true, ['wrapKey', 'unwrapKey']); const a = {name: 'AES-GCM', iv: new Uint8Array(12)}; const back = await s.unwrapKey('jwk', await s.wrapKey('jwk', wrapper, wrapper, a), wrapper, a, 'AES-GCM', true, ['wrapKey']); delete Object.prototype.k; return [seen, back.algorithm.length]",
      "0,128"),
    // Work that waits leaves the script its thread, and its results come in turns of their own.
    ScriptCase(
      "const s = crypto.subtle; const key = await s.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']); const order = []; const long = s.deriveBits({name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(8), iterations: 300000}, key, 512).then(() => order.push('derived')); await new Promise((done) => setTimeout(done, 0)); order.push('timer'); await long; return order",
      "timer,derived"),
    ScriptCase(
      "const s = crypto.subtle; const key = await s.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']); const derive = (iterations, bits) => rejected(s.deriveBits({name: 'PBKDF2', hash: 'SHA-1', salt: new Uint8Array(8), iterations}, key, bits)); return [await derive(0, 8), await derive(1, 7), await derive(1, null), await derive(-1, 8), await derive(1, 0)]",
      "OperationError,OperationError,OperationError,TypeError,nothing"),
  ])
  func rules(_ test: ScriptCase) throws { try test.check() }

  /// More unfinished operations than the worker keeps are refused, and it answers all the same.
  @Test func operationsWithoutEndAreRefused() throws {
    let script = """
      const s = crypto.subtle;
      const big = new Uint8Array(16385);
      const all = [];
      for (let i = 0; i < 16400; i++) all.push(s.digest('SHA-1', big).then(() => 1, (e) => e.name));
      const results = await Promise.all(all);
      return [results.filter((x) => x === 1).length, results.filter((x) => x !== 1).length,
        results.at(-1), (await s.digest('SHA-1', big)).byteLength];
      """
    let result = try WorkerHarness.run(script).split(separator: ",")
    let done = try #require(result.first.flatMap { Int($0) })
    #expect(done >= 16_384)
    #expect(
      result.dropFirst() == ["\(16_400 - done)", done < 16_400 ? "OperationError" : "1", "20"])
  }
}
