import Testing

@testable import PluginHost

/// Known answers of `crypto.subtle`, each from the document that defines the algorithm.
@Suite struct CryptoVectorTests {
  /// What the scripts below share.
  static let prelude = """
    const s = crypto.subtle;
    const hex = (data) => new Uint8Array(data).toHex();
    const h = (text) => Uint8Array.fromHex(text);
    const t = (text) => new TextEncoder().encode(text);
    const b64 = (text) => Uint8Array.fromBase64(text, {alphabet: 'base64url'});
    const raw = (data, algorithm, ...usages) =>
      s.importKey('raw', data, algorithm, false, usages);

    """

  private func check(_ body: String, _ expected: String) throws {
    let result = try WorkerHarness.run(Self.prelude + body)
    #expect(result == expected, "\(body)")
  }

  @Test(arguments: [
    // FIPS 180-4
    ("SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("sha-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "SHA-384",
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
    ),
    (
      "SHA-512",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ),
  ])
  func digest(_ name: String, _ expected: String) throws {
    try self.check("return hex(await s.digest('\(name)', t('abc')))", expected)
  }

  /// Big enough to be hashed on another thread.
  @Test func digestOfAMillionBytes() throws {
    try self.check(
      "return hex(await s.digest('SHA-256', new Uint8Array(1e6).fill(0x61)))",
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func hmac() throws {
    // RFC 4231 §4.3
    try self.check(
      """
      const key = await raw(t('Jefe'), {name: 'HMAC', hash: 'SHA-256'}, 'sign', 'verify');
      const data = t('what do ya want for nothing?');
      const signature = await s.sign('HMAC', key, data);
      const right = await s.verify('HMAC', key, signature, data);
      new Uint8Array(signature)[31] ^= 1;
      return [right, await s.verify('HMAC', key, signature, data),
        await s.verify('HMAC', key, signature.slice(1), data), hex(signature)]
      """,
      "true,false,false,5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3842")
  }

  @Test(arguments: [
    // SP 800-38A F.2.1 with padding, and F.5.1
    (
      "{name: 'AES-CBC', iv: h('000102030405060708090a0b0c0d0e0f')}",
      "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
      "7649abac8119b246cee98e9b12e9197d8964e0b149c10b7b682e6e39aaeb731c"
    ),
    (
      "{name: 'AES-CTR', counter: h('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), length: 128}",
      "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
      "874d6191b620e3261bef6864990db6ce"
    ),
    // Test case 4 of the specification of GCM.
    (
      "{name: 'AES-GCM', iv: h('cafebabefacedbaddecaf888'), additionalData: h('feedfacedeadbeeffeedfacedeadbeefabaddad2')}",
      "feffe9928665731c6d6a8f9467308308",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"
    ),
  ])
  func aes(_ algorithm: String, _ key: String, _ plain: String, _ cipher: String) throws {
    try self.check(
      """
      const algorithm = \(algorithm);
      const key = await raw(h('\(key)'), algorithm.name, 'encrypt', 'decrypt');
      const cipher = await s.encrypt(algorithm, key, h('\(plain)'));
      return [hex(cipher), hex(await s.decrypt(algorithm, key, cipher))]
      """, "\(cipher),\(plain)")
  }

  @Test func changedCiphertextIsRefused() throws {
    try self.check(
      """
      const key = await raw(new Uint8Array(16), 'AES-GCM', 'encrypt', 'decrypt');
      const algorithm = {name: 'AES-GCM', iv: new Uint8Array(12)};
      const cipher = new Uint8Array(await s.encrypt(algorithm, key, t('text')));
      cipher[0] ^= 1;
      return [await rejected(s.decrypt(algorithm, key, cipher)),
        await rejected(s.decrypt(algorithm, key, new Uint8Array(3)))]
      """, "OperationError,OperationError")
  }

  /// The counter has 4 bits of the last byte and starts anew within them.
  @Test func counterOfCTRWrapsAround() throws {
    try self.check(
      """
      const key = await raw(new Uint8Array(16), 'AES-CTR', 'encrypt');
      const run = async (last, blocks) => new Uint8Array(await s.encrypt(
        {name: 'AES-CTR', counter: h('000000000000000000000000000000' + last), length: 4},
        key, new Uint8Array(16 * blocks)));
      const two = await run('2f', 2);
      const next = await run('20', 1);
      return [hex(two.slice(16)) === hex(next), await rejected(run('20', 17))]
      """, "true,OperationError")
  }

  @Test func keyWrap() throws {
    // RFC 3394 §4.1
    try self.check(
      """
      const wrapper = await raw(
        h('000102030405060708090a0b0c0d0e0f'), 'AES-KW', 'wrapKey', 'unwrapKey');
      const key = await s.importKey(
        'raw', h('00112233445566778899aabbccddeeff'), 'AES-CBC', true, ['encrypt']);
      const wrapped = await s.wrapKey('raw', key, wrapper, 'AES-KW');
      const back = await s.unwrapKey(
        'raw', wrapped, wrapper, 'AES-KW', 'AES-CBC', true, ['encrypt']);
      return [hex(wrapped), hex(await s.exportKey('raw', back))]
      """,
      "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5,00112233445566778899aabbccddeeff")
  }

  @Test func hkdf() throws {
    // RFC 5869 A.1
    try self.check(
      """
      const key = await raw(new Uint8Array(22).fill(11), 'HKDF', 'deriveBits');
      return hex(await s.deriveBits({
        name: 'HKDF', hash: 'SHA-256', salt: h('000102030405060708090a0b0c'),
        info: h('f0f1f2f3f4f5f6f7f8f9')}, key, 336))
      """,
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
  }

  @Test(arguments: [
    // RFC 6070 and RFC 7914 §11
    ("password", "SHA-1", 4_096, 160, "4b007901b765489abead49d926f721d065a429c1"),
    (
      "passwd", "SHA-256", 1, 512,
      "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
    ),
  ])
  func pbkdf2(
    _ password: String, _ hash: String, _ iterations: Int, _ bits: Int, _ expected: String
  ) throws {
    try self.check(
      """
      const key = await raw(t('\(password)'), 'PBKDF2', 'deriveBits');
      return hex(await s.deriveBits(
        {name: 'PBKDF2', hash: '\(hash)', salt: t('salt'), iterations: \(iterations)}, key, \(bits)))
      """, expected)
  }

  @Test func ecdsa() throws {
    // RFC 6979 A.2.5
    try self.check(
      """
      const key = await raw(
        h('0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299'),
        {name: 'ECDSA', namedCurve: 'P-256'}, 'verify');
      const signature = h('efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8');
      const verify = (text, bytes) =>
        s.verify({name: 'ECDSA', hash: 'SHA-256'}, key, bytes, t(text));
      return [await verify('sample', signature), await verify('sampla', signature),
        await verify('sample', new Uint8Array(64)), await verify('sample', signature.slice(1))]
      """, "true,false,false,false")
  }

  @Test func ecdh() throws {
    // RFC 5903 §8.1
    try self.check(
      """
      const algorithm = {name: 'ECDH', namedCurve: 'P-256'};
      const own = await s.importKey('jwk', {
        kty: 'EC', crv: 'P-256',
        x: h('dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180')
          .toBase64({alphabet: 'base64url', omitPadding: true}),
        y: h('5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3')
          .toBase64({alphabet: 'base64url', omitPadding: true}),
        d: h('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433')
          .toBase64({alphabet: 'base64url', omitPadding: true}),
      }, algorithm, false, ['deriveBits']);
      const other = await raw(
        h('04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab'),
        algorithm);
      const derive = (bits) => s.deriveBits({name: 'ECDH', public: other}, own, bits);
      return [hex(await derive(null)), hex(await derive(12)), await rejected(derive(257))]
      """,
      "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de,d680,OperationError")
  }

  @Test func ed25519() throws {
    // RFC 8032 §7.1, test 2
    try self.check(
      """
      const key = await s.importKey('pkcs8', h('302e020100300506032b657004220420' +
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
        'Ed25519', true, ['sign']);
      const jwk = await s.exportKey('jwk', key);
      const signature = await s.sign('Ed25519', key, h('72'));
      const verifier = await raw(b64(jwk.x), 'Ed25519', 'verify');
      return [hex(b64(jwk.x)), hex(signature),
        await s.verify('Ed25519', verifier, signature, h('72')),
        await s.verify('Ed25519', verifier, signature, h('73'))]
      """,
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00,true,false"
    )
  }

  @Test func x25519() throws {
    // RFC 7748 §6.1, and a point of small order
    try self.check(
      """
      const own = await s.importKey('pkcs8', h('302e020100300506032b656e04220420' +
        '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
        'X25519', false, ['deriveBits']);
      const derive = async (text) =>
        s.deriveBits({name: 'X25519', public: await raw(h(text), 'X25519')}, own, 256);
      return [hex(await derive('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')),
        await rejected(derive('00'.repeat(32)))]
      """,
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742,OperationError")
  }
}
