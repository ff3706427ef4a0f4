import COpenSSL

/// A number of a key. Owner of a `BIGNUM`, which is overwritten before it is freed.
private final class BigNumber {
  let handle: OpaquePointer

  init?(_ handle: OpaquePointer?) {
    guard let handle else { return nil }
    self.handle = handle
  }

  /// - Parameter bytes: the highest byte first.
  convenience init?(_ bytes: [UInt8]) {
    self.init(BN_bin2bn(bytes, Int32(clamping: bytes.count), nil))
  }

  deinit { BN_clear_free(self.handle) }

  /// The number less one.
  var predecessor: BigNumber? {
    guard let copy = BigNumber(BN_dup(self.handle)), BN_sub_word(copy.handle, 1) == 1 else {
      return nil
    }
    return copy
  }
}

/// Arithmetic with a scratch memory of OpenSSL's, of which it is the owner.
private final class Arithmetic {
  private let context: OpaquePointer

  init?() {
    guard let context = BN_CTX_new() else { return nil }
    self.context = context
  }

  deinit { BN_CTX_free(self.context) }

  func product(_ a: BigNumber, _ b: BigNumber) -> BigNumber? {
    guard let result = BigNumber(BN_new()),
      BN_mul(result.handle, a.handle, b.handle, self.context) == 1
    else { return nil }
    return result
  }

  /// `nil` also where the modulus is zero.
  func remainder(_ a: BigNumber, modulus: BigNumber) -> BigNumber? {
    guard let result = BigNumber(BN_new()),
      BN_div(nil, result.handle, a.handle, modulus.handle, self.context) == 1
    else { return nil }
    return result
  }

  /// Whether two numbers are each other's inverse.
  func areInverse(_ a: BigNumber, _ b: BigNumber, modulus: BigNumber) -> Bool {
    guard let product = self.product(a, b),
      let remainder = self.remainder(product, modulus: modulus)
    else { return false }
    return BN_is_one(remainder.handle) == 1
  }

  func isCongruent(_ a: BigNumber, _ b: BigNumber, modulus: BigNumber) -> Bool {
    guard let first = self.remainder(a, modulus: modulus) else { return false }
    return BN_cmp(first.handle, b.handle) == 0
  }
}

extension RSAComponents {
  /// Whether the numbers of a private key belong together
  /// ([RFC 8017 §3.2](https://www.rfc-editor.org/rfc/rfc8017#section-3.2)), but for whether the
  /// factors are primes, which would take long to find out. What is signed with a wrong number tells
  /// the factors.
  var isConsistent: Bool {
    defer { ERR_clear_error() }
    let all = self.numbers.compactMap { BigNumber($0) }
    guard self.isPrivate, all.count == self.numbers.count, let arithmetic = Arithmetic(),
      let p1 = all[3].predecessor, let q1 = all[4].predecessor,
      let modulus = arithmetic.product(all[3], all[4])
    else { return false }
    let (n, e, d, p, q) = (all[0], all[1], all[2], all[3], all[4])
    return BN_cmp(modulus.handle, n.handle) == 0
      && arithmetic.areInverse(d, e, modulus: p1) && arithmetic.areInverse(d, e, modulus: q1)
      && arithmetic.isCongruent(d, all[5], modulus: p1)
      && arithmetic.isCongruent(d, all[6], modulus: q1)
      && arithmetic.areInverse(q, all[7], modulus: p)
  }
}
