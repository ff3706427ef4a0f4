import Testing

@testable import PluginHost

/// RSA with the key and the signature of RFC 7515 A.2; what has randomness in it was made once by
/// another implementation.
@Suite struct CryptoRSATests {
  private static let prelude =
    CryptoVectorTests.prelude + """
      const publicPart = {kty: 'RSA', e: 'AQAB',
        n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ'};
      const privatePart = {...publicPart,
        d: 'Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ',
        p: '4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc',
        q: 'uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc',
        dp: 'BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0',
        dq: 'h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU',
        qi: 'IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U'};
      const data = t('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ');
      const url = (data) =>
        new Uint8Array(data).toBase64({alphabet: 'base64url', omitPadding: true});
      const key = (name, jwk, ...usages) =>
        s.importKey('jwk', jwk, {name, hash: 'SHA-256'}, true, usages);

      """

  private func check(_ body: String, _ expected: String) throws {
    let result = try WorkerHarness.run(Self.prelude + body)
    #expect(result == expected, "\(body)")
  }

  @Test func pkcs1() throws {
    try self.check(
      """
      const name = 'RSASSA-PKCS1-v1_5';
      const signature = await s.sign(name, await key(name, privatePart, 'sign'), data);
      const verifier = await key(name, publicPart, 'verify');
      return [await s.verify(name, verifier, signature, data),
        await s.verify(name, verifier, signature, t('other')), url(signature)]
      """,
      "true,false,cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    )
  }

  @Test func pss() throws {
    try self.check(
      """
      const given = b64('m4ahZbnpph2lGXJvKD1q8Z3cLsQbk9uWsoX2UBRrvM0dAtqG3iHU9NqyZj2TZ1E0QVumDNb17VIFWXRb2Iwx3batKgHjgdHTRQvOLn9sLh2wp761bGVmX4_txbz7sD_T_H_uNld_ob5Qe-q2gpyaZpLeNQgVM-MsIftqihEp1DTznTU90BXrSJITS7hEGcPu-RbPb0j54dUYgk_zlebHiaYZWbXa0pM6AEDzGIbVWLY4pp7GqULQ4w7V9vDwZx-SWJK-mXdQp6KqTzQx5eSYF2sS9SXDf85DdhR8coXD7aA-YEmbiirdPwkIJIOO5vR8nxzbHaQ6mEDX7vqmbz4Kjw');
      const verifier = await key('RSA-PSS', publicPart, 'verify');
      const signer = await key('RSA-PSS', privatePart, 'sign');
      const with32 = {name: 'RSA-PSS', saltLength: 32};
      const with0 = {name: 'RSA-PSS', saltLength: 0};
      return [await s.verify(with32, verifier, given, data),
        await s.verify(with0, verifier, given, data),
        await s.verify(with0, verifier, await s.sign(with0, signer, data), data),
        await rejected(s.sign({name: 'RSA-PSS', saltLength: 250}, signer, data))]
      """, "true,false,true,OperationError")
  }

  @Test func oaep() throws {
    try self.check(
      """
      const given = b64('JCu8X-m8eNi92sSJ3opyfddPauy5xD4FKZZSmrCgAm7r7MGnM8a-WIZdvHoe2A8wq5VM8m9zRd24_VJ-7vC_zEEp0tl2DpXA-rH4Vb03Pxngf_6zNFtTJu_iIsqbP5mY5VHoKhKuZSDAKfp_ziynfeeyEe--9W1JkM0XfiTk9e9XO5RBoeIRVV0CNyrBmDbwvtANhH1VvGe9C1KhQyJoJKYiz1cWBwLltlDY2LQJ3-K5mamuh5cZoV_eH4H2Uj1oSI_DAINO8qd-z6Gosu6-esHioC59_-cpKS8kPaz5C3Z9orfzy-UIcK99I6CnrvczaK0nOehp-85PzwUC4Fi5Fg');
      const reader = await key('RSA-OAEP', privatePart, 'decrypt');
      const writer = await key('RSA-OAEP', publicPart, 'encrypt');
      const text = async (data, label) => new TextDecoder().decode(
        await s.decrypt({name: 'RSA-OAEP', label: t(label)}, reader, data));
      return [await text(given, 'label'), await rejected(text(given, 'other')),
        await text(await s.encrypt({name: 'RSA-OAEP', label: t('x')}, writer, t('mine')), 'x'),
        await rejected(s.encrypt('RSA-OAEP', writer, new Uint8Array(191)))]
      """, "secret,OperationError,mine,OperationError")
  }

  @Test func keysSurviveEachFormat() throws {
    try self.check(
      """
      const algorithm = {name: 'RSA-PSS', hash: 'SHA-256'};
      const secret = await key('RSA-PSS', privatePart, 'sign');
      const open = await key('RSA-PSS', publicPart, 'verify');
      const again = await s.importKey(
        'pkcs8', await s.exportKey('pkcs8', secret), algorithm, true, ['sign']);
      const jwk = await s.exportKey('jwk', again);
      const spki = await s.exportKey('spki', open);
      const openAgain = await s.importKey('spki', spki, algorithm, true, ['verify']);
      const {name, modulusLength, publicExponent, hash} = openAgain.algorithm;
      return [['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'].every((m) => jwk[m] === privatePart[m]),
        jwk.alg, jwk.key_ops, jwk.ext, name, modulusLength, publicExponent, hash.name,
        (await s.exportKey('jwk', openAgain)).n === publicPart.n,
        await rejected(s.importKey('spki', spki.slice(1), algorithm, true, ['verify'])),
        await rejected(key('RSA-PSS', {...privatePart, p: privatePart.q}, 'sign'))]
      """, "true,PS256,sign,true,RSA-PSS,2048,1,0,1,SHA-256,true,DataError,DataError")
  }

  @Test func generatedKeysSign() throws {
    try self.check(
      """
      const pair = await s.generateKey({
        name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512', modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1])}, false, ['sign', 'verify']);
      const signature = await s.sign('RSASSA-PKCS1-v1_5', pair.privateKey, data);
      return [pair.privateKey.extractable, pair.publicKey.extractable, pair.privateKey.usages,
        pair.publicKey.usages, signature.byteLength,
        await s.verify('RSASSA-PKCS1-v1_5', pair.publicKey, signature, data)]
      """, "false,true,sign,verify,128,true")
  }
}
